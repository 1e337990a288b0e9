"""The gateway of letters on a real PostgreSQL, the real vault and the simulator of its provider, in a small town."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.http import create_app
from chassis.tokens import Signer, Verifier, new_signing_key
from contracts.examples import example
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from eventstore import Inbox
from fastapi import APIRouter, FastAPI, Response
from launcher.components.postgres import Postgres, create_database, drop_database
from launcher.components.seaweedfs import SeaweedFS
from launcher.ports import free_ports
from lre_gateway.settings import Settings
from lre_gateway.wiring.parts import PREFIX, Parts
from lre_gateway.wiring.process import message_handlers, prepare, web, works
from sandbox.running import running
from testkit.serving import serving
from vault import wiring as vault_wiring
from vault.settings import Settings as VaultSettings

SERVICES = ("identity", "dossier", "vault", "lre-gateway", "journal")
TOKEN, PRIVATE_KEY = "gateway-token", "gateway-private-key"
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
STATES = 60
"""More rounds of work than any test needs."""


def done(answer: httpx.Response) -> Any:
    """Return what a successful answer holds."""
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


class Clock:
    """Real time, moved together with the simulator's."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class Town:
    """What identity and dossier would know."""

    members: dict[UUID, set[UUID]] = field(default_factory=dict)
    clients: dict[UUID, set[UUID]] = field(default_factory=dict)
    dossiers: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    away: bool = False

    def identity(self) -> APIRouter:
        router = APIRouter()

        @router.get("/clients/{client_id}")
        def client(client_id: UUID, office: UUID, response: Response) -> None:
            response.status_code = 200 if client_id in self.clients.get(office, set()) else 404

        @router.get("/offices/{office_id}")
        def office(office_id: UUID) -> dict[str, Any]:
            return {"id": office_id, "name": "Étude Martin", "member_ids": sorted(self.members.get(office_id, set()))}

        return router

    def dossier(self) -> APIRouter:
        router = APIRouter()

        @router.get("/dossiers/{dossier_id}/readers")
        def readers(dossier_id: UUID, response: Response) -> dict[str, Any]:
            response.status_code = 503 if self.away else 200 if dossier_id in self.dossiers else 404
            return self.dossiers.get(dossier_id, {})

        return router


class Simulator:
    """The provider's other side: its clock, its switches, and what people do there."""

    def __init__(self, url: str, admin: httpx.Client, folder: Path) -> None:
        self.url = url
        self.admin = admin
        self.folder = folder

    def put(self, path: str, **body: Any) -> Any:
        return done(self.admin.put(f"/__sandbox__/{path}", json=body))

    def get(self, path: str, **params: Any) -> Any:
        return done(self.admin.get(f"/__sandbox__/{path}", params=params))

    def post(self, path: str, **body: Any) -> Any:
        return done(self.admin.post(f"/__sandbox__/{path}", json=body))

    def sender(self, **facts: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.post("senders", **{"email": f"{uuid4().hex}@etude.example", **facts})
        return found

    def otp(self, number: int) -> str:
        return str(self.get(f"senders/{number}/otp")["code"])

    def letter(self, letter_id: str) -> dict[str, Any]:
        (found,) = self.get("letters", reference=UUID(letter_id).hex)
        return dict(found)

    def act(self, letter_id: str, verb: str, **how: Any) -> None:
        self.post(f"letters/{self.letter(letter_id)['id']}/{verb}", **how)


@dataclass
class Keys:
    """Signing keys of the services, what all of them trust, and the other secrets."""

    folder: Path
    verifier: Verifier
    signers: dict[str, Signer]


@dataclass
class Caller:
    """A person with a token, calling the API through HTTP."""

    person_id: UUID
    office_id: UUID
    http: httpx.Client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.http, name)


@dataclass
class Account:
    """A sending account: at the gateway, and at the simulator."""

    id: str
    number: int
    email: str


@dataclass
class World:
    """The gateway, and everything around it."""

    address: str
    parts: Parts
    town: Town
    keys: Keys
    clock: Clock
    simulator: Simulator
    vault: str
    callers: list[Caller] = field(default_factory=list)
    erased: int = 0

    def staff(self, office_id: UUID, role: str = "collaborator") -> Caller:
        member = uuid4()
        self.town.members.setdefault(office_id, set()).add(member)
        return self.caller(member, kind="staff", office_id=office_id, role=role)

    def caller(self, person_id: UUID, *, office_id: UUID, **facts: Any) -> Caller:
        token = self.keys.signers["identity"].access_token(
            person_id=person_id, session_id=uuid4(), office_id=office_id, **facts
        )
        headers = {"Authorization": f"Bearer {token}"}
        http = httpx.Client(base_url=self.address + PREFIX, headers=headers, trust_env=False, timeout=30)
        self.callers.append(Caller(person_id, office_id, http))
        return self.callers[-1]

    def dossier(self, *readers: Caller, number: str = "2026-0042") -> str:
        dossier = uuid4()
        staff = sorted(str(reader.person_id) for reader in readers)
        self.town.dossiers[dossier] = {"office_id": readers[0].office_id, "number": number, "staff_ids": staff}
        return str(dossier)

    def account(self, staff: Caller, **facts: Any) -> Account:
        """Link an account that lacks nothing, unless `facts` say otherwise."""
        made = self.simulator.sender(**facts)
        sender = done(staff.post("/senders", json={"email": made["email"]}))["id"]
        done(staff.post(f"/senders/{sender}/refresh"))
        return Account(sender, made["id"], made["email"])

    def upload(self, staff: Caller, content: bytes = PDF, name: str = "acte.pdf") -> str:
        """Upload an attachment; return the id of its version."""
        params = {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
        headers = {"Content-Type": "application/octet-stream"}
        version: str = done(staff.post("/attachments", params=params, content=content, headers=headers))["version_id"]
        return version

    def recipient(self, staff: Caller, email: str = "", *, consents: bool = True, **facts: Any) -> str:
        """Write somebody into the register, who agreed unless told otherwise."""
        email = email or f"never.{uuid4().hex[:12]}@example.org"
        person = {"kind": "individual", "last_name": "Durand", "first_name": "Jean", "email": email, **facts}
        made: str = done(staff.post("/recipients", json=person))["id"]
        if consents:
            self.agree(staff, made)
        return made

    def agree(self, staff: Caller, *recipients: str) -> None:
        proof = self.upload(staff, name="accord.pdf")
        done(staff.post("/consents", json={"recipient_ids": recipients, "document_id": proof}))

    def batch(self, staff: Caller, account: Account, recipients: list[str], **facts: Any) -> dict[str, Any]:
        """Write one letter for each recipient; return the ids."""
        about = {"text": "<p>Bonjour,</p>", "attachments": [], **facts.pop("letter", {})}
        letters = [
            {"recipient_id": recipient, "subject": f"Notification {number}", **about}
            for number, recipient in enumerate(recipients)
        ]
        new = {"sender_id": account.id, "level": "qualified-lre", "letters": letters, **facts}
        made: dict[str, Any] = done(staff.post("/batches", json=new))
        return made

    def sends(self, staff: Caller, account: Account, recipients: list[str], **facts: Any) -> list[str]:
        """Write, check and submit letters; return their ids: they wait for a code if their level asks for one."""
        made = self.batch(staff, account, recipients, **facts)
        report = done(staff.post(f"/batches/{made['id']}/checks"))
        assert report["incompatible"] == 0, report
        done(staff.post(f"/batches/{made['id']}/submission"))
        self.work()
        return list(made["letter_ids"])

    def release(self, staff: Caller, account: Account, letters: list[str]) -> list[dict[str, Any]]:
        """Give the account's code for some letters; return what became of each."""
        body = {"letter_ids": letters, "code": self.simulator.otp(account.number)}
        items: list[dict[str, Any]] = done(staff.post("/releases", json=body))["items"]
        self.work()
        return items

    def left(self, staff: Caller, account: Account, recipients: list[str], **facts: Any) -> list[str]:
        """Send letters and release them; return their ids: their recipients are told."""
        letters = self.sends(staff, account, recipients, **facts)
        self.release(staff, account, letters)
        self.advance(5)
        self.advance(self.parts.settings.poll_seconds + 1)
        return letters

    def work(self) -> None:
        """Let the workers do what there is to do now."""
        for _ in range(STATES):
            if not sum(work.step() for work in works(self.parts)):
                return
        raise AssertionError("the workers find no end")

    def advance(self, seconds: float) -> None:
        """Let time go by, for the provider and for us, then let the workers work."""
        now = self.simulator.post("clock/advance", seconds=seconds)["now"]
        self.clock.offset = datetime.fromisoformat(now) - datetime.now(UTC)
        self.work()

    def letter(self, staff: Caller, letter_id: str) -> dict[str, Any]:
        found: dict[str, Any] = done(staff.get(f"/letters/{letter_id}"))
        return found

    def state(self, staff: Caller, letter_id: str) -> str:
        return str(self.letter(staff, letter_id)["state"])

    def evidence(self, staff: Caller, letter_id: str) -> dict[str, dict[str, Any]]:
        items = done(staff.get(f"/letters/{letter_id}/evidence"))["items"]
        return {item["kind"]: item for item in items}

    def download(self, staff: Caller, letter_id: str, version_id: str) -> httpx.Response:
        """Fetch a proof from the vault with the ticket that the gateway gives."""
        given = done(staff.post(f"/letters/{letter_id}/evidence/{version_id}/downloads"))
        url = given["url"].replace(self.address, self.vault)
        return httpx.get(url, headers={"Authorization": f"Bearer {given['ticket']}"}, trust_env=False)

    def internal(self, path: str, service: str = "journal") -> httpx.Response:
        """Ask as another service does."""
        token = self.keys.signers[service].service_token("lre-gateway")
        url = f"{self.address}/internal/{path}"
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)

    def events(self, letter_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what was recorded of a letter, without what is personal."""
        about = UUID(letter_id)
        found = self.parts.store.read(0, 1_000_000)
        return [(one.topic.removeprefix("lre-gateway."), one.plain) for one in found if one.originator_id == about]

    def identity_erases(self, person_id: UUID) -> None:
        """Let the inbox receive that identity erased a person."""
        self.erased += 1
        said = example("identity.person-erased", seq=self.erased, subject=person_id, person_id=person_id)
        Inbox(self.parts.store, message_handlers(self.parts)).receive([said])


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("letters-keys")
    for name in SERVICES:
        (folder / f"{name}.pem").write_bytes(new_signing_key())
    for name in ("master", "webhook"):
        (folder / f"{name}.key").write_text(base64.b64encode(os.urandom(32)).decode())
    (folder / "token").write_text(TOKEN)
    (folder / "private").write_text(PRIVATE_KEY)
    maileva = {
        "client_id": TOKEN,
        "client_secret": PRIVATE_KEY,
        "username": "sandbox-user",
        "password": "sandbox-password",
    }
    (folder / "maileva.json").write_text(json.dumps(maileva))
    for secret in folder.iterdir():
        secret.chmod(0o600)
    signers = {name: Signer(folder / f"{name}.pem", name) for name in SERVICES}
    (folder / "trust.json").write_text(json.dumps({"keys": [signer.public_jwk() for signer in signers.values()]}))
    return Keys(folder, Verifier(folder / "trust.json"), signers)


@pytest.fixture(scope="session")
def one_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder, (port, admin_port) = tmp_path_factory.mktemp("simulator"), free_ports(2)
    facts = {"folder": str(folder), "token": TOKEN, "private_key": PRIVATE_KEY}
    with (
        running("ar24", port, admin_port, **facts),
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}", trust_env=False, timeout=60) as admin,
    ):
        root = x509.load_pem_x509_certificates((folder / "seal" / "chain.pem").read_bytes())[-1]
        (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))  # of the seals under proofs
        yield Simulator(f"http://127.0.0.1:{port}", admin, folder)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def vault_address(postgres: Postgres, s3_server: SeaweedFS, keys: Keys) -> Iterator[str]:
    """Return the address of a real vault."""
    s3_server.access.client().make_bucket(bucket_name="letters-vault")
    create_database(postgres.url, "letters_vault")
    settings = VaultSettings(
        database_url=postgres.database_url("letters_vault"),
        http_port=1,
        environment="development",
        public_url="https://scelle.test",
        signing_key_file=keys.folder / "vault.pem",
        trust_file=keys.folder / "trust.json",
        master_key_file=keys.folder / "master.key",
        s3_endpoint=s3_server.access.endpoint,
        s3_access_key=s3_server.access.access_key,
        s3_secret_key=s3_server.access.secret_key,
        s3_bucket="letters-vault",
    )
    vault_wiring.prepare(settings)
    with serving(vault_wiring.app(settings)) as address:
        yield address
    drop_database(postgres.url, "letters_vault")


@pytest.fixture(scope="session")
def town() -> Town:
    return Town()


@pytest.fixture(scope="session")
def peers(keys: Keys, town: Town, vault_address: str) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        found = {"vault": vault_address}
        for name, routes in {"identity": town.identity(), "dossier": town.dossier()}.items():
            app = create_app(service=name, prefix="/x", routers=[], internal=[routes], verifier=keys.verifier)
            found[name] = stack.enter_context(serving(app))
        yield found


Opening = Callable[..., Any]


@pytest.fixture(scope="session")
def opening(  # noqa: PLR0913, PLR0917 - what a gateway stands on
    postgres: Postgres, keys: Keys, town: Town, peers: dict[str, str], one_simulator: Simulator, clock: Clock
) -> Opening:
    """Return what opens a gateway on a database of its own."""

    @contextmanager
    def opened(name: str, **changed: Any) -> Iterator[World]:
        create_database(postgres.url, name)
        outer = FastAPI()  # its address is known before the gateway's settings are made
        with serving(outer) as address:
            settings = Settings(
                database_url=postgres.database_url(name),
                http_port=1,
                environment="development",
                public_url=address,
                signing_key_file=keys.folder / "lre-gateway.pem",
                trust_file=keys.folder / "trust.json",
                master_key_file=keys.folder / "master.key",
                peers=peers,
                ar24_url=f"{one_simulator.url}/api",
                ar24_token_file=keys.folder / "token",
                ar24_private_key_file=keys.folder / "private",
                ar24_unconfirmed="simulated",
                maileva_url=f"{one_simulator.url}/maileva",
                maileva_token_url=f"{one_simulator.url}/maileva/auth/realms/services/protocol/openid-connect/token",
                maileva_credentials_file=keys.folder / "maileva.json",
                webhook_secret_file=keys.folder / "webhook.key",
                webhook_addresses=["127.0.0.1/32"],
                proof_trust_file=one_simulator.folder / "root.pem",
                **changed,
            )
            prepare(settings)
            parts = Parts(settings, clock)
            outer.mount("/", web(parts))
            yield World(address, parts, town, keys, clock, one_simulator, peers["vault"])
            parts.close()
        drop_database(postgres.url, name)

    return opened


@pytest.fixture(scope="session")
def one_world(opening: Opening) -> Iterator[World]:
    with opening("letters") as world:
        yield world


@pytest.fixture
def simulator(one_simulator: Simulator) -> Simulator:
    """Return the simulator without faults; its clock only goes forward."""
    one_simulator.put("faults")
    one_simulator.put("assumptions", call_date_clock="virtual")
    return one_simulator


@pytest.fixture(scope="session")
def fresh() -> Callable[[World], Iterator[World]]:
    """Return what gives a world to one test."""

    def given(world: World) -> Iterator[World]:
        world.town.away = False
        yield world
        for caller in world.callers:
            caller.http.close()
        world.callers.clear()

    return given


@pytest.fixture
def world(one_world: World, simulator: Simulator, fresh: Callable[[World], Iterator[World]]) -> Iterator[World]:
    assert simulator
    yield from fresh(one_world)


@pytest.fixture
def office() -> UUID:
    """Return an office of the test's own, so that tests share one database and do not meet."""
    return uuid4()


@pytest.fixture
def start(
    world: World, bus_url: str, free_port: int, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return what starts the process with a verb on the world's database, with more in its environment if given."""
    changed = {"nats_url": bus_url, "http_port": free_port, "poll_seconds": 1, "webhook_addresses": ["127.0.0.1/32"]}
    given = world.parts.settings.model_dump(mode="json") | changed
    environment = os.environ | {
        f"LRE_GATEWAY_{name.upper()}": json.dumps(value) if isinstance(value, dict | list) else str(value)
        for name, value in given.items()
        if value is not None
    }
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "lre-gateway.log").open("ab") as log:

        def run(verb: str = "run", **more: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "lre_gateway", verb]
            started.append(subprocess.Popen(command, env=environment | more, stdout=log, stderr=log))  # noqa: S603 - our own
            return started[-1]

        yield run
        for process in started:
            process.kill()
            process.wait()
