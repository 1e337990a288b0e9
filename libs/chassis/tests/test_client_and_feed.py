"""Calls between services, and the feed of events they read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.client import ServiceClient, Unavailable
from chassis.feed import feed_router
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
class Past:
    id: UUID
    version: int
    aggregate: str = "dossier.dossier"
    created_at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    modified_at: datetime = datetime(2026, 1, 2, 3, 4, 6, 7, tzinfo=UTC)
    state: Mapping[str, Any] = field(default_factory=lambda: {"title": None})


class Altered(Exception):
    """An event is not what was recorded."""

    code, status = "event-unreadable", 409


DOSSIER = uuid4()


class Shelf:
    """Three events of one dossier, of which the third was altered."""

    def epoch(self) -> int:
        return 1

    def read(self, after: int, limit: int) -> list[Event]:
        return [Event(seq) for seq in range(after + 1, 4)][:limit]

    def held(self, after: int, limit: int) -> list[Row]:
        return [Row(seq) for seq in range(after + 1, 4)][:limit]

    def opening(self, seq: int) -> tuple[bytes, bytes] | None:
        return (b'{"a":1}', b"salt") if seq <= 3 else None

    def state_at(self, aggregate_id: UUID, seq: int) -> Past | None:
        if seq == 3:
            raise Altered
        return Past(aggregate_id, seq) if aggregate_id == DOSSIER and seq < 3 else None


Ask = Callable[[Any, str], httpx.Response]


@pytest.fixture
def ask(keys: Any, served: Any) -> Iterator[Ask]:
    """Return (signer, path) → the answer of a dossier service to a caller that signs so."""
    app = create_app(
        service="dossier",
        prefix="/api",
        routers=[],
        internal=[feed_router(Shelf(), lambda event: {"storeseq": event.seq})],
        verifier=keys.verifier,
        refusals=[Altered],
    )
    with served(app) as address:

        def answer(signer: Any, path: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {signer.service_token('dossier')}"} if signer else {}
            return httpx.get(f"{address}/internal/{path}", headers=headers)

        yield answer


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
    assert ask(keys.journal, "openings?seq=9").status_code == 404
    assert ask(None, "events").status_code == 401


def test_the_journal_alone_is_told_what_an_aggregate_was_at_a_number(keys: Any, ask: Ask) -> None:
    assert ask(keys.journal, f"aggregates/{DOSSIER}?seq=2").json() == {
        "aggregate": "dossier.dossier",
        "id": str(DOSSIER),
        "version": 2,
        "created_at": "2026-01-02T03:04:05Z",
        "modified_at": "2026-01-02T03:04:06.000007Z",
        "state": {"title": None},
    }
    assert ask(keys.identity, f"aggregates/{DOSSIER}?seq=2").json()["code"] == "not-allowed"
    assert ask(None, f"aggregates/{DOSSIER}?seq=2").status_code == 401
    assert ask(keys.journal, f"aggregates/{uuid4()}?seq=2").status_code == 404
    assert ask(keys.journal, f"aggregates/{DOSSIER}?seq=4").status_code == 404
    assert ask(keys.journal, f"aggregates/{DOSSIER}").status_code == 422
    assert ask(keys.journal, f"aggregates/{DOSSIER}?seq=0").status_code == 422
    assert ask(keys.journal, f"aggregates/{DOSSIER}?seq={2**63}").status_code == 422


def test_an_altered_event_is_told_apart_from_one_that_never_was(keys: Any, ask: Ask) -> None:
    refused = ask(keys.journal, f"aggregates/{DOSSIER}?seq=3")
    assert (refused.status_code, refused.json()["code"]) == (409, "event-unreadable")
