"""What a service gives other services of its own events: the feed that refills holes, and openings for the journal."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.client import ServiceClient
from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound

JOURNAL = "journal"
MAX_EVENTS = 500


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


def feed_router(source: Source[R_co], envelope: Callable[[R_co], Mapping[str, Any]]) -> APIRouter:
    """Return the internal routes /events, /rows and /openings; `envelope` makes the published form of an event."""
    router = APIRouter()

    @router.get("/events")
    def events(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = MAX_EVENTS
    ) -> dict[str, Any]:
        return {"epoch": source.epoch(), "items": [envelope(recorded) for recorded in source.read(after, limit)]}

    @router.get("/rows")
    def rows(
        service: CallingService,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = MAX_EVENTS,
    ) -> dict[str, Any]:
        _for_the_journal(service)
        return {"items": [_row(held) for held in source.held(after, limit)]}

    @router.get("/openings")
    def openings(service: CallingService, seq: Annotated[int, Query(ge=1)]) -> dict[str, Any]:
        _for_the_journal(service)
        found = source.opening(seq)
        if found is None:
            raise NotFound
        payload, salt = found
        return {"payload": payload.decode(), "salt": base64.b64encode(salt).decode()}

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
