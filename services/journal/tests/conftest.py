"""A journal on a real PostgreSQL, beside real event stores served over HTTP, which a test may tamper with."""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from chassis.actor import Actor
from chassis.feed import feed_router
from chassis.http import create_app
from chassis.http.drift import drift_routes
from chassis.refusal import NotFound
from chassis.tokens import Signer, Verifier, new_signing_key
from contracts import Envelope, envelope_of
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier
from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import LEDGER, DocFact, Drift, Facts, FileKeyService, Personal, Projection, Store, StoreRefusal, migrate
from fastapi import APIRouter
from journal.log.checkpoints import LogSigner
from journal.log.database import Database, prepare
from journal.log.intake import Intake
from journal.settings import Settings, TimestampAuthority, Witness
from journal.wiring import app, parts
from launcher.witness.memory import Memory
from launcher.witness.serving import application
from launcher.witness.witness import Witness as RealWitness
from proof.cosignature import Cosigner
from proof.entry import encoded
from proof.policy import Policy
from proof.record import Record
from sandbox.tsa.apps import Switches, authority
from sandbox.tsa.chain import Chain
from structlog.testing import capture_logs
from testkit.databases import NewDatabase, Prepare
from testkit.serving import serving
from vault.application.facts import facts as facts_of_vault
from vault.domain.document import Document

SERVICES = ("identity", "dossier", "vault", "messaging", "journal")
OFFICE, OTHER_OFFICE = uuid4(), uuid4()
NOTARY, COLLEAGUE, OFFICER = uuid4(), uuid4(), uuid4()
CLIENT, OTHER_CLIENT = uuid4(), uuid4()


PEOPLE: dict[str, tuple[UUID, str, UUID | None, str | None]] = {
    "notary": (NOTARY, "staff", OFFICE, "notary"),
    "colleague": (COLLEAGUE, "staff", OFFICE, "collaborator"),
    "compliance": (OFFICER, "staff", OFFICE, "compliance"),
    "foreign compliance": (uuid4(), "staff", OTHER_OFFICE, "compliance"),
    "notary elsewhere": (NOTARY, "staff", OTHER_OFFICE, "notary"),
    "client": (CLIENT, "client", None, None),
    "other client": (OTHER_CLIENT, "client", None, None),
    "foreign client": (uuid4(), "client", None, None),
    "client as staff": (CLIENT, "staff", OFFICE, "collaborator"),
    "machine": (NOTARY, "service", OFFICE, "compliance"),
}


class Matter(Aggregate):
    """A dossier, as small as can be."""

    TOPIC = "dossier.sample-matter"

    class Created(AggregateCreated):
        TOPIC = "dossier.sample-opened"
        office_id: UUID
        client_id: UUID
        note: Annotated[str | None, Personal(of="client_id")]

    class Noted(AggregateEvent):
        TOPIC = "dossier.sample-noted"
        number: int

    @event(Created)
    def __init__(self, office_id: UUID, client_id: UUID, note: str | None) -> None:
        self.office_id, self.client_id, self.note = office_id, client_id, note
        self.number = 0

    @event(Noted)
    def noted(self, number: int) -> None:
        self.number = number


class Paper(Aggregate):
    """A stored document version."""

    TOPIC = "vault.sample-paper"

    class Created(AggregateCreated):
        TOPIC = "vault.sample-stored"
        office_id: UUID
        dossier_id: UUID
        owner_id: UUID
        sha256: str
        manifest: str
        name: Annotated[str | None, Personal(of="owner_id")]

    class Read(AggregateEvent):
        TOPIC = "vault.sample-read"
        purpose: str

    @event(Created)
    def __init__(  # noqa: PLR0913, PLR0917 - the fields of the event
        self, office_id: UUID, dossier_id: UUID, owner_id: UUID, sha256: str, manifest: str, name: str | None
    ) -> None:
        self.office_id, self.dossier_id, self.owner_id = office_id, dossier_id, owner_id
        self.sha256, self.manifest, self.name = sha256, manifest, name

    @event(Read)
    def read(self, purpose: str) -> None:
        self.purpose = purpose


def facts(happened: Any, aggregate: Any) -> Facts:
    if isinstance(happened, Matter.Created | Matter.Noted | Dossier.Completed):
        return Facts(office=aggregate.office_id, dossier=aggregate.id)
    if isinstance(happened, Paper.Created):
        ver = str(happened.originator_id)
        manifest = encoded(bytes.fromhex(happened.manifest))
        doc = DocFact(ref=ver, ver=ver, size=4, sha256=happened.sha256, ct_h=manifest)
        return Facts(office=happened.office_id, dossier=happened.dossier_id, docs=(doc,))
    if isinstance(aggregate, Dossier):
        return Facts(office=aggregate.office_id, dossier=aggregate.id)
    if isinstance(aggregate, DocumentRequest):
        return Facts(office=aggregate.office_id, dossier=aggregate.dossier_id)
    if isinstance(aggregate, Document):
        return facts_of_vault(happened, aggregate)
    return Facts()  # a reading repeats neither office nor dossier


@dataclass
class Neighbours:
    """What the other services answer beside their events."""

    readers: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[str, str | None] = field(default_factory=dict)
    persons: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    drift: Drift = field(default_factory=lambda: Drift(3, ()))

    def dossier(self) -> APIRouter:
        router = APIRouter()

        @router.get("/dossiers/{dossier_id}/readers")
        def readers(dossier_id: UUID) -> dict[str, Any]:
            if str(dossier_id) not in self.readers:
                raise NotFound
            return self.readers[str(dossier_id)]

        return router

    def vault(self) -> APIRouter:
        router = APIRouter()

        @router.get("/documents/{version_id}/observation")
        def observation(version_id: UUID) -> dict[str, Any]:
            digest = self.manifests.get(str(version_id))
            if digest is None:
                raise NotFound
            return {"version_id": str(version_id), "size": 4, "parts": 1, "manifest_sha256": digest}

        return router

    def identity(self) -> APIRouter:
        router = APIRouter()

        @router.get("/persons")
        def persons(ids: str) -> dict[str, Any]:
            self.asked += ids.split(",")
            return {"items": [self.persons[name] for name in ids.split(",") if name in self.persons]}

        @router.get("/offices/{office_id}")
        def office(office_id: UUID) -> dict[str, Any]:
            return {"id": str(office_id), "name": "Étude Œillet — Paris"}

        return router


@dataclass
class Keys:
    """The keys of all services in one folder."""

    folder: Path
    verifier: Verifier

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def bearer(self, person: UUID, kind: str, office: UUID | None = None, role: str | None = None) -> dict[str, str]:
        signer = Signer(self.file("identity"), "identity")
        token = signer.access_token(person_id=person, kind=kind, session_id=uuid4(), office_id=office, role=role)
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    for name in (*SERVICES, "log"):
        (folder / f"{name}.pem").write_bytes(new_signing_key())
    second = MLDSA44PrivateKey.generate()
    (folder / "mldsa.pem").write_bytes(second.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for file in folder.glob("*.pem"):
        file.chmod(0o600)
    (folder / "master").write_text(base64.b64encode(os.urandom(32)).decode())
    (folder / "master").chmod(0o600)
    jwks = [Signer(folder / f"{name}.pem", name).public_jwk() for name in SERVICES]
    (folder / "trust.json").write_text(json.dumps({"keys": jwks}))
    return Keys(folder, Verifier(folder / "trust.json"))


def ledger(url: str) -> None:
    """Make the tables of a service's event store."""
    migrate(url, LEDGER)


@pytest.fixture(scope="session")
def tables() -> Prepare:
    """Make the journal's tables."""
    return prepare


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def signer(keys: Keys) -> LogSigner:
    return LogSigner("journal.example/test", keys.file("log"))


class Platform:
    """The journal with its neighbours, and a dossier with a document."""

    people = PEOPLE
    office = OFFICE

    def __init__(self, settings: Settings, stores: dict[str, Store], urls: dict[str, str], keys: Keys) -> None:
        self.settings, self.stores, self.urls, self.keys = settings, stores, urls, keys
        self.neighbours = Neighbours()
        self.new_database: Callable[..., str] = str
        self.parts = parts(settings)
        self.database, self.peers, self.checkpoints = self.parts.database, self.parts.peers, self.parts.checkpoints
        self.intake = Intake(self.database)
        self.dossier = UUID(int=0)
        self.version = UUID(int=0)
        self.url = ""

    def live(self) -> None:
        """Open a dossier, store a document in it, read it, note something twice."""
        staff = Actor(person_id=NOTARY, kind="staff", office_id=OFFICE, role="notary")
        client = Actor(person_id=CLIENT, kind="client")
        matter = Matter(office_id=OFFICE, client_id=CLIENT, note="vente Dupont")
        manifest, digest = sha256(b"manifest").hexdigest(), sha256(b"file").hexdigest()
        paper = Paper(OFFICE, matter.id, CLIENT, digest, manifest, "identité.pdf")
        other = Paper(OFFICE, matter.id, OTHER_CLIENT, sha256(b"other").hexdigest(), manifest, "rib.pdf")
        self.stores["dossier"].save(matter, actor=staff)
        self.stores["vault"].save(paper, other, actor=client)
        paper.read("view")
        self.stores["vault"].save(paper, actor=staff)
        for number in (1, 2):
            matter.noted(number)
        self.stores["dossier"].save(matter, actor=Actor(person_id=OTHER_CLIENT, kind="client"))
        self.dossier, self.version = matter.id, paper.id
        self.neighbours.readers[str(matter.id)] = {
            "office_id": str(OFFICE),
            "number": "2026-0042",
            "staff_ids": [str(NOTARY)],
            "client_ids": [str(CLIENT), str(OTHER_CLIENT)],
        }
        self.neighbours.manifests |= {str(paper.id): manifest, str(other.id): manifest}
        self.neighbours.persons = {
            str(person): {"id": str(person), "kind": "x", "first_name": first, "last_name": "M", "erased": False}
            for person, first in ((NOTARY, "Anne"), (CLIENT, "Paul"), (OTHER_CLIENT, "Luc"))
        }

    def complete(self) -> None:
        """Let the dossier be completed, as the dossier service says it, and the log know."""
        self.say_completed()
        self.take_in()

    def say_completed(self) -> None:
        """Let the dossier service complete the dossier."""
        matter = self.stores["dossier"].get(Matter, self.dossier)
        matter.trigger_event(Dossier.Completed, office_id=OFFICE)
        self.stores["dossier"].save(matter, actor=Actor(person_id=NOTARY, kind="staff", office_id=OFFICE))

    def note(self, times: int) -> None:
        """Let something more be noted in the dossier, so many times."""
        matter = self.stores["dossier"].get(Matter, self.dossier)
        for number in range(times):
            matter.noted(number)
        self.stores["dossier"].save(matter, actor=Actor(person_id=NOTARY, kind="staff", office_id=OFFICE))

    def take_in(self) -> None:
        """Bring the events of all services into the log, as a consumer without a bus would."""
        for svc in self.stores:
            reached = self.intake.position(svc)
            found: Sequence[Envelope] = self.peers.envelopes(svc, reached.store_seq if reached else 0, 500)
            if found:
                self.intake.receive(found)

    def tamper(self, svc: str, statement: str, *values: Any) -> None:
        """Change a service's database as its administrator could."""
        with psycopg.connect(self.urls[svc]) as connection:
            connection.execute("ALTER TABLE ledger.stored_events DISABLE TRIGGER never_changed")
            connection.execute(statement.encode(), values)

    def bearer(self, who: str) -> dict[str, str]:
        return self.keys.bearer(*PEOPLE[who])

    def get(self, path: str, who: str = "notary", **query: Any) -> httpx.Response:
        """Ask the journal as somebody of PEOPLE; `query` is the query string, where compliance says why it asks."""
        if who.endswith("compliance"):
            query = {"purpose": "control"} | query
        query = {name: value for name, value in query.items() if value is not None}
        return httpx.get(
            f"{self.url}/api/journal/v1{path}", headers=self.bearer(who), params=query, trust_env=False, timeout=30
        )

    def policy(self) -> Policy:
        return self.parts.policy()

    def records(self, kind: str) -> list[Record]:
        """Return the journal's own leaves of one kind, in their order."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                "SELECT entry FROM journal.entry WHERE kind = %s ORDER BY idx", (kind,)
            ).fetchall()
        return [Record.parse(bytes(row["entry"])) for row in rows]


@dataclass
class Outside:
    """Who attests the log of a test: real witnesses and a real time-stamping authority, each with its own keys."""

    witnesses: list[Witness]
    cosigning: list[RealWitness]
    authority: TimestampAuthority
    switches: Switches

    def settings(self) -> dict[str, Any]:
        return {"witnesses": tuple(self.witnesses), "witness_quorum": 2, "authorities": (self.authority,)}


@contextmanager
def outside(keys: Keys, folder: Path, amount: int = 3) -> Iterator[Outside]:
    """Serve `amount` witnesses that follow the log, and an authority."""
    log = LogSigner("journal.example/test", keys.file("log"), keys.file("mldsa"))
    chain, switches = Chain.made("Test", datetime.now(UTC)), Switches()
    chain_file = folder / "chain.pem"
    chain_file.write_bytes(chain.pem())
    with ExitStack() as stack:
        witnesses, cosigning = [], []
        for number in range(amount):
            name, private = f"witness-{number}.example", Ed25519PrivateKey.generate()
            Memory.create(folder / f"{number}.db")
            memory = Memory(folder / f"{number}.db")
            stack.callback(memory.close)
            real = RealWitness(name, [private], {log.origin: log.keys}, memory)
            url = stack.enter_context(serving(application(real)))
            cosigning.append(real)
            witnesses.append(Witness(url=url, vkey=Cosigner.of(name, private).vkey))
        url = stack.enter_context(serving(authority(chain, switches)))
        stamping = TimestampAuthority(url=f"{url}/", chain_file=chain_file, policies=("2.999.3161.1",))
        yield Outside(witnesses, cosigning, stamping, switches)


@pytest.fixture
def attesters(keys: Keys, tmp_path: Path) -> Iterator[Outside]:
    with outside(keys, tmp_path) as made:
        yield made


@contextmanager
def standing(new_database: NewDatabase, keys: Keys, **more: Any) -> Iterator[Platform]:
    """Set everything up with one dossier whose events are in the log, and nothing signed yet.

    `more` are settings of the journal.
    """
    with ExitStack() as stack:
        stack.enter_context(capture_logs())  # printing the errors of tampered services takes seconds
        urls = {svc: new_database(ledger) for svc in ("dossier", "vault")}
        stores = {}
        for svc, url in urls.items():
            stores[svc] = Store(
                svc, url, projection=Projection(), keys=FileKeyService(keys.folder / "master"), facts=facts
            )
            stack.callback(stores[svc].close)
        own = new_database(prepare)
        neighbours = Neighbours()
        routers = {
            "dossier": [
                feed_router(stores["dossier"], published),
                neighbours.dossier(),
                drift_routes(lambda: neighbours.drift),
            ],
            "vault": [
                feed_router(stores["vault"], published),
                neighbours.vault(),
                drift_routes(lambda: neighbours.drift),
            ],
            "identity": [neighbours.identity()],
        }
        addresses = {
            svc: stack.enter_context(
                serving(
                    create_app(
                        service=svc,
                        prefix="/x",
                        routers=[],
                        internal=internal,
                        verifier=keys.verifier,
                        ready=stores[svc].ready if svc in stores else bool,
                        refusals=[StoreRefusal],
                    )
                )
            )
            for svc, internal in routers.items()
        }
        settings = Settings(
            database_url=own,
            http_port=1,
            environment="development",
            public_url="http://127.0.0.1",
            signing_key_file=keys.file("journal"),
            trust_file=keys.folder / "trust.json",
            master_key_file=keys.folder / "master",
            peers=addresses,
            log_key_file=keys.file("log"),
            log_mldsa_key_file=keys.file("mldsa"),
            log_origin="journal.example/test",
            **more,
        )
        made = Platform(settings, stores, urls, keys)
        made.neighbours, made.new_database = neighbours, new_database
        stack.callback(made.parts.close)
        made.url = stack.enter_context(serving(app(settings, made.parts)))
        made.live()
        made.take_in()
        yield made


@pytest.fixture
def platform(new_database: NewDatabase, keys: Keys) -> Iterator[Platform]:
    """Return a platform that the test may change."""
    with standing(new_database, keys) as made:
        yield made


@pytest.fixture
def stands(new_database: NewDatabase, keys: Keys) -> Callable[..., AbstractContextManager[Platform]]:
    """Return what sets up a platform with further settings."""
    return partial(standing, new_database, keys)


@pytest.fixture
def attested(new_database: NewDatabase, keys: Keys, attesters: Outside) -> Iterator[Platform]:
    """Return a platform whose log has witnesses (two of three are enough) and an authority."""
    with standing(new_database, keys, **attesters.settings()) as made:
        yield made


@pytest.fixture(scope="module")
def shared(new_database: NewDatabase, keys: Keys) -> Iterator[Platform]:
    """Return a platform that tests only read."""
    with standing(new_database, keys) as made:
        yield made


@pytest.fixture(scope="module")
def finished(new_database: NewDatabase, keys: Keys) -> Iterator[Platform]:
    """Return a platform whose dossier is complete, and which tests only read."""
    with standing(new_database, keys) as made:
        made.complete()
        yield made


def published(recorded: Any) -> dict[str, Any]:
    return envelope_of(recorded).json_dict()
