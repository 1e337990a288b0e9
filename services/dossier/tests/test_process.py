"""The working process: what identity says on the bus has its effect."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from bus import Relaying
from chassis.process import supervise
from contracts.examples import CLIENT
from testkit.producers import erasing

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def working(
    world: Any, bus_url: str, tmp_path: Path, free_port: int
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Return a function that starts `python -m dossier work`."""
    given = world.settings.model_dump(mode="json") | {"nats_url": bus_url, "http_port": free_port}
    environment = os.environ | {
        f"DOSSIER_{name.upper()}": json.dumps(value) if isinstance(value, dict) else str(value)
        for name, value in given.items()
        if value is not None
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "dossier.log").open("ab") as log:
            command = [sys.executable, "-m", "dossier", "work"]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))  # noqa: S603 - our own
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def eventually(holds: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.05)


async def test_an_erasure_on_the_bus_blanks_the_person(
    world: Any, office: UUID, bus_url: str, working: Callable[[], subprocess.Popen[bytes]]
) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client)
    world.asks(staff, dossier, client, "dpe")

    def labels() -> set[str | None]:
        return {item["label"] for item in staff.get(f"/dossiers/{dossier}/requests").json()["items"]}

    assert None not in labels()
    stop = asyncio.Event()
    known = [*[CLIENT] * world.erased, client.person_id]
    relay = asyncio.create_task(supervise(Relaying(bus_url, "identity", erasing(known)), stop))
    working()
    try:
        await eventually(lambda: labels() == {None})
    finally:
        stop.set()
        await relay
    world.erased += 1
