"""The whole process: it serves, sends, reads and fetches by itself, also when it is killed on the way."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from bus import Relaying
from chassis.process import supervise
from contracts.examples import CLIENT
from lre_gateway.settings import Settings
from lre_gateway.wiring.parts import PREFIX
from testkit.producers import erasing

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def eventually(holds: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.1)


async def test_letters_go_their_way_by_themselves_across_a_kill_of_the_process(
    world: Any, office: UUID, bus_url: str, free_port: int, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    world.simulator.put("assumptions")  # the process has the machine's clock, and so has everything below
    staff = world.staff(office)

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{free_port}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    first = start()
    await eventually(ready)
    staff.http.base_url = f"http://127.0.0.1:{free_port}{PREFIX}"
    account, person = await asyncio.to_thread(world.account, staff), uuid4()
    world.town.clients.setdefault(office, set()).add(person)
    recipient = await asyncio.to_thread(world.recipient, staff, "never.process@example.org", person_id=str(person))
    batch = await asyncio.to_thread(world.batch, staff, account, [recipient])
    (letter,) = batch["letter_ids"]
    for act in ("checks", "submission"):
        assert (await asyncio.to_thread(staff.post, f"/batches/{batch['id']}/{act}")).is_success
    await eventually(lambda: world.state(staff, letter) == "awaiting-sender-auth")
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start()
    await eventually(ready)
    body = {"letter_ids": [letter], "code": world.simulator.otp(account.number)}
    answer = await asyncio.to_thread(staff.post, "/releases", json=body)
    assert answer.json()["items"][0]["outcome"] == "submitted", answer.text
    await eventually(lambda: world.state(staff, letter) == "notified")
    world.simulator.act(letter, "accept")
    await eventually(lambda: "reception" in world.evidence(staff, letter))
    stop = asyncio.Event()
    known = [*[CLIENT] * world.erased, person]
    relay = asyncio.create_task(supervise(Relaying(bus_url, "identity", erasing(known)), stop))
    try:
        await eventually(lambda: staff.get(f"/recipients/{recipient}").json()["email"] is None)
    finally:
        stop.set()
        await relay
    world.erased += 1
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, 30) == 0


def settings(world: Any, **changed: Any) -> Settings:
    return Settings(**{**world.parts.settings.model_dump(), **changed})


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"ar24_token_file": None}, "ar24_token_file"),
        ({"ar24_private_key_file": None}, "ar24_private_key_file"),
        ({"provider": "maileva", "maileva_credentials_file": None}, "maileva_credentials_file"),
    ],
)
def test_a_provider_without_its_secrets_does_not_start(world: Any, changed: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        settings(world, **changed)


def test_a_secret_that_everyone_can_read_is_refused(world: Any, tmp_path: Path) -> None:
    open_file = tmp_path / "token"
    open_file.write_text("x")
    open_file.chmod(0o644)
    with pytest.raises(ValueError, match="read or changed by everyone"):
        settings(world, ar24_token_file=open_file)
