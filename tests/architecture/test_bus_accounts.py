"""The accounts that Kubernetes' NATS gets let each service do its work, and nothing in another's name."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats
import pytest
import yaml
from bus import Consuming, Relaying
from bus.streams import stream_name
from contracts import Envelope
from contracts.examples import example
from launcher.components.nats import greet
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import start
from launcher.programs import program
from nats.js.errors import APIError

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
ACCOUNTS = yaml.safe_load((ROOT / "deploy/k8s/components/nats/accounts.yaml").read_text())
USERS = {one["user"]: one["permissions"] for one in ACCOUNTS["config"]["merge"]["authorization"]["users"]}
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Stored:
    """One event of a store."""

    topic: str
    epoch: int
    entry: bytes
    plain: dict[str, object]


class Store:
    """Three events of the dossiers."""

    def __init__(self) -> None:
        made = [example("dossier.document-deposited", seq=number) for number in (1, 2, 3)]
        self.events = [Stored(one.topic, 1, one.proofentry.encode(), one.data) for one in made]

    def epoch(self) -> int:
        return 1

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        return self.events[after : after + limit]


@dataclass
class Inbox:
    """What arrived."""

    expected: int
    messages: list[Envelope] = field(default_factory=list)
    whole: threading.Event = field(default_factory=threading.Event)

    @dataclass(frozen=True)
    class At:
        epoch: int
        store_seq: int

    def position(self, _producer: str) -> "Inbox.At | None":
        return self.At(1, self.messages[-1].storeseq) if self.messages else None

    def receive(self, messages: Sequence[Envelope]) -> None:
        self.messages.extend(messages)
        if len(self.messages) >= self.expected:
            self.whole.set()

    def parked(self, _producer: str) -> int:
        return 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server with the accounts, each with its name as its password; return its host and port."""
    folder, (port,) = tmp_path_factory.mktemp("accounts"), free_ports(1)
    users = [{"user": name, "password": name, "permissions": allowed} for name, allowed in USERS.items()]
    configuration = folder / "nats.conf"
    configuration.write_text(
        f"listen: {LOOPBACK}:{port}\njetstream {{ store_dir: {json.dumps(str(folder / 'store'))} }}\n"
        f"authorization {json.dumps({'users': users})}\n"
    )
    command = [program("nats-server", "NATS", None), "-c", configuration]
    running = start("nats", command, folder / "log", tied=True)
    running.wait_until(lambda: greet(LOOPBACK, port) is not None, PATIENCE)
    yield f"{LOOPBACK}:{port}"
    running.stop()


@asynccontextmanager
async def signed_in(server: str, name: str) -> AsyncIterator[nats.NATS]:
    async def quietly(_error: Exception) -> None:
        """Refusals are what is looked for."""

    connection = await nats.connect(f"nats://{name}:{name}@{server}", error_cb=quietly)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_service_relays_its_events_and_another_one_takes_them_in(server: str) -> None:
    store, stop = Store(), asyncio.Event()
    inbox = Inbox(len(store.events))
    relay = Relaying(f"nats://dossier:dossier@{server}", "dossier", store)
    consumer = Consuming(f"nats://journal:journal@{server}", "journal", "dossier", inbox, lambda _after, _limit: [])
    working = [asyncio.ensure_future(task(stop)) for task in (relay, consumer)]
    assert await asyncio.to_thread(inbox.whole.wait, PATIENCE)
    stop.set()
    await asyncio.gather(*working)
    assert [one.storeseq for one in inbox.messages] == [1, 2, 3]


async def test_nobody_speaks_in_the_name_of_another_service(server: str) -> None:
    async with signed_in(server, "vault") as vault:
        with pytest.raises(nats.errors.Error):
            await vault.request("ev.dossier.document-refused.1", b"{}", timeout=2)


@pytest.mark.parametrize("name", [name for name in USERS if name != "nack"])
async def test_no_service_empties_a_stream_or_deletes_one(server: str, name: str) -> None:
    async with signed_in(server, name) as connection:
        jetstream = connection.jetstream(timeout=1)
        for act in (jetstream.purge_stream, jetstream.delete_stream):
            with pytest.raises((nats.errors.Error, APIError)):
                await act(stream_name("dossier"))


def test_each_service_has_an_account_and_no_password_is_written_down() -> None:
    text = (ROOT / "deploy/k8s/components/nats/accounts.yaml").read_text()
    passwords = re.findall(r"password: (.*)", text)
    assert passwords == [f"<< ${name.upper().replace('-', '_')}_PASSWORD >>" for name in USERS]
