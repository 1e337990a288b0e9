"""Where the events of a producer go, and where missing ones come from, as a consumer sees it."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from contracts import Envelope


class Position(Protocol):
    """How far an inbox has taken in a producer's events."""

    @property
    def epoch(self) -> int:
        """The life of the producer's store."""

    @property
    def store_seq(self) -> int:
        """Number of the last event taken in."""


class Inbox(Protocol):
    """Where events take effect: libs/eventstore has one, and the journal its own."""

    def position(self, producer: str) -> Position | None:
        """Return how far this producer's events were taken in; None before the first."""

    def receive(self, messages: Sequence[Envelope]) -> None:
        """Take in events that follow the position, each effect in one transaction with the new position.

        What cannot be handled is parked by the inbox. What it raises is tried again, from the position reached.
        """


@runtime_checkable
class Parking(Protocol):
    """An inbox that sets aside what it cannot handle."""

    def parked(self, producer: str) -> int:
        """Return how many messages of a producer wait there for a person."""


Refill = Callable[[int, int], Sequence[Envelope]]
"""(after, limit) → the events of the producer that follow number `after`, in order, from its `/internal/events`."""
