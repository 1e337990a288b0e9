"""What an aggregate was, as its service tells it from its events, and whether those are the ones that the log holds."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from chassis.client import Unavailable
from proof.entry import state_hash

from journal.log.leaf import Leaf
from journal.reading.peers import PARALLEL, Peers, ReadBy

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
        held = self._held([leaf for _, _, leaves in aggregates for leaf in leaves])
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(lambda one: self._past(*one, held=held), aggregates))

    def told(self, svc: str, aggregate: UUID, seq: int) -> Told | Finding:
        """Return what a service says of an aggregate at its number `seq`. Raises Unavailable."""
        answer = self._peers.ask(svc, f"/internal/aggregates/{aggregate}", {"seq": seq})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return Finding(UNKNOWN)
        if answer.status_code == HTTPStatus.CONFLICT and answer.json().get("code") == UNREADABLE:
            return Finding(UNREADABLE)
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer=svc)
        said = answer.json()
        created, modified = (datetime.fromisoformat(said[name]) for name in ("created_at", "modified_at"))
        return Told(said["aggregate"], said["version"], created, modified, said["state"], ReadBy.parse(said))

    def _past(self, svc: str, aggregate: UUID, leaves: Sequence[Leaf], *, held: Mapping[int, bytes]) -> Past:
        found: list[Finding] = []
        told = self.told(svc, aggregate, leaves[-1].entry.store_seq)
        if isinstance(told, Finding):
            found.append(told)
        elif leaves[-1].event and told.version != leaves[-1].event.agg_ver:
            found.append(Finding(VERSION))
        found += [Finding(ALTERED, leaf.index) for leaf in leaves if not _is_held(leaf, held)]
        return Past(svc, aggregate, leaves, told if isinstance(told, Told) else None, found)

    def _held(self, leaves: Sequence[Leaf]) -> dict[int, bytes]:
        """Return the stored bytes of leaves by place, where the service still holds the entry of the log."""
        places = {(leaf.entry.svc, leaf.entry.store_seq): leaf.index for leaf in leaves}
        found: dict[int, bytes] = {}
        for svc in {leaf.entry.svc for leaf in leaves}:
            theirs = sorted((leaf for leaf in leaves if leaf.entry.svc == svc), key=lambda leaf: leaf.index)
            states = self._peers.states(svc, theirs)
            found |= {places[svc, number]: state for number, state in states.items()}
        return found


def _is_held(leaf: Leaf, held: Mapping[int, bytes]) -> bool:
    state = held.get(leaf.index)
    return state is not None and leaf.event is not None and state_hash(state) == leaf.event.state_h
