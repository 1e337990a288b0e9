import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from bus import relaying
from launcher.components.nats import Nats
from launcher.parts import running
from launcher.ports import free_ports

if TYPE_CHECKING:
    from conftest import Platform

SECONDS = 30


@pytest.fixture
def relayed(platform: "Platform", servers_folder: Path) -> Iterator[str]:
    """Relay the services' events to a bus of this test's own; give its address."""
    server = Nats(servers_folder / "journal-nats", free_ports(1)[0], servers_folder / "journal-nats.log", tied=True)

    async def relay(stop: asyncio.Event) -> None:
        tasks = [relaying(server.url, svc, store)(stop) for svc, store in platform.stores.items()]
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


def environment(platform: "Platform", nats_url: str, port: int) -> dict[str, str]:
    settings = platform.settings
    values = {
        "DATABASE_URL": platform.new_database(),
        "NATS_URL": nats_url,
        "HTTP_PORT": port,
        "PUBLIC_URL": settings.public_url,
        "SIGNING_KEY_FILE": settings.signing_key_file,
        "TRUST_FILE": settings.trust_file,
        "MASTER_KEY_FILE": settings.master_key_file,
        "PEERS": json.dumps(settings.peers),
        "LOG_KEY_FILE": settings.log_key_file,
        "LOG_ORIGIN": settings.log_origin,
    }
    return {f"JOURNAL_{name}": str(value) for name, value in values.items()}


def test_the_process_takes_events_from_the_bus_and_signs_them(platform: "Platform", relayed: str) -> None:
    port = free_ports(1)[0]
    surroundings = environment(platform, relayed, port)
    command = [sys.executable, "-m", "journal"]
    for _ in range(2):
        subprocess.run([*command, "migrate"], env=surroundings, check=True)  # noqa: S603 - our own command
    process = subprocess.Popen([*command, "run"], env=surroundings)  # noqa: S603 - our own command
    try:
        status = sealed(f"http://127.0.0.1:{port}/api/journal/v1/status", platform, size=6)
        assert status["alarms"] == 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def sealed(url: str, platform: "Platform", size: int) -> dict[str, int]:
    """Wait until the log holds and has signed `size` entries."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(url, headers=platform.bearer("notary"), trust_env=False)
            if answer.status_code == 200 and answer.json()["sealed"] == size:
                return dict(answer.json())
        except httpx.TransportError:
            pass  # it is starting
        time.sleep(0.2)
    pytest.fail("the journal did not take in and sign the events in time")
