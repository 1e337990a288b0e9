"""A real NATS server of the test's own, and a store and an inbox that remember."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from contracts import Envelope, envelope_of
from contracts.examples import example


@dataclass(frozen=True)
class Stored:
    """One event of a store."""

    topic: str
    epoch: int
    entry: bytes
    plain: dict[str, object]


class Log:
    """A store: what a relay reads and a consumer refills from."""

    def __init__(self) -> None:
        self.events: list[Stored] = []
        self.current = 1
        self.refills = 0
        self.away = False

    def write(self, count: int, mark: str = "example") -> None:
        for _ in range(count):
            made = example("dossier.document-deposited", seq=len(self.events) + 1)
            entry = json.dumps(json.loads(made.proofentry) | {"corr": mark}).encode()
            self.events.append(Stored(made.topic, self.current, entry, made.data))

    def epoch(self) -> int:
        return self.current

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        return self.events[after : after + limit]

    def refill(self, after: int, limit: int) -> Sequence[Envelope]:
        if self.away:
            raise ConnectionError
        self.refills += 1
        return [envelope_of(event) for event in self.read(after, limit)]

    @property
    def entries(self) -> list[str]:
        return [event.entry.decode() for event in self.events]


@dataclass
class Taken:
    """An inbox: what took effect, in order."""

    messages: list[Envelope] = field(default_factory=list)
    failures: int = 0
    refused: str | None = None
    refusals: int = 0
    threads: set[int] = field(default_factory=set)

    @dataclass(frozen=True)
    class At:
        epoch: int
        store_seq: int

    def position(self, producer: str) -> "Taken.At | None":
        assert producer == "dossier"
        return self.At(self.messages[-1].epoch, self.messages[-1].storeseq) if self.messages else None

    def receive(self, messages: Sequence[Envelope]) -> None:
        self.threads.add(threading.get_ident())
        for message in messages:
            if self.failures:
                self.failures -= 1
                raise ConnectionError
            if self.refused and self.refused in message.proofentry:
                self.refusals += 1
                raise PermissionError
            self.messages.append(message)

    @property
    def entries(self) -> list[str]:
        return [message.proofentry for message in self.messages]


class Server:
    """A NATS server that a test may kill, wipe and start again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.data = folder / "jetstream"
        self._log = folder / "nats.log"
        self._port = port
        self.url = f"nats://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        program = Path(sys.executable).with_name("nats-server")
        command = [program, "-a", "127.0.0.1", "-p", str(self._port), "-js", "-sd", self.data]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own server
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def wipe(self) -> None:
        shutil.rmtree(self.data)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server(tmp_path: Path, free_port: int) -> Iterator[Server]:
    made = Server(tmp_path, free_port)
    yield made
    made.kill()


@pytest.fixture
def store() -> Log:
    return Log()


@pytest.fixture
def another_store() -> Log:
    return Log()


@pytest.fixture
def inbox() -> Taken:
    return Taken()


@pytest.fixture
def another_inbox() -> Taken:
    return Taken()
