"""What the journal measures of itself; what alarms about it is in docs/runbooks/journal.md."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from chassis.metrics import Metric, Reading

from journal.attest.standing import Source, Standing

JOURNAL: Mapping[str, Metric] = {
    "journal_log_size": Metric("{leaf}", "Leaves in the log"),
    "journal_signed_size": Metric("{leaf}", "Leaves under the last signed checkpoint"),
    "journal_checkpoint_age_seconds": Metric("s", "Since the last checkpoint was made"),
    "journal_token_age_seconds": Metric("s", "Since the last token, by its own time"),
    "journal_unstamped_leaves": Metric("{leaf}", "Leaves under no token"),
    "journal_witness_quorum": Metric("1", "Whether the quorum cosigned one of the last checkpoints"),
    "journal_worm_lag_leaves": Metric("{leaf}", "Signed leaves not in the locked copy"),
    "journal_anchor_age_seconds": Metric("s", "Since a public anchor was last proved"),
    "journal_anchors_waiting": Metric("{anchor}", "Public anchors without a block"),
    "journal_alarms": Metric("{alarm}", "Alarms that were ever raised"),
    "journal_source_lag": Metric("{event}", "Events of a service that are not taken in", ("service",)),
    "journal_source_stopped": Metric("1", "Whether an alarm stopped the intake of a service", ("service",)),
}


def readings(read: Callable[[], Standing]) -> Callable[[], Iterable[Reading]]:
    """Return what tells a standing as numbers; what is not known, or never was, is left out."""

    def told() -> Iterable[Reading]:
        now = read()
        yield from ((name, value, {}) for name, value in _numbers(now).items() if value is not None)
        for source in now.sources:
            yield from _of(source)

    return told


def _numbers(now: Standing) -> Mapping[str, float | None]:
    def age(moment: datetime | None) -> float | None:
        return None if moment is None else (now.at - moment).total_seconds()

    return {
        "journal_log_size": now.size,
        "journal_signed_size": now.signed_size,
        "journal_checkpoint_age_seconds": age(now.signed_at),
        "journal_token_age_seconds": age(now.token_at),
        "journal_unstamped_leaves": now.unstamped,
        "journal_witness_quorum": None if now.quorum is None else int(now.quorum),
        "journal_worm_lag_leaves": now.worm_lag,
        "journal_anchor_age_seconds": age(now.anchored_at),
        "journal_anchors_waiting": now.anchors_waiting,
        "journal_alarms": now.alarms,
    }


def _of(source: Source) -> Iterable[Reading]:
    labels = {"service": source.service}
    if source.waiting is not None:
        yield "journal_source_lag", source.waiting, labels
    yield "journal_source_stopped", int(source.stopped), labels
