"""Logs that can fork, and witnesses that run as processes of their own."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from launcher.components.caddy import answers
from launcher.ports import free_ports
from launcher.processes import Running, start
from launcher.witness.config import Config
from proof.checkpoint import Checkpoint, format_hashes
from proof.cosignature import Cosignature, Cosigner, cosignatures
from proof.note import Key, Note, sign
from proof.tree import Frontier, consistency_proof, leaf_hash, root

ORIGINS = [f"log.example/{number}" for number in range(60)]
_numbers = itertools.count()


@dataclass
class Log:
    """A log with entries of the test's choice."""

    origin: str
    entries: list[bytes] = field(default_factory=list)
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    mldsa_key = MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)
    stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)

    def __post_init__(self) -> None:
        entries, self.entries = self.entries, []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        self.grow(*entries)

    def grow(self, *entries: bytes) -> "Log":
        for entry in entries:
            self.entries.append(entry)
            self.nodes.update({(level, at): node for level, at, node in self.frontier.append(leaf_hash(entry))})
        return self

    def fork(self, size: int, *entries: bytes) -> "Log":
        """Return the log that had the same first `size` entries and then these."""
        return Log(self.origin, [*self.entries[:size], *entries])

    def text(self, size: int) -> str:
        return Checkpoint(self.origin, size, root(size, self._node)).text()

    def note(self, size: int) -> Note:
        return sign(self.text(size), self.origin, self.key)

    def proof(self, old: int, size: int) -> list[bytes]:
        return consistency_proof(old, size, self._node)

    def body(self, old: int, size: int) -> bytes:
        return self.submission(old, self.proof(min(old, size), size), self.note(size))

    @staticmethod
    def submission(old: int, hashes: list[bytes], note: Note) -> bytes:
        return f"old {old}\n{format_hashes(hashes)}\n".encode() + note.encode()

    def _node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


@dataclass
class Served:
    """A witness that runs."""

    folder: Path
    http: httpx.Client
    cosigners: list[Cosigner]
    unseen = Log(ORIGINS[-1], [b"%d" % number for number in range(12)])
    unknown = Log("other.example/log", [b"a", b"b", b"c"])

    def post(self, body: bytes) -> httpx.Response:
        return self.http.post("/add-checkpoint", content=body)

    def cosigned(self, log: Log, old: int, size: int) -> tuple[Cosignature, ...]:
        answer = self.post(log.body(old, size))
        assert answer.status_code == 200, answer.text
        return cosignatures(Note.parse(log.note(size).encode() + answer.content), self.cosigners)


class Operator:
    """Whoever runs witnesses in this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **values: str) -> Path:
        """Write a configuration that follows every log of these tests."""
        (port,) = free_ports(1)
        named = {"name": "witness.example/1", "key_file": "ed25519.pem", "database": "witness.db"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in (named | values).items()]
        lines += [f'listen = "127.0.0.1:{port}"'] if "listen" not in values else []
        for origin in ORIGINS:
            vkeys = [Key.of(origin, Log.key).vkey, Cosigner.of(origin, Log.mldsa_key).vkey]
            lines += ["[[logs]]", f"origin = {json.dumps(origin)}", f"vkeys = {json.dumps(vkeys)}"]
        file = self.folder / f"{port}.toml"
        file.write_text("\n".join(lines))
        return file

    @staticmethod
    def scelle(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "launcher", "witness", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own command

    @staticmethod
    @contextmanager
    def serving(*files: Path) -> Iterator[tuple[Running, list[httpx.Client]]]:
        """Run one process with these configurations while the block lasts."""
        ports = [Config.load(file).port for file in files]
        words = itertools.chain.from_iterable(("--config", file) for file in files)
        command = [sys.executable, "-m", "launcher", "witness", "serve", *words]
        process = start("witness", command, files[0].with_suffix(".log"), tied=True)
        clients = [httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) for port in ports]
        try:
            process.wait_until(lambda: all(answers(port, "/livez") for port in ports), 30)
            yield process, clients
        finally:
            for client in clients:
                client.close()
            process.stop()


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    operator = Operator(tmp_path_factory.mktemp("witness"))
    file = operator.write(mldsa_key_file="mldsa.pem")
    vkeys = operator.scelle("key", "--config", file).stdout.splitlines()
    with operator.serving(file) as (_, (http,)):
        yield Served(operator.folder, http, [Cosigner.parse(vkey) for vkey in vkeys])


@pytest.fixture
def logs() -> Iterator[Log]:
    """Give logs of 20 entries that every witness follows and none has seen yet."""
    return (Log(ORIGINS[number], [b"%d" % entry for entry in range(20)]) for number in _numbers)


@pytest.fixture
def log(logs: Iterator[Log]) -> Log:
    return next(logs)
