"""The whole process: it serves, sends, reads and fetches by itself, also when it is killed on the way."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
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


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def test_letters_go_their_way_by_themselves_across_a_kill_of_the_process(
    world: Any, office: UUID, bus_url: str, free_port: int, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    world.simulator.put("assumptions")  # the process has the machine's clock, and so has everything below
    staff = world.staff(office)

    first = start()
    await eventually(lambda: is_ready(free_port))
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
    await eventually(lambda: is_ready(free_port))
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


async def test_a_call_that_was_answered_is_still_there_after_a_kill(
    world: Any, free_port: int, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    process = start("serve")
    await eventually(lambda: is_ready(free_port))
    letters = {uuid4() for _ in range(2_000)}
    answered: set[UUID] = set()

    async def call(http: httpx.AsyncClient, left: list[UUID]) -> None:
        with suppress(httpx.TransportError):
            while left:
                path = world.parts.webhooks.address(letter := left.pop()).removeprefix(world.address)
                answer = await http.post(path, content=b"id_mail=1&new_state=AR")
                assert answer.status_code == 200, answer.text
                answered.add(letter)
                if len(answered) == 200:
                    process.kill()

    left = list(letters)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}", trust_env=False) as http:
        await asyncio.gather(*(call(http, left) for _ in range(16)))
    process.wait()
    with world.parts.store.connection() as connection:
        written = {row["letter_id"] for row in connection.execute("SELECT letter_id FROM letters.hint").fetchall()}
    assert 200 <= len(answered) < len(letters)
    assert answered <= written


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
