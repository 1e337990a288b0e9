"""What a service gives of its own events: the feed that refills holes; rows, openings, past states for the journal."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.client import ServiceClient
from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound

JOURNAL = "journal"
MAX_EVENTS = 500
LAST_NUMBER = 2**63 - 1  # the largest that PostgreSQL's bigint holds

After = Annotated[int, Query(ge=0, le=LAST_NUMBER)]
Limit = Annotated[int, Query(ge=1, le=MAX_EVENTS)]
Number = Annotated[int, Query(ge=1, le=LAST_NUMBER)]

R_co = TypeVar("R_co", covariant=True)


class Held(Protocol):
    """A row of an event store as it is."""

    @property
    def store_seq(self) -> int:
        """Its number."""
        ...

    @property
    def topic(self) -> str:
        """The name of the event."""
        ...

    @property
    def originator_id(self) -> UUID:
        """The aggregate."""
        ...

    @property
    def originator_version(self) -> int:
        """The version of the aggregate."""
        ...

    @property
    def entry(self) -> bytes:
        """The exact bytes of its proof entry."""
        ...

    @property
    def state(self) -> bytes:
        """The exact stored bytes, personal fields encrypted."""
        ...


class StateAt(Protocol):
    """An aggregate as it was at a number of its store."""

    @property
    def aggregate(self) -> str:
        """The topic of its class."""
        ...

    @property
    def id(self) -> UUID:
        """Its id."""
        ...

    @property
    def version(self) -> int:
        """The version of its last event then."""
        ...

    @property
    def created_at(self) -> datetime:
        """When its first event happened."""
        ...

    @property
    def modified_at(self) -> datetime:
        """When its last event happened."""
        ...

    @property
    def state(self) -> Mapping[str, Any]:
        """What it held, as JSON values; None in the place of what was erased."""
        ...


class Source(Protocol[R_co]):
    """An event store."""

    def epoch(self) -> int:
        """Return the life of the store: it grows when a store was restored from a copy."""
        ...

    def read(self, after: int, limit: int, /) -> Sequence[R_co]:
        """Return up to `limit` events whose number is above `after`, in order."""
        ...

    def held(self, after: int, limit: int, /) -> Sequence[Held]:
        """Return up to `limit` rows above `after` as they are, even if altered."""
        ...

    def opening(self, seq: int, /) -> tuple[bytes, bytes] | None:
        """Return the canonical payload of event number `seq` and its salt; None if unknown or its person was erased."""
        ...

    def state_at(self, aggregate_id: UUID, seq: int, /) -> StateAt | None:
        """Return an aggregate as it was at number `seq`; None if nothing of it existed or `seq` is still to come.

        An event that is not what was recorded any more is a refusal of the store.
        """
        ...


def feed_router(source: Source[R_co], envelope: Callable[[R_co], Mapping[str, Any]]) -> APIRouter:
    """Return the internal routes of this module; `envelope` makes the published form of an event."""
    router = APIRouter()

    @router.get("/events")
    def events(after: After = 0, limit: Limit = MAX_EVENTS) -> dict[str, Any]:
        return {"epoch": source.epoch(), "items": [envelope(recorded) for recorded in source.read(after, limit)]}

    @router.get("/rows")
    def rows(service: CallingService, after: After = 0, limit: Limit = MAX_EVENTS) -> dict[str, Any]:
        _for_the_journal(service)
        return {"items": [_row(held) for held in source.held(after, limit)]}

    @router.get("/openings")
    def openings(service: CallingService, seq: Number) -> dict[str, Any]:
        _for_the_journal(service)
        found = source.opening(seq)
        if found is None:
            raise NotFound
        payload, salt = found
        return {"payload": payload.decode(), "salt": base64.b64encode(salt).decode()}

    @router.get("/aggregates/{aggregate_id}")
    def aggregates(service: CallingService, aggregate_id: UUID, seq: Number) -> dict[str, Any]:
        _for_the_journal(service)
        found = source.state_at(aggregate_id, seq)
        if found is None:
            raise NotFound
        return _state(found)

    return router


def feed_pages(producer: ServiceClient) -> Callable[[int, int], list[dict[str, Any]]]:
    """Return (after, limit) → the events of another service's feed, as JSON; raises Unavailable while it is away."""

    def page(after: int, limit: int) -> list[dict[str, Any]]:
        answer = producer.get("/internal/events", {"after": after, "limit": min(limit, MAX_EVENTS)})
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items

    return page


def _for_the_journal(service: str) -> None:
    if service != JOURNAL:
        raise NotAllowed


def _row(held: Held) -> dict[str, Any]:
    return {
        "storeseq": held.store_seq,
        "type": held.topic,
        "agg": str(held.originator_id),
        "agg_ver": held.originator_version,
        "entry": base64.b64encode(held.entry).decode(),
        "state": base64.b64encode(held.state).decode(),
    }


def _state(found: StateAt) -> dict[str, Any]:
    return {
        "aggregate": found.aggregate,
        "id": found.id,
        "version": found.version,
        "created_at": found.created_at,
        "modified_at": found.modified_at,
        "state": found.state,
    }
