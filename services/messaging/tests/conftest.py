"""Messaging on a real database and mail server, beside neighbours that answer over HTTP as identity and dossier do."""

import base64
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.tokens import Signer, Verifier, new_signing_key
from contracts import Envelope
from contracts.examples import (
    BATCH,
    CLIENT,
    COLLABORATOR,
    DOSSIER,
    NOTARY,
    OFFICE,
    REQUEST,
    VERSION,
    example,
    example_id,
)
from eventstore import LEDGER, Inbox, create_read_model, migrate
from fastapi import FastAPI, HTTPException, Request
from messaging import wiring
from messaging.adapters.outbox import Gathering, PostgresOutbox
from messaging.adapters.words import FileTemplates
from messaging.application.composing import Composer
from messaging.application.reminding import Reminding
from messaging.application.sending import Sending
from messaging.settings import Settings
from sandbox.running import running
from starlette.responses import Response
from testkit.databases import Prepare
from testkit.serving import serving

SERVICES = ("identity", "dossier", "messaging", "journal")


@dataclass
class Neighbours:
    """What identity and dossier know; a test changes it."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    offices: dict[str, dict[str, Any]] = field(default_factory=dict)
    readers: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    outstanding: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.people = {
            str(CLIENT): _person("Jeanne", "Dupont", "jeanne@example.org"),
            str(COLLABORATOR): _person("Camille", "Petit", "camille@etude.example"),
            str(NOTARY): _person("Anne", "Morel", "anne@etude.example"),
        }
        self.offices = {
            str(OFFICE): {
                "id": str(OFFICE),
                "crpcen": "75001",
                "name": "Étude Morel",
                "notary_ids": [str(NOTARY)],
                "member_ids": [str(NOTARY), str(COLLABORATOR)],
            }
        }
        self.readers = {
            str(DOSSIER): {
                "office_id": str(OFFICE),
                "number": "2026-0142",
                "title": "Bail Dupont",
                "staff_ids": [str(NOTARY), str(COLLABORATOR)],
                "client_ids": [str(CLIENT)],
                "complete": False,
            }
        }
        self.requests = {
            str(REQUEST): {
                "label": "Justificatif de domicile",
                "client_id": str(CLIENT),
                "dossier_id": str(DOSSIER),
                "refusals": {str(VERSION): "Illisible.\n<b>Merci</b> de recommencer."},
                "closed": [],
            }
        }
        self.outstanding = {
            (str(DOSSIER), str(CLIENT)): [
                {"label": label, "batch_id": str(BATCH), "due_on": "2026-03-20"} for label in ("DPE", "CNI recto-verso")
            ]
        }
        self.letters = {str(LETTER): letter_of(DOSSIER)}
        self.batches = {
            str(BATCH): {"asked": 14, "by_state": {"acknowledged": 9, "refused": 1, "not-claimed": 2, "notified": 2}}
        }
        self.away = False
        self.asked = []


LETTER = example_id("letter")


def letter_of(dossier_id: UUID | None) -> dict[str, Any]:
    """Return what the gateway says of a letter."""
    return {
        "office_id": str(OFFICE),
        "dossier_id": dossier_id and str(dossier_id),
        "batch_id": str(BATCH),
        "prepared_by": str(COLLABORATOR),
    }


def _person(first_name: str, last_name: str, email: str) -> dict[str, Any]:
    return {"first_name": first_name, "last_name": last_name, "email": email, "phone": "+33600000000"}


def neighbourhood(known: Neighbours, verifier: Verifier) -> FastAPI:  # noqa: C901 - one small route beside the other
    """Return an application that answers for all of them."""
    app = FastAPI()

    def look(kind: dict[str, dict[str, Any]], key: str) -> dict[str, Any]:
        if key not in kind:
            raise HTTPException(404)
        return kind[key]

    @app.middleware("http")
    async def check(request: Request, proceed: Any) -> Any:
        token = request.headers["authorization"].removeprefix("Bearer ")
        kind = request.url.path.split("/")[2]
        audiences = {"dossiers": "dossier", "requests": "dossier", "letters": "lre-gateway", "batches": "lre-gateway"}
        audience = audiences.get(kind, "identity")
        assert verifier.service(token, audience) == "messaging"
        known.asked.append(f"{request.method} {request.url.path}")
        return Response(status_code=503) if known.away else await proceed(request)

    @app.get("/internal/persons/{key}/contact")
    def contact(key: str) -> dict[str, Any]:
        return look(known.people, key)

    @app.get("/internal/offices/{key}")
    def office(key: str) -> dict[str, Any]:
        return look(known.offices, key)

    @app.post("/internal/invitations", status_code=201)
    def invitation(body: dict[str, str]) -> dict[str, Any]:
        person = look(known.people, body["person_id"])
        name = look(known.offices, body["office_id"])["name"]
        return {**person, "office_name": name, "url": "https://scelle.example/acces?invitation=secret"}

    @app.post("/internal/access-links", status_code=201)
    def access_link(body: dict[str, str]) -> dict[str, Any]:
        return invitation(body)

    @app.post("/internal/email-confirmations", status_code=201)
    def confirmation(body: dict[str, str]) -> dict[str, Any]:
        person = look(known.people, body["person_id"])
        return {**person, "office_name": "Étude Morel", "url": "https://scelle.example/confirmation?token=secret"}

    @app.get("/internal/dossiers/{key}/readers")
    def readers(key: str) -> dict[str, Any]:
        return look(known.readers, key)

    @app.get("/internal/dossiers/{key}/clients/{client}/outstanding")
    def outstanding(key: str, client: str) -> dict[str, Any]:
        return {"items": known.outstanding.get((key, client), [])}

    @app.get("/internal/requests/{key}")
    def request(key: str) -> dict[str, Any]:
        return look(known.requests, key)

    @app.get("/internal/letters/{key}")
    def letter(key: str) -> dict[str, Any]:
        return look(known.letters, key)

    @app.get("/internal/batches/{key}")
    def batch(key: str) -> dict[str, Any]:
        return look(known.batches, key)

    return app


class Keys:
    """Signing keys of the services, and what all of them trust."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.verifier = Verifier(folder / "trust.json")

    def bearer(self, person_id: UUID, kind: str = "staff", office_id: UUID | None = OFFICE) -> dict[str, str]:
        token = Signer(self.folder / "identity.pem", "identity").access_token(
            person_id=person_id, kind=kind, session_id=UUID(int=1), office_id=office_id, role="collaborator"
        )
        return {"Authorization": f"Bearer {token}"}

    def service_token(self, name: str) -> str:
        return Signer(self.folder / f"{name}.pem", name).service_token("messaging")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    for name in SERVICES:
        (folder / f"{name}.pem").write_bytes(new_signing_key())
    master = folder / "master.key"
    master.write_text(base64.b64encode(os.urandom(32)).decode())
    for secret in folder.iterdir():
        secret.chmod(0o600)
    trust = [Signer(folder / f"{name}.pem", name).public_jwk() for name in SERVICES]
    (folder / "trust.json").write_text(json.dumps({"keys": trust}))
    return Keys(folder)


@pytest.fixture(scope="session")
def served_neighbours(keys: Keys) -> Iterator[tuple[Neighbours, str]]:
    known = Neighbours()
    with serving(neighbourhood(known, keys.verifier)) as address:
        yield known, address


@pytest.fixture
def neighbours(served_neighbours: tuple[Neighbours, str]) -> Neighbours:
    served_neighbours[0].reset()
    return served_neighbours[0]


@dataclass(frozen=True)
class Mailbox:
    """The sandbox's mail server."""

    smtp_port: int
    admin: httpx.Client

    def received(self, to: str | None = None) -> list[dict[str, Any]]:
        return list(self.admin.get("/messages", params={"to": to} if to else {}).json())


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Mailbox]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        smtp, admin = one.getsockname()[1], two.getsockname()[1]
    with running("mail", smtp, admin), httpx.Client(base_url=f"http://127.0.0.1:{admin}", trust_env=False) as http:
        yield Mailbox(smtp, http)


@pytest.fixture
def mailbox(mail_server: Mailbox) -> Mailbox:
    mail_server.admin.delete("/messages")
    return mail_server


def _tables(url: str) -> None:
    migrate(url, LEDGER, wiring.HERE / "migrations")
    create_read_model(url, wiring.SCHEMA)


@pytest.fixture(scope="session")
def tables() -> Prepare:
    """Make the tables of messaging."""
    return _tables


@pytest.fixture
def settings(
    database_url: str, keys: Keys, mailbox: Mailbox, served_neighbours: tuple[Neighbours, str], free_port: int
) -> Settings:
    made = Settings(
        database_url=database_url,
        http_port=free_port,
        environment="development",
        public_url="https://scelle.example",
        signing_key_file=keys.folder / "messaging.pem",
        trust_file=keys.folder / "trust.json",
        master_key_file=keys.folder / "master.key",
        peers=dict.fromkeys(("identity", "dossier", "lre-gateway"), served_neighbours[1]),
        smtp_port=mailbox.smtp_port,
        digest_seconds=0,
        digest_pause_seconds=0,
        mail_from="ne-pas-repondre@scelle.example",
        bounce_address="bounces@scelle.example",
        report_secret_file=keys.folder / "master.key",
    )
    wiring.prepare(made)
    return made


class World:
    """Messaging with everything it needs, moved by the test instead of tasks."""

    def __init__(self, settings: Settings) -> None:
        self.parts = wiring.parts(settings)
        self.store = self.parts.store
        self.inbox = Inbox(self.store, wiring.message_handlers(self.parts))
        self.outbox = self.parts.outbox
        composer = Composer(
            self.parts.people,
            self.parts.dossiers,
            self.parts.letters,
            FileTemplates(),
            settings.public_url,
            "scelle.example",
        )
        mailer = wiring.mailer(settings)
        self._send_with = partial(Sending, self.store, composer=composer, mailer=mailer)
        self.sending = self._send_with(outbox=self.outbox)
        self._next = {"identity": 0, "dossier": 0, "lre-gateway": 0}

    def tell(self, topic: str, *, office: UUID | None = None, **changed: Any) -> Envelope:
        """Let the golden example of an event arrive, as the next of its producer; `office` for one that names none."""
        producer = topic.partition(".")[0]
        self._next[producer] += 1
        envelope = example(topic, seq=self._next[producer], **changed)
        if office:
            envelope = envelope.model_copy(update={"office": office})
        self.inbox.receive([envelope])
        return envelope

    def rows(self, sql: str = "SELECT * FROM read.notification ORDER BY template, channel") -> list[dict[str, Any]]:
        with self.store.connection() as connection:
            return connection.execute(sql).fetchall()

    def hurry(self) -> None:
        """Make everything that waits for a later attempt due now."""
        with self.store.connection() as connection:
            connection.execute("UPDATE messaging.attempt SET not_before = now()")

    def gather(self, window_seconds: float, pause_seconds: float) -> None:
        """Put news together as an operator who set these would have it."""
        self.outbox = PostgresOutbox(self.store, Gathering(window_seconds, pause_seconds))
        self.sending = self._send_with(outbox=self.outbox)

    def later(self, seconds: float) -> None:
        """Let everything that happened here have happened so much earlier."""
        with self.store.connection() as connection:
            connection.execute(
                "UPDATE read.notification SET queued_at = queued_at - make_interval(secs => %(passed)s),"
                " settled_at = settled_at - make_interval(secs => %(passed)s),"
                " reported_at = reported_at - make_interval(secs => %(passed)s)",
                {"passed": seconds},
            )

    def reminds(self, now: str) -> int:
        """Let the clock show this instant, and whatever is due be dealt with."""
        parts = self.parts
        return Reminding(parts.store, parts.deadlines, parts.dossiers, lambda: datetime.fromisoformat(now)).remind_due()

    def close(self) -> None:
        self.parts.close()


@pytest.fixture
def world(settings: Settings, neighbours: Neighbours) -> Iterator[World]:
    assert not neighbours.away
    made = World(settings)
    yield made
    made.close()


@pytest.fixture
def api(settings: Settings, world: World) -> Iterator[httpx.Client]:
    with (
        serving(wiring.web(settings, world.parts)) as address,
        httpx.Client(base_url=address + wiring.PREFIX, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def bearer(settings: Settings) -> str:
    """Return the secret of the mail gateway."""
    assert settings.report_secret_file
    return settings.report_secret_file.read_text()


@pytest.fixture
def letter() -> UUID:
    """Return the letter that the gateway knows."""
    return LETTER
