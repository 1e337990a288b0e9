"""The store of another service, as a relay reads it: a test writes what that service said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.examples import example


@dataclass(frozen=True, slots=True)
class Stored:
    """One event."""

    topic: str
    epoch: int
    entry: bytes
    plain: dict[str, Any]


class Producer:
    """A store that holds the golden examples that were written to it, numbered from 1."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._events: list[Stored] = []

    def write(self, topic: str, **changed: Any) -> None:
        """Say the example of a topic, with other values in some fields."""
        made = example(topic, seq=len(self._events) + 1, **changed)
        self._events.append(Stored(topic, 1, made.proofentry.encode(), made.data))

    def epoch(self) -> int:
        """Return the life of the store."""
        return 1

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """Return the events that follow a number."""
        return self._events[after : after + limit]


def erasing(person_ids: Iterable[UUID]) -> Producer:
    """Return the store of identity, in which these persons were erased one after the other."""
    identity = Producer()
    for person_id in person_ids:
        identity.write("identity.person-erased", subject=person_id, person_id=person_id)
    return identity
