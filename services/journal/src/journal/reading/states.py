"""What an aggregate was, as its service tells it from its events, and whether those are the ones that the log holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from journal.log.leaf import Leaf
from journal.reading.histories import History, histories
from journal.reading.peers import Peers, ReadBy

UNREADABLE = "event-unreadable"
"""The service cannot tell the state: an event is not what was recorded, or one is missing."""
UNKNOWN = "unknown-to-service"
"""The service knows nothing of the aggregate."""
VERSION = "version-differs"
"""The service tells the state of another version than the log's."""
ALTERED = "event-altered"
"""The service holds other bytes for this leaf than the log, or none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be; `index` is the leaf that it is about, if it is about one."""

    code: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a service says of an aggregate."""

    aggregate: str
    version: int
    created_at: datetime
    modified_at: datetime
    state: Mapping[str, Any]
    read_by: ReadBy | None


@dataclass(frozen=True, slots=True)
class Past:
    """An aggregate at a point: its leaves up to there, what the service makes of its events, and what is wrong."""

    svc: str
    id: UUID
    leaves: Sequence[Leaf]
    told: Told | None
    findings: Sequence[Finding] = field(default=())

    @property
    def last(self) -> Leaf:
        """The last of its leaves."""
        return self.leaves[-1]


class States:
    """Asks the services; every answer is compared with the log."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    def past(self, aggregates: Sequence[tuple[str, UUID, Sequence[Leaf]]]) -> list[Past]:
        """Return each (service, id, its leaves up to the point, in their order) as it was. Raises Unavailable."""
        wanted = [(svc, aggregate, [leaves[-1].entry.store_seq]) for svc, aggregate, leaves in aggregates]
        held = histories(self._peers, wanted)
        return [_past(*one, history) for one, history in zip(aggregates, held, strict=True)]

    def each(self, aggregates: Sequence[tuple[str, UUID, Sequence[Leaf]]]) -> list[list[Told | Finding]]:
        """Return what each (service, id, some of its leaves) was at each of these leaves. Raises Unavailable."""
        wanted = [(svc, agg, [leaf.entry.store_seq for leaf in leaves]) for svc, agg, leaves in aggregates]
        held = histories(self._peers, wanted)
        return [
            [_told(history, number) for number in numbers]
            for (_, _, numbers), history in zip(wanted, held, strict=True)
        ]


def _told(history: History, number: int) -> Told | Finding:
    """Return what a service says of an aggregate at a number."""
    if number not in history.states:
        return Finding(UNREADABLE)
    said = history.states[number]
    if said is None:
        return Finding(UNKNOWN)
    created, modified = (datetime.fromisoformat(said[name]) for name in ("created_at", "modified_at"))
    return Told(said["aggregate"], said["version"], created, modified, said["state"], history.read_by)


def _past(svc: str, aggregate: UUID, leaves: Sequence[Leaf], history: History) -> Past:
    found: list[Finding] = []
    last = leaves[-1]
    told = _told(history, last.entry.store_seq)
    if isinstance(told, Finding):
        found.append(told)
    elif last.event and told.version != last.event.agg_ver:
        found.append(Finding(VERSION))
    found += [Finding(ALTERED, leaf.index) for leaf in leaves if not history.holds(leaf)]
    return Past(svc, aggregate, leaves, told if isinstance(told, Told) else None, found)
