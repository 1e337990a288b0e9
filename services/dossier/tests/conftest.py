"""The service of dossiers, served on a real PostgreSQL, beside a small town that identity would know."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.http import create_app
from chassis.tokens import Signer, Verifier, new_signing_key
from contracts import Envelope
from contracts.examples import example
from dossier import wiring
from dossier.settings import Settings
from eventstore import Inbox, Store
from fastapi import APIRouter, Response
from launcher.components.postgres import Postgres, create_database, drop_database
from testkit.serving import serving

SCAN = {"state": "clean", "scanner": "clamd", "cause": None}
FILE = {"name": "dpe.pdf", "size": 48_213, "sha256": "ab" * 32}


def _done(response: httpx.Response) -> httpx.Response:
    assert response.is_success, response.text
    return response


@dataclass
class Town:
    """What identity would know: offices with their members and clients."""

    members: dict[UUID, set[UUID]] = field(default_factory=dict)
    clients: dict[UUID, set[UUID]] = field(default_factory=dict)
    names: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    away: bool = False
    file_names: dict[UUID, str | None] = field(default_factory=dict)
    vault_away: bool = False

    def routes(self) -> APIRouter:
        """Answer as identity does to other services."""
        router = APIRouter()

        @router.get("/clients/{client_id}")
        def client(client_id: UUID, office: UUID, response: Response) -> None:
            self._answer_if_there(response)
            if client_id not in self.clients.get(office, set()):
                response.status_code = 404

        @router.get("/offices/{office_id}")
        def office(office_id: UUID, response: Response) -> dict[str, Any]:
            self._answer_if_there(response)
            members = sorted(self.members.get(office_id, set()))
            return {"id": office_id, "crpcen": "75001", "name": "Étude Martin", "notary_ids": [], "member_ids": members}

        @router.get("/persons")
        def persons(ids: str, response: Response) -> dict[str, Any]:
            self._answer_if_there(response)
            known = [(one, self.names[one]) for one in map(UUID, ids.split(",")) if one in self.names]
            return {
                "items": [
                    {"id": one, "kind": "client", "first_name": first, "last_name": last, "erased": False}
                    for one, (first, last) in known
                ]
            }

        return router

    def vault(self) -> APIRouter:
        """Answer as the vault does to this service."""
        router = APIRouter()

        @router.get("/documents")
        def documents(ids: str, response: Response) -> dict[str, Any]:
            response.status_code = 503 if self.vault_away else 200
            known = [one for one in map(UUID, ids.split(",")) if one in self.file_names]
            kept = {"sha256": "ab" * 32, "scan": SCAN}
            return {"items": [{"version_id": one, "name": self.file_names[one], **kept} for one in known]}

        return router

    def _answer_if_there(self, response: Response) -> None:
        response.status_code = 503 if self.away else 200


@dataclass
class Caller:
    """A person with a token, calling the API through HTTP."""

    person_id: UUID
    http: httpx.Client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.http, name)


@dataclass
class World:
    """The service, the town around it, and the keys of both."""

    address: str
    store: Store
    town: Town
    identity: Signer
    dossier: Signer
    verifier: Verifier
    inbox: Inbox
    settings: Settings
    callers: list[Caller] = field(default_factory=list)
    stored: int = 0
    erased: int = 0

    def staff(self, office_id: UUID, role: str = "collaborator") -> Caller:
        """Return a new member of an office."""
        member = uuid4()
        self.town.members.setdefault(office_id, set()).add(member)
        self.town.names[member] = ("Marie", "Leroy")
        return self._caller(member, kind="staff", office_id=office_id, role=role)

    def client(self, office_id: UUID) -> Caller:
        """Return a new client of an office."""
        client = uuid4()
        self.town.clients.setdefault(office_id, set()).add(client)
        self.town.names[client] = ("Jean", "Durand")
        return self._caller(client, kind="client")

    def _caller(self, person_id: UUID, **facts: Any) -> Caller:
        token = self.identity.access_token(person_id=person_id, session_id=uuid4(), **facts)
        headers = {"Authorization": f"Bearer {token}"}
        http = httpx.Client(base_url=f"{self.address}/api/dossiers/v1", headers=headers, trust_env=False)
        self.callers.append(Caller(person_id, http))
        return self.callers[-1]

    def opens(self, staff: Caller, *clients: Caller, **facts: Any) -> str:
        """Open a dossier with clients; return its id."""
        new = {"number": str(uuid4()), "title": "Bail Durand", "deed_type": "bail-habitation", **facts}
        dossier: str = _done(staff.post("/dossiers", json=new)).json()["id"]
        for client in clients:
            _done(staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(client.person_id)}))
        return dossier

    def asks(self, staff: Caller, dossier: str, client: Caller, *types: str, others: tuple[str, ...] = ()) -> list[str]:
        """Ask for documents; return the ids of the requests."""
        asking = {"document_types": types, "others": others}
        answer = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json=asking)
        requests: list[str] = _done(answer).json()["request_ids"]
        return requests

    def deposits(self, client: Caller, request: str) -> str:
        """Let a client send a file; return the id of its version, which leads to its decision."""
        given = _done(client.post(f"/requests/{request}/deposits", json=FILE)).json()
        self.vault_stores(given["ticket"])
        return f"/requests/{request}/versions/{given['version_id']}"

    def internal(self, path: str) -> httpx.Response:
        """Ask as the journal does."""
        token = self.dossier.service_token("dossier")
        return httpx.get(f"{self.address}/internal/{path}", headers={"Authorization": f"Bearer {token}"})

    def vault_stores(self, ticket: str) -> Envelope:
        """Let the inbox receive what the vault says once the bytes of a ticket are stored."""
        given = self.verifier.ticket(ticket)
        self.stored += 1
        self.town.file_names[given.version_id] = given.name
        envelope = Envelope(
            id=f"vault:1:{self.stored}",
            source="/scelle/vault",
            type="vault.document-stored.v1",
            subject=str(given.version_id),
            time="2026-11-21T08:00:00Z",
            data={
                "office_id": str(given.office_id),
                "dossier_id": str(given.dossier_id),
                "request_id": str(given.request_id),
                "owner_id": str(given.owner_id),
                "version_id": str(given.version_id),
                "size": given.size,
                "media_type": "application/pdf",
                "manifest_sha256": "ab" * 32,
            },
            producer="vault",
            epoch=1,
            storeseq=self.stored,
            aggversion=1,
            office=given.office_id,
            dossier=given.dossier_id,
            actor=given.actor_id,
            actorkind=given.actor_kind,
            correlationid=str(uuid4()),
            proofentry="{}",
        )
        self.inbox.receive([envelope])
        return envelope

    def identity_erases(self, person_id: UUID) -> Envelope:
        """Let the inbox receive that identity erased a person."""
        self.erased += 1
        said = example("identity.person-erased", seq=self.erased, subject=person_id, person_id=person_id)
        self.inbox.receive([said])
        return said

    def topics(self, dossier_id: str) -> list[str]:
        """Return the events of a dossier, in order, without the name of the service."""
        found = self.store.read(0, 100_000)
        about = {str(event.originator_id) for event in found if str(event.plain.get("dossier_id")) == dossier_id}
        return [
            event.topic.removeprefix("dossier.") for event in found if str(event.originator_id) in {dossier_id, *about}
        ]


@pytest.fixture(scope="session")
def one_world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("dossier")
    signers = {name: _signer(folder, name) for name in ("identity", "dossier")}
    (folder / "trust.json").write_text(json.dumps({"keys": [signer.public_jwk() for signer in signers.values()]}))
    (folder / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
    (folder / "master.key").chmod(0o600)
    verifier, town = Verifier(folder / "trust.json"), Town()
    identity = create_app(
        service="identity", prefix="/api/identity/v1", routers=[], internal=[town.routes()], verifier=verifier
    )
    create_database(postgres.url, "dossier_http")
    vault = create_app(service="vault", prefix="/x", routers=[], internal=[town.vault()], verifier=verifier)
    with serving(identity) as identity_address, serving(vault) as vault_address:
        settings = Settings(
            database_url=postgres.database_url("dossier_http"),
            http_port=1,
            environment="development",
            public_url="https://scelle.test",
            signing_key_file=folder / "dossier.pem",
            trust_file=folder / "trust.json",
            master_key_file=folder / "master.key",
            peers={"identity": identity_address, "vault": vault_address},
        )
        wiring.prepare(settings)
        app = wiring.app(settings)
        with serving(app) as address:
            store = wiring.open_store(settings)
            peers = wiring.clients(settings)
            inbox = Inbox(store, wiring.message_handlers(settings, store, peers))
            yield World(address, store, town, signers["identity"], signers["dossier"], verifier, inbox, settings)
            store.close()
            for client in peers.values():
                client.close()
    drop_database(postgres.url, "dossier_http")


def _signer(folder: Path, name: str) -> Signer:
    path = folder / f"{name}.pem"
    path.write_bytes(new_signing_key())
    path.chmod(0o600)
    return Signer(path, name)


@pytest.fixture
def world(one_world: World) -> Iterator[World]:
    one_world.town.away = one_world.town.vault_away = False
    yield one_world
    for caller in one_world.callers:
        caller.http.close()
    one_world.callers.clear()


@pytest.fixture
def office() -> UUID:
    """Return an office of the test's own, so that tests share one database and do not meet."""
    return uuid4()
