"""Each simulator runs as a real process, once per test session."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

sys.modules.pop("sandbox", None)  # pytest names this folder sandbox.tests, and so hides the installed package

from sandbox.running import running  # noqa: E402 - after the line above

REDIRECT = "http://scelle.localhost:8080/api/identity/v1/sign-in/idnot/callback"


@dataclass(frozen=True)
class Simulator:
    """Where a running simulator answers."""

    port: int
    http: httpx.Client
    admin: httpx.Client


def _ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _simulator(name: str, **settings: str) -> Iterator[Simulator]:
    port, admin_port = _ports()
    with (
        running(name, port, admin_port, **settings),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}") as admin,
    ):
        yield Simulator(port, http, admin)


@pytest.fixture(scope="session")
def idnot_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    yield from _simulator(
        "idnot",
        client_id="scelle",
        client_secret="a secret",
        issuer="https://www.idnot.notaires.fr",
        redirect_uris=REDIRECT,
        accounts_file=str(tmp_path_factory.mktemp("idnot") / "accounts.json"),
    )


@pytest.fixture
def idnot(idnot_process: Simulator) -> Iterator[Simulator]:
    yield idnot_process
    idnot_process.admin.put("/faults", json={})


@pytest.fixture(scope="session")
def sms_process() -> Iterator[Simulator]:
    yield from _simulator("sms", token="token")


@pytest.fixture
def sms(sms_process: Simulator) -> Iterator[Simulator]:
    yield sms_process
    sms_process.admin.delete("/messages")


@pytest.fixture(scope="session")
def mail_process(sms_process: Simulator) -> Iterator[Simulator]:
    yield from _simulator("mail", sms=str(sms_process.admin.base_url).rstrip("/"))


@pytest.fixture
def mail(mail_process: Simulator) -> Iterator[Simulator]:
    yield mail_process
    mail_process.admin.delete("/messages")


@pytest.fixture
def accounts_file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.json"
