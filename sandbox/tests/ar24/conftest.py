"""The simulator in this process, its clock moved by the tests; nothing becomes due by itself."""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi import FastAPI
from sandbox.ar24 import crypto
from sandbox.ar24.apps import Simulator, simulator
from sandbox.ar24.truth.world import World

TOKEN, KEY = "token-0001", "test-private-key-0001"
PARIS = ZoneInfo("Europe/Paris")
PERSON = {"legal_status": "INDIVIDUAL", "first_name": "Denise", "last_name": "ALOXE", "email": "denise@client.fr"}
RECIPIENTS: dict[str, dict[str, Any]] = {
    "real_estate/v1": {"sending_mode": "ELECTRONIC_NOTICE", "electronic_notice_detail": PERSON},
    "registered_mail/v4": {"address_line_1": "Mme Denise ALOXE", "address_line_6": "69001 LYON"},
}


class Http:
    """Calls an application without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def __call__(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ar24.test") as client:
                return await client.request(method, url, **options)

        return asyncio.run(once())


@dataclass
class Ar24:
    """A customer of the simulator, and the hand that moves its world."""

    world: World
    made: Simulator
    http: Http = field(init=False)
    _admin: Http = field(init=False)

    def __post_init__(self) -> None:
        self.http, self._admin = Http(self.made.public), Http(self.made.admin)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._admin(method, f"/__sandbox__{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None) -> int:
        return self._admin(method, f"/__sandbox__{path}", json=body).status_code

    def raw(
        self, method: str, path: str, fields: dict[str, Any] | None = None, *, date: str | None = None, **options: Any
    ) -> httpx.Response:
        date = date or datetime.now(UTC).astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
        given = {"token": TOKEN, "date": date, **(fields or {})}
        headers = {"signature": crypto.signature(KEY, date), "Accept-Language": "en", **options.pop("headers", {})}
        how = {"params": given} if method == "GET" else {"data": given}
        return self.http(method, f"/api/{path}", headers=headers, **how, **options)

    def call(self, method: str, path: str, fields: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Call and return the envelope, decrypted when it is encrypted."""
        date = options.get("date") or datetime.now(UTC).astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
        answer = self.raw(method, path, fields, **options | {"date": date})
        assert answer.status_code == 200
        if answer.text.startswith("{"):
            return dict(answer.json())
        whole = self.decrypted(date, answer.text)
        return dict(json.loads(whole[: -whole[-1]]))

    def done(self, method: str, path: str, fields: dict[str, Any] | None = None, **options: Any) -> Any:
        envelope = self.call(method, path, fields, **options)
        assert envelope["status"] == "SUCCESS", envelope
        return envelope["result"]

    def slug(self, method: str, path: str, fields: dict[str, Any] | None = None, **options: Any) -> str:
        envelope = self.call(method, path, fields, **options)
        assert envelope["status"] == "ERROR", envelope
        assert set(envelope) == {"status", "slug", "message"}
        return str(envelope["slug"])

    def sender(self, email: str = "marie@office.fr", **given: Any) -> int:
        return int(self.admin("POST", "/senders", {"email": email, **given})["id"])

    def code(self, sender: int) -> str:
        return str(self.admin("GET", f"/senders/{sender}/otp")["code"])

    def letter(self, sender: int, email: str = "accept@client.fr", **given: Any) -> Any:
        return self.done("POST", "mail", self.letter_to(sender, email, **given))

    def advance(self, seconds: float) -> None:
        self.admin("POST", "/clock/advance", {"seconds": seconds})

    def read(self, number: int) -> Any:
        return self.done("GET", "mail", {"id": number})

    def acts(self, number: int, verb: str, **how: Any) -> Any:
        return self.admin("POST", f"/letters/{number}/{verb}", how)

    @staticmethod
    def decrypted(date: str, text: str) -> bytes:
        """Undo the encryption of an answer, its padding included."""
        key = hashlib.sha256((date + KEY).encode()).hexdigest()[:32].encode()
        decryptor = Cipher(algorithms.AES256(key), modes.CBC(crypto.initial(KEY))).decryptor()
        return decryptor.update(base64.b64decode(text)) + decryptor.finalize()

    @staticmethod
    def letter_to(sender: int, email: str = "accept@client.fr", **given: Any) -> dict[str, Any]:
        return {
            "id_user": sender,
            "to_lastname": "ALOXE",
            "to_firstname": "Denise",
            "to_email": email,
            "dest_statut": "particulier",
            "content": "<p>Convocation</p>",
            **given,
        }

    def at(self, text: str) -> None:
        """Set the provider's clock to a wall-clock time of Paris."""
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=PARIS)
        self.admin("PUT", "/clock", {"now": moment.isoformat()})


@dataclass
class Maileva:
    """The same customer, under Maileva's skin."""

    ar24: Ar24

    def __post_init__(self) -> None:
        who = {"client_id": TOKEN, "client_secret": KEY, "username": "sandbox-user", "password": "sandbox-password"}
        path = "/maileva/auth/realms/services/protocol/openid-connect/token"
        granted = self.ar24.http("POST", path, data={"grant_type": "password", **who}).json()
        self._headers = {"Authorization": f"Bearer {granted['access_token']}"}

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.ar24.http(method, f"/maileva/{path}", headers=self._headers, **options)

    @staticmethod
    def code(answer: httpx.Response) -> tuple[int, str]:
        """Return the status and the first code of a refusal."""
        whole = answer.json()
        errors = whole if isinstance(whole, list) else whole["errors"]
        return answer.status_code, errors[0]["code"]

    def sender(self, **given: Any) -> dict[str, Any]:
        number = self.ar24.sender("marie@office.fr", **given)
        return dict(self.ar24.admin("GET", f"/senders/{number}"))

    def authenticate(self, sender: dict[str, Any]) -> None:
        path = f"electronic_mail_emitter/v1/senders/{sender['uuid']}/authenticate_by_otp"
        assert self.call("POST", path, params={"otp_code": self.ar24.code(sender["id"])}).status_code == 200

    def drafted(
        self, product: str, sender: dict[str, Any] | None = None, recipient: dict[str, Any] | None = None
    ) -> str:
        """Make a complete draft; return its path."""
        body: dict[str, Any] = {"name": "envoi", "custom_id": "L-1"}
        if sender is not None and product.startswith("real_estate"):
            notice = {"electronic_sender_id": sender["uuid"], "notification_object": "AG"}
            body["electronic_notice_options"] = notice
        elif sender is not None:
            body["sender_id"] = sender["uuid"]
        made = self.call("POST", f"{product}/sendings", json=body)
        assert made.status_code == 201
        path = f"{product}/sendings/{made.json()['id']}"
        assert made.headers["location"] == f"http://ar24.test/maileva/{path}"
        metadata = (None, json.dumps({"name": "a.pdf"}), "application/json")
        files = {"metadata": metadata, "document": ("a.pdf", b"%PDF")}
        assert self.call("POST", f"{path}/documents", files=files).status_code == 201
        added = self.call("POST", f"{path}/recipients", json=recipient or RECIPIENTS.get(product, PERSON))
        assert added.status_code == 201
        return path

    def recipient(self, path: str) -> dict[str, Any]:
        return dict(self.call("GET", f"{path}/recipients").json()["recipients"][0])


@dataclass
class Listener:
    """What was posted to an address of ours, and the status that is answered."""

    url: str = ""
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)

    def json(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def forms(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(body.decode())) for body in self.bodies]


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.headers.append(self.headers)
            heard.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(heard.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_port}/hook/secret"
    yield heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def maileva(ar24: Ar24) -> Maileva:
    return Maileva(ar24)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ar24]:
    world = World.opened(tmp_path_factory.mktemp("ar24"), "http://ar24.test", TOKEN, KEY)
    yield Ar24(world, simulator(world))
    world.store.close()


@pytest.fixture
def ar24(simulated: Ar24) -> Ar24:
    simulated.admin("DELETE", "/world")
    return simulated
