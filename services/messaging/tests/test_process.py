"""The whole process: events on the bus become mails, also when it is killed on the way."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from bus import Relaying
from contracts.examples import CLIENT, COLLABORATOR
from launcher.ports import free_ports
from testkit.producers import Producer

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def start(settings: Any, bus_url: str, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    port = free_ports(1)[0]
    given = settings.model_dump(mode="json") | {"nats_url": bus_url, "http_port": port}
    environment = os.environ | {
        f"MESSAGING_{name.upper()}": json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in given.items()
        if value is not None
    }
    started: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "messaging.log").open("ab")

    def run(verb: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "messaging", verb]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own module
        process.port = port  # type: ignore[attr-defined] # where it answers, for the test
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
    log.close()


async def eventually(holds: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.05)


def ready(process: Any) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{process.port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def topics(database_url: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        return {row[0] for row in connection.execute("SELECT topic FROM ledger.stored_events").fetchall()}


@pytest.mark.fault("F15", "F16")
async def test_events_on_the_bus_become_mails_across_a_kill_of_the_process(
    start: Any, bus_url: str, mailbox: Any, neighbours: Any, settings: Any
) -> None:
    assert neighbours.people
    identity, dossier = Producer(), Producer()
    stop = asyncio.Event()
    relays = asyncio.gather(Relaying(bus_url, "identity", identity)(stop), Relaying(bus_url, "dossier", dossier)(stop))
    first = start("run")
    await eventually(lambda: ready(first))
    identity.write("identity.membership-requested")
    dossier.write("dossier.document-requested")
    await eventually(lambda: len(mailbox.received()) == 3)
    first.send_signal(signal.SIGKILL)
    first.wait()
    dossier.write("dossier.document-deposited", version_id=COLLABORATOR)
    dossier.write("dossier.document-refused", version_id=CLIENT)  # a version dossier knows no reason for: not sent
    second = start("run")
    await eventually(lambda: len(mailbox.received()) == 5)
    assert sorted(address for mail in mailbox.received() for address in mail["to"]) == [
        "anne@etude.example",
        "anne@etude.example",
        "camille@etude.example",
        "camille@etude.example",
        "jeanne@example.org",
    ]
    identity.write("identity.person-erased", person_id=CLIENT)
    await eventually(lambda: "messaging.person-keys-destroyed" in topics(settings.database_url))
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, 20) == 0
    stop.set()
    await relays
