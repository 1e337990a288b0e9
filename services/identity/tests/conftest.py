"""Identity on real servers: PostgreSQL, the sandbox's identity provider and SMS provider, HTTP over a socket."""

import base64
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest
from chassis.token_keys import public_jwk
from chassis.tokens import Signer, new_signing_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eventstore import LEDGER, create_read_model, migrate
from identity import wiring
from identity.application.register_office import register_office
from identity.settings import Settings
from sandbox.running import running
from testkit.databases import Prepare
from testkit.serving import serving

PUBLIC_URL = "http://scelle.localhost:8080"
PREFIX = "/api/identity/v1"
ROOM = Path(wiring.__file__).parents[1]
NOTARY = ("claire.morel@notaires.fr", "Notaire-demo-1")
COLLABORATOR = ("lea.fournier@etude-morel.example", "Clerc-demo-1")
OTHER_NOTARY = ("hugo.lambert@notaires.fr", "Notaire-demo-2")
PASSWORD = "Une longue phrase 7"
ATTEMPTS = 3


@dataclass(frozen=True)
class Simulator:
    """Where a simulator of the outside world answers."""

    url: str
    admin: httpx.Client


def _ports(amount: int) -> list[int]:
    held = [socket.socket() for _ in range(amount)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _simulator(name: str, **settings: str) -> Iterator[Simulator]:
    port, admin_port = _ports(2)
    with running(name, port, admin_port, **settings), httpx.Client(base_url=f"http://127.0.0.1:{admin_port}") as admin:
        yield Simulator(f"http://127.0.0.1:{port}", admin)


@pytest.fixture(scope="session")
def idnot_server() -> Iterator[Simulator]:
    yield from _simulator(
        "idnot", client_id="scelle", client_secret="secret", redirect_uris=f"{PUBLIC_URL}{wiring.CALLBACK}"
    )


@pytest.fixture
def idnot(idnot_server: Simulator) -> Iterator[Simulator]:
    yield idnot_server
    idnot_server.admin.put("/faults", json={})


@pytest.fixture(scope="session")
def sms_server() -> Iterator[Simulator]:
    yield from _simulator("sms", token="token")


@pytest.fixture
def sms(sms_server: Simulator) -> Iterator[Simulator]:
    yield sms_server
    sms_server.admin.delete("/messages")


@pytest.fixture(scope="session")
def second_sms_server() -> Iterator[Simulator]:
    yield from _simulator("sms", token="other")


@pytest.fixture
def second_sms(second_sms_server: Simulator) -> Iterator[Simulator]:
    """Return another provider of SMS than the one that every identity has."""
    yield second_sms_server
    second_sms_server.admin.delete("/messages")


def _secret(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


def _tables(url: str) -> None:
    migrate(url, LEDGER, ROOM / "migrations")
    create_read_model(url, ROOM / "readmodel" / "schema.sql")


@pytest.fixture(scope="session")
def tables() -> Prepare:
    """Make the tables of identity."""
    return _tables


@pytest.fixture
def environment(tmp_path: Path, database_url: str, idnot: Simulator, sms: Simulator) -> dict[str, str]:
    """Return the environment of an identity process; services "identity" and "messaging" are trusted."""
    keys = {name: new_signing_key() for name in ("identity", "messaging")}
    jwks = [public_jwk(load_pem_private_key(key, None).public_key(), f"{name}-1") for name, key in keys.items()]
    (tmp_path / "trust.json").write_text(json.dumps({"keys": jwks}))
    _secret(tmp_path, "messaging.pem", keys["messaging"])
    endpoints = {
        f"OIDC_{name}_URL": f"{idnot.url}/IdPOAuth2/{path}/IDNOT_IDP"
        for name, path in {"AUTHORIZE": "auth", "TOKEN": "token", "JWKS": "jwk", "USERINFO": "userinfo"}.items()
    }
    settings = {
        "DATABASE_URL": database_url,
        "HTTP_PORT": str(_ports(1)[0]),
        "ENVIRONMENT": "development",
        "PUBLIC_URL": PUBLIC_URL,
        "SIGNING_KEY_FILE": _secret(tmp_path, "identity.pem", keys["identity"]),
        "TRUST_FILE": str(tmp_path / "trust.json"),
        "MASTER_KEY_FILE": _secret(tmp_path, "master", base64.b64encode(os.urandom(32))),
        "PEERS": '{"dossier": "http://127.0.0.1:9"}',
        "CODE_KEY_FILE": _secret(tmp_path, "code", base64.b64encode(os.urandom(32))),
        "SMS_URL": sms.url,
        "SMS_TOKEN": "token",
        "OIDC_ISSUER": "https://www.idnot.notaires.fr",
        "OIDC_CLIENT_ID": "scelle",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_CLAIMS_FILE": str(files("sandbox.idnot") / "claims.json"),
        "ARGON2_MEMORY_KIB": "64",
        "ARGON2_PASSES": "1",
        **endpoints,
    }
    return {f"IDENTITY_{name}": value for name, value in settings.items()}


@dataclass
class Platform:
    """A running identity, and people who use it."""

    identity: wiring.Identity
    http: httpx.Client
    service: httpx.Client
    sms: Simulator
    idnot: Simulator
    office_id: UUID
    database_url: str
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.http.request(method, f"{PREFIX}{path}", headers=headers, **options)

    def post(self, path: str, body: Any = None, token: str | None = None, **options: Any) -> httpx.Response:
        return self.call("POST", path, token, json=body, **options)

    def idnot_callback(self, account: tuple[str, str]) -> tuple[str, dict[str, str]]:
        """Sign in at the provider; return the path and the query of the callback."""
        start = self.call("GET", "/sign-in/idnot")
        assert start.status_code == 302
        form = {"identifier": account[0], "password": account[1]}
        back = httpx.post(start.headers["location"], data=form)
        assert back.status_code == 303, back.text
        address = urlsplit(back.headers["location"])
        return address.path.removeprefix(PREFIX), {k: v[0] for k, v in parse_qs(address.query).items()}

    def staff(self, account: tuple[str, str]) -> httpx.Response:
        """Sign in at the provider, again as people do when a busy machine does not hear it in time."""
        for _ in range(ATTEMPTS):
            path, query = self.idnot_callback(account)
            answer = self.call("GET", path, params=query)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        return answer

    def notary(self, account: tuple[str, str] = NOTARY) -> str:
        return self.staff(account).json()["access_token"]

    def new_client(self, notary: str, **changes: str) -> dict[str, str]:
        """Register a client with a number of its own; return what was sent, with the id."""
        number = next(self.numbers)
        facts = {
            "first_name": "Jeanne",
            "last_name": "Dupont",
            "email": f"jeanne.{number}@example.org",
            "phone": f"06 12 34 {number // 100:02} {number % 100:02}",
        } | changes
        made = self.post("/clients", facts, notary)
        assert made.status_code == 201, made.text
        return facts | {"id": made.json()["id"]}

    def invitation(self, client: dict[str, str]) -> str:
        letter = self.service.post(
            "/internal/invitations", json={"person_id": client["id"], "office_id": str(self.office_id)}
        )
        assert letter.status_code == 200, letter.text
        return parse_qs(urlsplit(letter.json()["url"]).query)["invitation"][0]

    def code(self, client: dict[str, str], nth: int = 1) -> str:
        """Wait for the nth message on the client's phone and read the code."""
        return self.code_by(self.sms, client, nth)

    def code_by(self, provider: Simulator, client: dict[str, str], nth: int = 1) -> str:
        """Wait for the nth message of a provider on the client's phone and read the code."""
        number = "+33" + client["phone"].replace(" ", "")[1:]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            messages = provider.admin.get("/messages", params={"to": number}).json()
            if len(messages) >= nth:
                return re.search(r"#(\d{6})$", messages[nth - 1]["text"])[1]
            time.sleep(0.02)
        raise AssertionError("no message")

    def asked(self, client: dict[str, str], invitation: str) -> str:
        """Ask for the first code; return the id of the challenge."""
        sent = self.post("/sign-in/codes", {"email": client["email"], "invitation": invitation})
        assert sent.status_code == 201, sent.text
        return sent.json()["id"]

    def setup(self, client: dict[str, str], nth: int = 1) -> str:
        """Answer a first code, the nth message on the phone; return the right to choose a password."""
        challenge = self.asked(client, self.invitation(client))
        answer = self.post(f"/sign-in/codes/{challenge}/answer", {"code": self.code(client, nth)})
        assert answer.status_code == 200, answer.text
        return answer.json()["setup_token"]

    def with_password(self, client: dict[str, str], password: str = PASSWORD) -> None:
        """Go through a first access."""
        body = {"setup_token": self.setup(client), "password": password}
        assert self.call("PUT", "/password", json=body).status_code == 204

    def client_session(self, client: dict[str, str], password: str = PASSWORD, nth: int = 2) -> dict[str, Any]:
        """Sign in with a password and the nth code of the phone."""
        sent = self.post("/sign-in/password", {"email": client["email"], "password": password})
        assert sent.status_code == 200, sent.text
        answer = self.post(f"/sign-in/codes/{sent.json()['id']}/answer", {"code": self.code(client, nth)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def erase(self, person_id: str, token: str, body: Any = None, **headers: str) -> httpx.Response:
        """Have a person erased; the rest follows when the test says so."""
        return self.post(f"/persons/{person_id}/erasure", body or {"basis": "subject-request"}, token, headers=headers)

    def events(self, topic: str) -> list[dict[str, Any]]:
        """Return the plain fields of the events of a topic."""
        return [
            one.plain | {"originator_id": str(one.originator_id)}
            for one in self.identity.store.read(0, 10_000)
            if one.topic == f"identity.{topic}"
        ]

    def invited(self, amount: int) -> list[dict[str, Any]]:
        """Wait for this many invitations, which are recorded after the answer, and return them."""
        deadline = time.monotonic() + 10
        while len(found := self.events("client-invited")) < amount:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def start(
    environment: dict[str, str], tmp_path: Path, sms: Simulator, idnot: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Platform]]:
    """Return a function that starts identity, with settings of the test's own in lower case."""
    stack = ExitStack()

    def begin(**settings: str) -> Platform:
        for name, value in (environment | {f"IDENTITY_{k.upper()}": v for k, v in settings.items()}).items():
            monkeypatch.setenv(name, value)
        identity = wiring.Identity(Settings.load())
        wiring.prepare(identity.settings)
        stack.callback(identity.close)
        office = register_office(identity.store, "75999", "Étude Morel")
        url = stack.enter_context(serving(wiring.build(identity), identity.settings.http_port))
        token = Signer(tmp_path / "messaging.pem", "messaging").service_token("identity")
        http = stack.enter_context(httpx.Client(base_url=url, timeout=60))
        bearer = {"Authorization": f"Bearer {token}"}
        service = stack.enter_context(httpx.Client(base_url=url, headers=bearer))
        return Platform(identity, http, service, sms, idnot, office, environment["IDENTITY_DATABASE_URL"])

    with stack:
        yield begin


@pytest.fixture
def platform(start: Callable[..., Platform]) -> Platform:
    """Return an identity with caps that a test does not meet by accident."""
    return start(code_resend_seconds="0", codes_per_hour="100", codes_per_day="100", codes_per_ip_hour="1000")
