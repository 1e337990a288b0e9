"""One suite for every provider: on the simulator's two skins, or on a provider's own test platform.

`pytest services/lre-gateway/tests/contract --provider=ar24` (or `maileva`) runs what needs no simulator on the
platform that the environment names; the other tests are deselected, and a missing variable fails. README.md beside
this file lists the variables.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
from launcher.ports import free_ports
from lre_gateway.adapters.ar24.client import Access as Ar24Access
from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.adapters.ar24.routes import CONFIRMED, SIMULATED
from lre_gateway.adapters.maileva.client import Access as MailevaAccess
from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.provider import Maileva
from lre_gateway.application.provider import Addressee, Grant, Order, Provider, Snapshot
from lre_gateway.domain.vocabulary import Kind, Level, Status
from sandbox.running import running

SKINS = ("ar24", "maileva")
TOKEN, PRIVATE_KEY = "contract-token", "contract-private-key"
USER, PASSWORD = "sandbox-user", "sandbox-password"
TOKEN_ROUTE = "/auth/realms/services/protocol/openid-connect/token"
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--provider", choices=("simulator", *SKINS), default="simulator", help="whom the contract binds")


def _asked(config: pytest.Config) -> str:
    return str(config.getoption("--provider", default="simulator"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = any("skin" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "skin" in metafunc.fixturenames and not chosen:
        asked = _asked(metafunc.config)
        bound = getattr(metafunc.module, "SKINS", SKINS)
        metafunc.parametrize("skin", bound if asked == "simulator" else [asked])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so, what is told with more than the port when no simulator is asked for."""
    here = Path(__file__).parent
    if _asked(config) == "simulator":
        return
    more = [item for item in items if item.path.parent == here and item.path.name != "test_provider.py"]
    config.hook.pytest_deselected(items=more)
    items[:] = [item for item in items if item not in more]


@dataclass(frozen=True)
class Simulator:
    """A running simulator, and what nobody outside can do."""

    url: str
    admin: httpx.Client

    def sender(self, **given: Any) -> dict[str, Any]:
        email = f"etude-{next(_numbers)}-{uuid4().hex[:8]}@example.fr"
        return self._done("POST", "senders", {"email": email, **given})

    def change_sender(self, number: int, **given: Any) -> None:
        self._done("PATCH", f"senders/{number}", given)

    def access(self, number: int, verb: str) -> None:
        self._done("POST", f"senders/{number}/{verb}-access", {})

    def faults(self, **given: Any) -> None:
        self._done("PUT", "faults", given)

    def assume(self, **given: Any) -> None:
        self._done("PUT", "assumptions", given)

    def advance(self, seconds: float) -> None:
        self._done("POST", "clock/advance", {"seconds": seconds})

    def now(self) -> datetime:
        return datetime.fromisoformat(self.admin.get("/__sandbox__/clock").json()["now"])

    def letters(self, reference: str) -> list[dict[str, Any]]:
        answer = self.admin.get("/__sandbox__/letters", params={"reference": reference})
        return list(answer.raise_for_status().json())

    def act(self, reference: str, verb: str, **how: Any) -> dict[str, Any]:
        (letter,) = self.letters(reference)
        return self._done("POST", f"letters/{letter['id']}/{verb}", how)

    def _done(self, method: str, path: str, body: Any) -> dict[str, Any]:
        answer = self.admin.request(method, f"/__sandbox__/{path}", json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass(frozen=True)
class Stage:
    """A provider, a sender who may send through it, and somebody to write to."""

    provider: Provider
    account: str
    email: str
    otp_key: str = field(repr=False)
    to: str = "destinataire@example.fr"

    def otp(self) -> str:
        return pyotp.TOTP(self.otp_key).now()

    def granted(self) -> Grant:
        return self.provider.authenticate(self.account, self.otp())

    def order(self, *, to: str | None = None, level: Level = Level.QUALIFIED_LRE, **given: Any) -> Order:
        recipient = Addressee(kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email=to or self.to)
        document = self.provider.upload(self.account, "acte de vente.pdf", "application/pdf", PDF)
        written = {"reference": str(uuid4()), "text": "Veuillez trouver l'acte.", "documents": (document,)}
        return Order(**{**written, "recipient": recipient, "level": level, "sender_account": self.account, **given})

    def sent(self, **given: Any) -> tuple[Order, str]:
        """Submit a letter with a grant; return it with its reference at the provider."""
        order = self.order(**given)
        return order, self.provider.submit(order, self.granted()).ref

    def draft(self, **given: Any) -> tuple[Order, str]:
        order = self.order(**given)
        submitted = self.provider.submit(order, None)
        assert submitted.status is Status.AWAITING_SENDER_AUTH
        return order, submitted.ref

    def statuses(self, refs: list[str]) -> dict[str, Status]:
        return {seen.ref: seen.status for seen in self.provider.get_many(refs)}


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    port, admin_port = free_ports(2)
    folder: Path = tmp_path_factory.mktemp("ar24")
    given = {"token": TOKEN, "private_key": PRIVATE_KEY, "folder": str(folder)}
    with (
        running("ar24", port, admin_port, **given),
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}", timeout=30, trust_env=False) as admin,
    ):
        yield Simulator(f"http://127.0.0.1:{port}", admin)


@pytest.fixture
def simulator(simulator_process: Simulator) -> Iterator[Simulator]:
    yield simulator_process
    simulator_process.faults()
    simulator_process.assume()


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def providers(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Provider]]:
    """Return what makes the provider of a skin, on the simulator or on the platform that was asked for."""
    made: list[Any] = []

    def make(skin: str) -> Provider:
        known = _of_simulator if _asked(request.config) == "simulator" else _of_environment
        access = known(request, skin)
        client = Ar24Client(access, _now) if isinstance(access, Ar24Access) else MailevaClient(access, _now)
        made.append(client)
        if isinstance(client, Ar24Client):
            real = known is _of_environment
            return Ar24(client, _now, unconfirmed=CONFIRMED if real else SIMULATED)
        return Maileva(client, _now)

    yield make
    for client in made:
        client.close()


@pytest.fixture
def stage(request: pytest.FixtureRequest, providers: Callable[[str], Provider], skin: str) -> Stage:
    provider = providers(skin)
    if _asked(request.config) != "simulator":
        named = {name: _variable(skin, name) for name in ("account", "email", "otp_key", "to")}
        return Stage(provider, **named)
    simulated: Simulator = request.getfixturevalue("simulator")
    sender = simulated.sender()
    return Stage(provider, account_of(skin, sender), sender["email"], sender["otp_key"])


def account_of(skin: str, sender: dict[str, Any]) -> str:
    return str(sender["id"] if skin == "ar24" else sender["uuid"])


@pytest.fixture
def known_account() -> Callable[[str, dict[str, Any]], str]:
    return account_of


def _of_simulator(request: pytest.FixtureRequest, skin: str) -> Ar24Access | MailevaAccess:
    url = request.getfixturevalue("simulator").url
    if skin == "ar24":
        return Ar24Access(base_url=f"{url}/api", token=TOKEN, private_key=PRIVATE_KEY)
    return MailevaAccess(
        base_url=f"{url}/maileva",
        token_url=f"{url}/maileva{TOKEN_ROUTE}",
        client_id=TOKEN,
        client_secret=PRIVATE_KEY,
        username=USER,
        password=PASSWORD,
    )


def _of_environment(_request: pytest.FixtureRequest, skin: str) -> Ar24Access | MailevaAccess:
    if skin == "ar24":
        return Ar24Access(**{name: _variable(skin, name) for name in ("base_url", "token", "private_key")})
    names = ("base_url", "token_url", "client_id", "client_secret", "username", "password")
    return MailevaAccess(**{name: _variable(skin, name) for name in names})


def _variable(skin: str, name: str) -> str:
    key = f"CONTRACT_{skin}_{name}".upper()
    value = os.environ.get(key)
    assert value, f"{key} is not set"
    return value


def facts_of(seen: Snapshot) -> list[Status]:
    return [fact.status for fact in seen.facts]


@pytest.fixture
def fact_names() -> Callable[[Snapshot], list[Status]]:
    return facts_of
