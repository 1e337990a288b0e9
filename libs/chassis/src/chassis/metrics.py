"""What is measured: requests as they are answered, everything else read when the metrics are exported.

Requests are counted in plain numbers, by the one thread that answers them: a histogram of the OpenTelemetry SDK costs
20 µs a request, this one less than 1 µs. Labels are templates and constants, so that there are few series and none
holds what people typed. Services declare their own metrics in the same shape; docs/metrics.md lists all of them.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from typing import Protocol, runtime_checkable

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

from chassis.logging import get_logger

Reading = tuple[str, float, Mapping[str, str]]
"""Name of a metric, its value now, its labels."""

FRESH_SECONDS = 5.0  # one reading serves all metrics of an export
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds of the classes in which durations are counted; one more holds what took longer."""
DURATION = "http_server_request_duration_seconds"
ACTIVE = "http_server_active_requests"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number says; `unit` in the notation of UCUM, as OpenTelemetry has it."""

    unit: str
    help: str
    labels: tuple[str, ...] = ()


REQUESTS: Mapping[str, Metric] = {
    DURATION: Metric("s", "Duration of requests, by template and class of status", ("method", "route", "status")),
    ACTIVE: Metric("{request}", "Requests under way"),
}
TASKS: Mapping[str, Metric] = {
    "outbox_age_seconds": Metric("s", "Age of the oldest event that is not on the bus"),
    "relay_lag_events": Metric("{event}", "Events of the store that are not on the bus"),
    "relay_interrupted_seconds": Metric("s", "For how long the relay has failed; 0 while it works"),
    "relay_stopped": Metric("1", "Whether stream and store contradict each other, so that nothing is published"),
    "inbox_lag_events": Metric("{event}", "Events of a producer on the bus that are not taken in", ("producer",)),
    "inbox_interrupted_seconds": Metric("s", "For how long a consumer has failed; 0 while it works", ("producer",)),
    "inbox_parked_messages": Metric("{message}", "Messages set aside because they cannot be handled", ("producer",)),
}
"""Of relays and consumers, which `libs/bus` reads."""


@runtime_checkable
class Watched(Protocol):
    """A task that tells how it gets on."""

    def readings(self) -> Iterable[Reading]:
        """Return what there is to say now; called from the thread that exports."""
        ...


@dataclass(slots=True)
class Durations:
    """The requests of one method, route and class of status."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0
    """Seconds, as the next two."""
    shortest: float = float("inf")
    longest: float = 0.0


class Requests:
    """Counts the requests of this process."""

    def __init__(self) -> None:
        self.began_ns = time.time_ns()
        self.under_way = 0
        self.answered: dict[tuple[str, str, int], Durations] = {}
        """By method, template of the route, and hundreds of the status."""

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request, from the thread of the event loop; a status of 0 says that nothing was answered."""
        key = (method if method in _METHODS else "OTHER", route, status // 100)
        known = self.answered.get(key)
        if known is None:
            known = self.answered[key] = Durations()
        known.counts[bisect_left(BOUNDS, seconds)] += 1
        known.total += seconds
        known.longest = max(known.longest, seconds)
        known.shortest = min(known.shortest, seconds)

    def readings(self) -> Iterable[Reading]:
        """Return what is not counted but read."""
        yield ACTIVE, self.under_way, {}


requests = Requests()
"""Those of this process."""


def watch(read: Callable[[], Iterable[Reading]], declared: Mapping[str, Metric], meter: Meter | None = None) -> None:
    """Let each export ask `read` once for the `declared` metrics; without an export nobody is asked.

    While `read` fails nothing is said of them, which an alert on their absence tells.
    """
    latest, meters = _Latest(read), meter or get_meter("scelle")
    for name, metric in declared.items():
        meters.create_observable_gauge(name, [latest.callback(name)], metric.unit, metric.help)


def watch_tasks(tasks: Sequence[object], meter: Meter | None = None) -> None:
    """Watch those of some tasks that tell how they get on."""
    watched = [task for task in tasks if isinstance(task, Watched)]

    def read() -> Iterable[Reading]:
        for task in watched:
            yield from _said(task.readings)

    watch(read, TASKS, meter)


def _said(read: Callable[[], Iterable[Reading]]) -> Sequence[Reading]:
    try:
        return list(read())
    except Exception as error:  # noqa: BLE001 - whatever is away, the export of other metrics goes on
        get_logger().warning("metrics-unread", error=type(error).__qualname__)
        return []


class _Latest:
    """One reading for all metrics of a source."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read
        self._values: Mapping[str, Sequence[Observation]] = {}
        self._until = 0.0
        self._lock = Lock()

    def callback(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        return lambda _options: self._now().get(name, ())

    def _now(self) -> Mapping[str, Sequence[Observation]]:
        with self._lock:
            if time.monotonic() >= self._until:
                said = sorted(_said(self._read), key=lambda reading: reading[0])
                self._values = {
                    name: [Observation(value, dict(labels)) for _, value, labels in readings]
                    for name, readings in groupby(said, key=lambda reading: reading[0])
                }
                self._until = time.monotonic() + FRESH_SECONDS
            return self._values
