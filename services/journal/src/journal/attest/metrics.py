"""The journal's gauges; what they alarm about is in docs/runbooks/journal.md."""

import time
from collections.abc import Callable, Iterable
from threading import Lock

from chassis.logging import get_logger
from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

from journal.attest.standing import Standing

FRESH_SECONDS = 5.0  # one reading serves all gauges of an export

Values = Callable[[Standing], Iterable[Observation]]


def _one(value: float | None) -> list[Observation]:
    return [] if value is None else [Observation(value)]


def _age(standing: Standing, name: str) -> list[Observation]:
    moment = getattr(standing, name)
    return [] if moment is None else [Observation((standing.at - moment).total_seconds())]


GAUGES: dict[str, tuple[str, str, Values]] = {
    "journal_log_size": ("{leaf}", "Leaves in the log", lambda now: _one(now.size)),
    "journal_signed_size": ("{leaf}", "Leaves under the last signed checkpoint", lambda now: _one(now.signed_size)),
    "journal_checkpoint_age_seconds": ("s", "Since the last checkpoint was made", lambda now: _age(now, "signed_at")),
    "journal_token_age_seconds": ("s", "Since the last token, by its own time", lambda now: _age(now, "token_at")),
    "journal_unstamped_leaves": ("{leaf}", "Leaves under no token", lambda now: _one(now.unstamped)),
    "journal_witness_quorum": (
        "1",
        "Whether the quorum cosigned one of the last checkpoints",
        lambda now: _one(None if now.quorum is None else int(now.quorum)),
    ),
    "journal_worm_lag_leaves": ("{leaf}", "Signed leaves not in the locked copy", lambda now: _one(now.worm_lag)),
    "journal_anchor_age_seconds": ("s", "Since a public anchor was last proved", lambda now: _age(now, "anchored_at")),
    "journal_anchors_waiting": ("{anchor}", "Public anchors without a block", lambda now: _one(now.anchors_waiting)),
    "journal_alarms": ("{alarm}", "Alarms that were ever raised", lambda now: _one(now.alarms)),
    "journal_source_lag": (
        "{event}",
        "Events of a service that are not taken in",
        lambda now: [
            Observation(source.waiting, {"service": source.service})
            for source in now.sources
            if source.waiting is not None
        ],
    ),
    "journal_source_stopped": (
        "1",
        "Whether an alarm stopped the intake of a service",
        lambda now: [Observation(int(source.stopped), {"service": source.service}) for source in now.sources],
    ),
}


def observe(read: Callable[[], Standing], meter: Meter | None = None) -> None:
    """Let the process's meter, which exports where the settings say, ask `read` for the gauges."""
    latest, meters = _Latest(read), meter or get_meter("journal")
    for name, (unit, description, values) in GAUGES.items():
        meters.create_observable_gauge(name, [latest.callback(values)], unit, description)


class _Latest:
    """One reading for all gauges; without one they say nothing, which an alert on their absence tells."""

    def __init__(self, read: Callable[[], Standing]) -> None:
        self._read = read
        self._standing: Standing | None = None
        self._until = 0.0
        self._lock = Lock()

    def callback(self, values: Values) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observed(_options: CallbackOptions) -> Iterable[Observation]:
            standing = self._now()
            return values(standing) if standing else []

        return observed

    def _now(self) -> Standing | None:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._standing = self._read()
                except Exception as error:  # noqa: BLE001 - whatever is away, the export of other metrics goes on
                    get_logger().warning("metrics-unread", error=type(error).__qualname__)
                    self._standing = None
                self._until = time.monotonic() + FRESH_SECONDS
            return self._standing
