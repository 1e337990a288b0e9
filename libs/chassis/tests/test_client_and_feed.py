"""Calls between services, and the feed of events they read."""

from dataclasses import dataclass, field
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


class Shelf:
    """Three events."""

    def epoch(self) -> int:
        return 1

    def read(self, after: int, limit: int) -> list[Event]:
        return [Event(seq) for seq in range(after + 1, 4)][:limit]

    def held(self, after: int, limit: int) -> list[Row]:
        return [Row(seq) for seq in range(after + 1, 4)][:limit]

    def opening(self, seq: int) -> tuple[bytes, bytes] | None:
        return (b'{"a":1}', b"salt") if seq <= 3 else None


def test_the_feed_gives_events_in_order_and_openings_to_the_journal_only(keys: Any, served: Any) -> None:
    app = create_app(
        service="dossier",
        prefix="/api",
        routers=[],
        internal=[feed_router(Shelf(), lambda event: {"storeseq": event.seq})],
        verifier=keys.verifier,
    )
    with served(app) as address:

        def ask(signer: Any, path: str) -> httpx.Response:
            token = signer.service_token("dossier")
            return httpx.get(f"{address}/internal/{path}", headers={"Authorization": f"Bearer {token}"})

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
        assert httpx.get(f"{address}/internal/events").status_code == 401
