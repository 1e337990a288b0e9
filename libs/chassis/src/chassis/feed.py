"""What a service gives other services of its own events: the feed that refills holes, and openings for the journal."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Query

from chassis.client import ServiceClient
from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound

JOURNAL = "journal"
MAX_EVENTS = 500


class Recorded(Protocol):
    """An event as the store keeps it."""

    @property
    def state(self) -> bytes:
        """The stored bytes, personal fields encrypted."""
        ...


R_co = TypeVar("R_co", bound=Recorded, covariant=True)


class Source(Protocol[R_co]):
    """An event store."""

    def epoch(self) -> int:
        """Return the life of the store: it grows when a store was restored from a copy."""
        ...

    def read(self, after: int, limit: int, /) -> Sequence[R_co]:
        """Return up to `limit` events whose number is above `after`, in order."""
        ...

    def opening(self, seq: int, /) -> tuple[bytes, bytes] | None:
        """Return the canonical payload of event number `seq` and its salt; None if unknown or its person was erased."""
        ...


def feed_router(source: Source[R_co], envelope: Callable[[R_co], Mapping[str, Any]]) -> APIRouter:
    """Return the internal routes /events and /openings; `envelope` is the published form of an event, as JSON."""
    router = APIRouter()

    @router.get("/events")
    def events(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = MAX_EVENTS
    ) -> dict[str, Any]:
        items = [
            {**envelope(recorded), "state": base64.b64encode(recorded.state).decode()}
            for recorded in source.read(after, limit)
        ]
        return {"epoch": source.epoch(), "items": items}

    @router.get("/openings")
    def openings(service: CallingService, seq: Annotated[int, Query(ge=1)]) -> dict[str, Any]:
        if service != JOURNAL:
            raise NotAllowed
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
