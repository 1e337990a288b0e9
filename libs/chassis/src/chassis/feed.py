"""What a service gives of its own events: the feed that refills holes; rows, openings, past states for the journal."""

import base64
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from chassis.client import ServiceClient
from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound

JOURNAL = "journal"
MAX_EVENTS = 500
MAX_AGGREGATES = 50  # of one question about the past
OCTETS = "application/octet-stream"
SIZE = 4  # bytes of the length before each value of an answer in bulk, big-endian
LAST_NUMBER = 2**63 - 1  # the largest that PostgreSQL's bigint holds

After = Annotated[int, Query(ge=0, le=LAST_NUMBER)]
Limit = Annotated[int, Query(ge=1, le=MAX_EVENTS)]
Number = Annotated[int, Query(ge=1, le=LAST_NUMBER)]
At = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9][0-9]{0,17}(,[1-9][0-9]{0,17})*$")
]
"""An aggregate, and the rising numbers at which its state is asked for."""

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


class Stretch(NamedTuple):
    """Some rows of a store that follow each other, column by column: what a reader compares without taking it apart.

    Numbers have 8 bytes each and sizes 4, big-endian; a NUL is between two entries, states, places or types. A place
    and a type are what the columns say, spelled as in an entry: `"agg":"…","agg_ver":…,"cause":`, `"type":"…","v":1}`.
    """

    numbers: bytes
    entry_sizes: bytes
    entries: bytes
    state_sizes: bytes
    states: bytes
    places: bytes
    types: bytes


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


class Past(Protocol):
    """An aggregate up to a number of its store."""

    @property
    def rows(self) -> Sequence[Held]:
        """Its rows as they are."""
        ...

    @property
    def states(self) -> Sequence[StateAt | None]:
        """What it was at each number that was asked for."""
        ...


class Code(Protocol):
    """Which code reads an event store."""

    @property
    def version(self) -> str:
        """The version of the service."""
        ...

    @property
    def upcasts(self) -> str:
        """A hash of the rules by which it reads events of earlier versions."""
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

    def bulk(self, after: int, until: int, length: int, /) -> Iterator[tuple[bytes, ...]]:
        """Return the rows `after` + 1 to `until` as they are: the columns of a `Stretch` for each `length` numbers."""
        ...

    def opening(self, seq: int, /) -> tuple[bytes, bytes] | None:
        """Return the canonical payload of event number `seq` and its salt; None if unknown or its person was erased."""
        ...

    def upcast(self, seq: int, /) -> bytes | None:
        """Return what the code of today makes of the payload of event number `seq`; None if that is the same."""
        ...

    def code(self) -> Code:
        """Return which code this is."""
        ...

    def past(self, aggregate_id: UUID, numbers: Sequence[int], /) -> Past:
        """Return what the store holds of an aggregate up to the last of some rising numbers, and what it was at each.

        A state is None if nothing of the aggregate existed then or the number is still to come. The first one that
        needs an event which is not what was recorded any more ends the states.
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

    @router.get("/bulk")
    def bulk(service: CallingService, after: After, until: Number, length: Limit) -> StreamingResponse:
        _for_the_journal(service)
        return StreamingResponse(map(_framed, source.bulk(after, until, length)), media_type=OCTETS)

    @router.get("/openings")
    def openings(service: CallingService, seq: Number, *, upcast: Annotated[bool, Query()] = False) -> dict[str, Any]:
        _for_the_journal(service)
        found = source.opening(seq)
        if found is None:
            raise NotFound
        payload, salt = found
        said = {"payload": payload.decode(), "salt": base64.b64encode(salt).decode()}
        if not upcast:
            return said
        lifted = source.upcast(seq)
        return said | {"upcast": lifted.decode() if lifted else None, "read_by": _code(source.code())}

    @router.get("/aggregates")
    def aggregates(service: CallingService, at: Annotated[list[At], Query(max_length=MAX_AGGREGATES)]) -> Any:
        _for_the_journal(service)
        return {"items": [_past(source, *one.split(":")) for one in at], "read_by": _code(source.code())}

    return router


def feed_pages(producer: ServiceClient) -> Callable[[int, int], list[dict[str, Any]]]:
    """Return (after, limit) → the events of another service's feed, as JSON; raises Unavailable while it is away."""

    def page(after: int, limit: int) -> list[dict[str, Any]]:
        answer = producer.get("/internal/events", {"after": after, "limit": min(limit, MAX_EVENTS)})
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items

    return page


def read_bulk(service: ServiceClient, after: int, until: int, length: int) -> Generator[Stretch]:
    """Read the rows `after` + 1 to `until` of another service's store, in stretches of `length` numbers.

    Raises Unavailable, perhaps after some of them. Close it if it is not read out.
    """
    asked = {"after": after, "until": until, "length": length}
    with closing(service.stream("/internal/bulk", asked)) as blocks:
        for columns in zip(*[_values(blocks)] * len(Stretch._fields), strict=True):
            yield Stretch(*columns)


def _for_the_journal(service: str) -> None:
    if service != JOURNAL:
        raise NotAllowed


def _framed(columns: Iterable[bytes]) -> bytes:
    return b"".join(part for column in columns for part in (len(column).to_bytes(SIZE), column))


def _values(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Take the lengths away, wherever the blocks end."""
    held = bytearray()
    for block in blocks:
        held += block
        begin = 0
        while len(held) - begin >= SIZE:
            end = begin + SIZE + int.from_bytes(held[begin : begin + SIZE])
            if end > len(held):
                break
            yield bytes(memoryview(held)[begin + SIZE : end])
            begin = end
        del held[:begin]


def _row(held: Held) -> dict[str, Any]:
    return {
        "storeseq": held.store_seq,
        "type": held.topic,
        "agg": str(held.originator_id),
        "agg_ver": held.originator_version,
        "entry": base64.b64encode(held.entry).decode(),
        "state": base64.b64encode(held.state).decode(),
    }


def _past(source: Source[Any], aggregate_id: str, numbers: str) -> dict[str, Any]:
    found = source.past(UUID(aggregate_id), [int(number) for number in numbers.split(",")])
    states = [None if state is None else _state(state) for state in found.states]
    return {"rows": [_row(held) for held in found.rows], "states": states}


def _state(found: StateAt) -> dict[str, Any]:
    return {
        "aggregate": found.aggregate,
        "id": found.id,
        "version": found.version,
        "created_at": found.created_at,
        "modified_at": found.modified_at,
        "state": found.state,
    }


def _code(code: Code) -> dict[str, str]:
    return {"version": code.version, "upcasts": code.upcasts}
