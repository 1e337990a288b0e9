"""How a relay or a consumer gets on: written by one task, read by whoever exports metrics."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contracts import envelope_of

if TYPE_CHECKING:
    from bus.relay import Source

Reading = tuple[str, float, Mapping[str, str]]
"""Name of a metric, its value now, its labels; `chassis.metrics` says what each means."""


@dataclass(slots=True)
class Progress:
    """Since when something fails; at first nothing works yet."""

    failing_since: float | None = field(default_factory=time.monotonic)

    def works(self) -> None:
        """Note that a step succeeded."""
        self.failing_since = None

    def fails(self) -> None:
        """Note that a step failed."""
        self.failing_since = self.failing_since or time.monotonic()

    @property
    def interrupted_seconds(self) -> float:
        """For how long nothing has worked."""
        return time.monotonic() - self.failing_since if self.failing_since else 0.0


@dataclass(slots=True)
class Relayed(Progress):
    """How far a stream is a copy of its store."""

    reached: int | None = None
    """The number of the last message; None until the stream was looked at."""
    standing_by: bool = False
    """Another relay leads, or leads next; what it reached is unknown here."""
    stopped: bool = False
    """Stream and store contradict each other."""

    def readings(self, source: "Source") -> Iterator[Reading]:
        """Tell of the relay of `source`, unless another process relays."""
        if self.standing_by:
            return
        yield "relay_interrupted_seconds", self.interrupted_seconds, {}
        yield "relay_stopped", float(self.stopped), {}
        if self.reached is not None:
            waiting, age = backlog(source, self.reached)
            yield "relay_lag_events", waiting, {}
            yield "outbox_age_seconds", age, {}


@dataclass(slots=True)
class Consumed(Progress):
    """How far an inbox has taken in a stream."""

    lag: int | None = None
    """Messages behind the last one taken in; None until the stream was looked at."""


def backlog(source: "Source", reached: int) -> tuple[int, float]:
    """Return how many events follow number `reached`, and for how many seconds the first of them has waited.

    Numbers have no gaps: the last one is found by bisection, with one row for each step.
    """
    first = source.read(reached, 1)
    if not first:
        return 0, 0.0
    waited = (datetime.now(UTC) - envelope_of(first[0]).time).total_seconds()
    there, step = 1, 1
    while source.read(reached + there + step - 1, 1):
        there, step = there + step, step * 2
    beyond = there + step
    while beyond - there > 1:
        middle = (there + beyond) // 2
        there, beyond = (middle, beyond) if source.read(reached + middle - 1, 1) else (there, middle)
    return there, max(waited, 0.0)
