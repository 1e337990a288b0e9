"""Calls between services, and the feed of events they read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.client import ServiceClient, Unavailable
from chassis.feed import feed_router, read_bulk
from chassis.http import create_app
from chassis.telemetry import enter


def test_a_call_carries_the_token_and_the_trace(address: str, keys: Any) -> None:
    enter("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with ServiceClient(address, keys.identity, "dossier") as dossier:
        assert dossier.get("/internal/who").json() == "identity"
        assert dossier.get("/internal/nowhere").status_code == 404


def test_no_answer_is_unavailable(keys: Any, free_port: int) -> None:
    with ServiceClient(f"http://127.0.0.1:{free_port}", keys.identity, "dossier") as dossier:
        for call in (dossier.get, dossier.post):
            with pytest.raises(Unavailable) as refused:
                call("/internal/who")
            assert refused.value.facts == {"peer": "dossier"}


def test_an_answer_that_tells_of_a_failure_is_unavailable(address: str, keys: Any, world: Any) -> None:
    world.able = False
    with ServiceClient(address, keys.identity, "dossier") as dossier, pytest.raises(Unavailable):
        dossier.get("/readyz")


@dataclass
class Event:
    seq: int


@dataclass
class Row:
    store_seq: int
    topic: str = "dossier.dossier-opened"
    originator_id: UUID = field(default_factory=uuid4)
    originator_version: int = 1
    entry: bytes = b"{}"
    state: bytes = b"\x00\xff"


@dataclass(frozen=True)
class Was:
    id: UUID
    version: int
    aggregate: str = "dossier.dossier"
    created_at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    modified_at: datetime = datetime(2026, 1, 2, 3, 4, 6, 7, tzinfo=UTC)
    state: Mapping[str, Any] = field(default_factory=lambda: {"title": None})


@dataclass(frozen=True)
class Code:
    version: str
    upcasts: str


@dataclass(frozen=True)
class Past:
    rows: Sequence[Row]
    states: Sequence[Was | None]


DOSSIER = uuid4()


class Shelf:
    """Three events of one dossier, of which the third was altered."""

    def epoch(self) -> int:
        return 1

    def read(self, after: int, limit: int) -> list[Event]:
        return [Event(seq) for seq in range(after + 1, 4)][:limit]

    def held(self, after: int, limit: int) -> list[Row]:
        return [Row(seq) for seq in range(after + 1, 4)][:limit]

    def bulk(self, after: int, until: int, length: int) -> Iterator[tuple[bytes, ...]]:
        for first in range(after + 1, until + 1, length):
            if first > 3000:
                raise ConnectionError("the database is gone")
            yield tuple(bytes([column]) * first * 50 for column in range(7))

    def opening(self, seq: int) -> tuple[bytes, bytes] | None:
        return (b'{"a":1}', b"salt") if seq <= 3 else None

    def upcast(self, seq: int) -> bytes | None:
        return b'{"b":1}' if seq == 2 else None

    def code(self) -> Code:
        return Code("1.2.3", "ab12")

    def past(self, aggregate_id: UUID, numbers: Sequence[int]) -> Past:
        known = aggregate_id == DOSSIER
        readable = [number for number in numbers if number != 3 or not known]
        states = [Was(aggregate_id, number) if known and number < 3 else None for number in readable]
        return Past([Row(number) for number in numbers if known and number < 4], states)


Ask = Callable[[Any, str], httpx.Response]


@pytest.fixture
def shelf(keys: Any, served: Any) -> Iterator[str]:
    """Serve a dossier service; give its address."""
    app = create_app(
        service="dossier",
        prefix="/api",
        routers=[],
        internal=[feed_router(Shelf(), lambda event: {"storeseq": event.seq})],
        verifier=keys.verifier,
    )
    with served(app) as address:
        yield address


@pytest.fixture
def ask(shelf: str) -> Ask:
    """Return (signer, path) → the answer of the dossier service to a caller that signs so."""

    def answer(signer: Any, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {signer.service_token('dossier')}"} if signer else {}
        return httpx.get(f"{shelf}/internal/{path}", headers=headers)

    return answer


def test_rows_in_bulk_come_column_by_column_to_the_journal_only(keys: Any, shelf: str) -> None:
    with ServiceClient(shelf, keys.journal, "dossier") as dossier:
        sizes = [tuple(map(len, stretch)) for stretch in read_bulk(dossier, 0, 2001, 400)]
        assert sizes == [(first * 50,) * 7 for first in (1, 401, 801, 1201, 1601, 2001)]
        (stretch,) = read_bulk(dossier, 9, 10, 1)
        assert (stretch.numbers[:1], stretch.entries[:1], stretch.types[:1]) == (b"\x00", b"\x02", b"\x06")
    with ServiceClient(shelf, keys.identity, "dossier") as dossier, pytest.raises(Unavailable):
        list(read_bulk(dossier, 0, 1, 1))


def test_rows_in_bulk_that_break_off_are_not_taken_for_all(keys: Any, shelf: str) -> None:
    with ServiceClient(shelf, keys.journal, "dossier") as dossier:
        rows = read_bulk(dossier, 0, 4000, 500)
        assert len(next(rows).numbers) == 50
        with pytest.raises(Unavailable):
            list(rows)
        begun = read_bulk(dossier, 0, 3000, 500)
        next(begun)
        begun.close()
        assert dossier.get("/internal/rows").is_success


def test_the_feed_gives_events_in_order_and_openings_to_the_journal_only(keys: Any, ask: Ask) -> None:
    page = ask(keys.identity, "events?after=1&limit=1").json()
    assert page == {"epoch": 1, "items": [{"storeseq": 2}]}
    assert ask(keys.identity, "rows").json()["code"] == "not-allowed"
    (row,) = ask(keys.journal, "rows?after=2").json()["items"]
    assert (row["storeseq"], row["agg_ver"], row["entry"], row["state"]) == (3, 1, "e30=", "AP8=")
    assert ask(keys.identity, "events?after=-1").status_code == 422
    assert ask(keys.identity, "events?limit=501").status_code == 422
    assert ask(keys.identity, "openings?seq=1").json()["code"] == "not-allowed"
    assert ask(keys.journal, "openings?seq=1").json() == {"payload": '{"a":1}', "salt": "c2FsdA=="}
    read_by = {"version": "1.2.3", "upcasts": "ab12"}
    same = {"payload": '{"a":1}', "salt": "c2FsdA==", "upcast": None, "read_by": read_by}
    assert ask(keys.journal, "openings?seq=1&upcast=true").json() == same
    assert ask(keys.journal, "openings?seq=2&upcast=true").json() == same | {"upcast": '{"b":1}'}
    assert ask(keys.journal, "openings?seq=9").status_code == 404
    assert ask(None, "events").status_code == 401


def test_the_journal_alone_is_told_what_aggregates_were_at_some_numbers(keys: Any, ask: Ask) -> None:
    stranger = uuid4()
    told = ask(keys.journal, f"aggregates?at={DOSSIER}:1,2&at={stranger}:2").json()
    mine, theirs = told["items"]
    assert [row["storeseq"] for row in mine["rows"]] == [1, 2]
    assert mine["states"][1] == {
        "aggregate": "dossier.dossier",
        "id": str(DOSSIER),
        "version": 2,
        "created_at": "2026-01-02T03:04:05Z",
        "modified_at": "2026-01-02T03:04:06.000007Z",
        "state": {"title": None},
    }
    assert (mine["states"][0]["version"], theirs) == (1, {"rows": [], "states": [None]})
    assert told["read_by"] == {"version": "1.2.3", "upcasts": "ab12"}
    assert ask(keys.identity, f"aggregates?at={DOSSIER}:2").json()["code"] == "not-allowed"
    assert ask(None, f"aggregates?at={DOSSIER}:2").status_code == 401


@pytest.mark.parametrize("at", ["", f"{DOSSIER}", f"{DOSSIER}:0", f"{DOSSIER}:{2**63}", f"{DOSSIER}:1,", "x:1"])
def test_a_question_about_the_past_names_an_aggregate_and_numbers(keys: Any, ask: Ask, at: str) -> None:
    assert ask(keys.journal, f"aggregates?at={at}").status_code == 422


def test_a_question_about_the_past_is_about_fifty_aggregates_at_most(keys: Any, ask: Ask) -> None:
    assert ask(keys.journal, "aggregates?" + "&".join([f"at={DOSSIER}:1"] * 50)).status_code == 200
    assert ask(keys.journal, "aggregates?" + "&".join([f"at={DOSSIER}:1"] * 51)).status_code == 422
    assert ask(keys.journal, "aggregates").status_code == 422


def test_an_altered_event_is_told_apart_from_one_that_never_was(keys: Any, ask: Ask) -> None:
    (altered,) = ask(keys.journal, f"aggregates?at={DOSSIER}:2,3").json()["items"]
    assert ([row["storeseq"] for row in altered["rows"]], len(altered["states"])) == ([2, 3], 1)
    (never,) = ask(keys.journal, f"aggregates?at={DOSSIER}:2,4").json()["items"]
    assert never["states"][1] is None
