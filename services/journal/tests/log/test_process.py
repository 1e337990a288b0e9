"""The journal as a process of its own: fed by a real bus, attested by real witnesses and a real authority, killed."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from bus import Relaying
from journal.log.database import Database, from_nodes
from journal.wiring import PRODUCERS
from launcher.components.nats import Nats
from launcher.parts import running
from launcher.ports import free_ports
from proof import tree
from proof.entry import encoded
from proof.record import Record

if TYPE_CHECKING:
    from conftest import Audit, Outside, Platform

SECONDS = 60
KILLS = 5
NOBODY = "http://127.0.0.1:9"
"""Of services that have no part in a test."""
COMMAND = [sys.executable, "-m", "journal"]

Ready = Callable[[dict[str, Any]], bool]


@pytest.fixture
def relayed(platform: "Platform", tmp_path: Path) -> Iterator[str]:
    """Relay the services' events to a bus of this test's own; give its address."""
    server = Nats(tmp_path / "nats", free_ports(1)[0], tmp_path / "nats.log", tied=True)

    async def relay(stop: asyncio.Event) -> None:
        tasks = [Relaying(server.url, svc, store)(stop) for svc, store in platform.stores.items()]
        await asyncio.gather(*tasks)

    with running(server), asyncio.Runner() as runner:
        loop, stop = runner.get_loop(), asyncio.Event()
        thread = threading.Thread(target=lambda: runner.run(relay(stop)))
        thread.start()
        try:
            yield server.url
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()


class Process:
    """A journal with a database of its own."""

    def __init__(self, platform: "Platform", nats_url: str, attesters: "Outside") -> None:
        self.platform = platform
        self.database_url = platform.new_database()
        self.port = free_ports(1)[0]
        settings, outside = platform.settings, attesters.settings()
        values = {
            "DATABASE_URL": self.database_url,
            "NATS_URL": nats_url,
            "HTTP_PORT": self.port,
            "ENVIRONMENT": "development",
            "PUBLIC_URL": settings.public_url,
            "SIGNING_KEY_FILE": settings.signing_key_file,
            "TRUST_FILE": settings.trust_file,
            "MASTER_KEY_FILE": settings.master_key_file,
            "PEERS": json.dumps(dict.fromkeys(PRODUCERS, NOBODY) | settings.peers),
            "LOG_KEY_FILE": settings.log_key_file,
            "LOG_MLDSA_KEY_FILE": settings.log_mldsa_key_file,
            "LOG_ORIGIN": settings.log_origin,
            "WITNESSES": json.dumps([one.model_dump() for one in outside["witnesses"]]),
            "WITNESS_QUORUM": outside["witness_quorum"],
            "AUTHORITIES": json.dumps([one.model_dump(mode="json") for one in outside["authorities"]]),
        }
        self.environment = {f"JOURNAL_{name}": str(value) for name, value in values.items()}
        for _ in range(2):
            subprocess.run([*COMMAND, "migrate"], env=self.environment, check=True)  # noqa: S603 - our own command

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it for the block; killed unless the block ended it."""
        process = subprocess.Popen([*COMMAND, "run"], env=self.environment)  # noqa: S603 - our own command
        try:
            yield process
        finally:
            process.kill()
            process.wait(SECONDS)

    def status(self) -> dict[str, Any] | None:
        url = f"http://127.0.0.1:{self.port}/api/journal/v1/status"
        try:
            answer = httpx.get(url, headers=self.platform.bearer("notary"), trust_env=False)
        except httpx.TransportError:
            return None  # it is starting
        return dict(answer.json()) if answer.status_code == 200 else None

    def until(self, ready: Ready) -> dict[str, Any]:
        """Wait until the status is as wanted."""
        deadline = time.monotonic() + SECONDS
        status = None
        while time.monotonic() < deadline:
            status = self.status()
            if status and ready(status):
                return status
            time.sleep(0.1)
        pytest.fail(f"the journal did not come so far in time: {status}")


@pytest.fixture
def journal(platform: "Platform", relayed: str, attesters: "Outside") -> Process:
    return Process(platform, relayed, attesters)


def taken(status: dict[str, Any]) -> int:
    return sum(source["store_seq"] for source in status["sources"])


def at_rest(events: int, *, unstamped: int = 0) -> Ready:
    """Tell that all events were taken in, signed, cosigned by the quorum and, but for some, stamped."""

    def ready(status: dict[str, Any]) -> bool:
        cosigned = sorted(witness["size"] for witness in status["witnesses"])[1]
        signed = status["sealed"] == status["size"] == cosigned
        stamped = status["last_token_at"] and status["unstamped"] <= unstamped
        return bool(signed and stamped and taken(status) == events)

    return ready


def answering(_status: dict[str, Any]) -> bool:
    return True


def grown(size: int) -> Ready:
    return lambda status: bool(status["size"] > size)


def test_the_process_takes_events_from_the_bus_and_has_them_attested(journal: Process) -> None:
    with journal.running() as process:
        status = journal.until(at_rest(6, unstamped=6))  # nothing urgent: they may wait ten minutes
        assert status["alarms"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def complete(platform: "Platform", dossiers: int) -> int:
    """Let some dossiers be opened and completed; returns how many events that are."""
    for _ in range(dossiers):
        platform.live()
        platform.say_completed()
    return 7 * dossiers


def test_a_journal_killed_again_and_again_keeps_one_history(journal: Process, audit: "Audit") -> None:
    """Between commit and signature, signature and stamp, stamp and seal: what was started is finished or not there."""
    chance = random.Random(20261121)  # noqa: S311 - the moments of the kills, not a secret
    events = 6
    for _ in range(KILLS):
        with journal.running() as process:
            size = journal.until(answering)["size"]
            events += complete(journal.platform, chance.randint(1, 3))
            journal.until(grown(size))
            time.sleep(chance.uniform(0, 1.5))
            process.kill()
    with journal.running():
        status = journal.until(at_rest(events))
        assert status["alarms"] == 0
    database = Database(journal.database_url)
    try:
        found = audit(database)
        assert sum(leaf.event is not None for leaf in found) == events
        check_signed(database, audit.of_kind(database, "seal"))
        assert (
            len([head for head in audit.of_kind(database, "head") if head.body["reason"] == "closing"])
            == (events - 6) // 7
        )
        assert len(audit.of_kind(database, "key")) == 1
    finally:
        database.close()


def check_signed(database: Database, seals: list[Record]) -> None:
    """Require that every signed root is the tree's, and every token recorded by the one seal of its round."""
    with database.transaction() as connection:
        for row in connection.execute("SELECT size, root FROM journal.checkpoint").fetchall():
            assert bytes(row["root"]) == from_nodes(connection, partial(tree.root, row["size"]))
        rows = connection.execute("SELECT size, response FROM journal.token ORDER BY id").fetchall()
    recorded = [(seal.body["size"], token) for seal in seals for token in seal.body["tokens"]]
    assert recorded == [(row["size"], encoded(sha256(row["response"]).digest())) for row in rows]
