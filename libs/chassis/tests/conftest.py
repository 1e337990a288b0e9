"""Two services with keys, and an application that uses everything the chassis gives."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from chassis.http import (
    CallingService,
    CurrentActor,
    CurrentClient,
    CurrentPaging,
    CurrentStaff,
    IfMatch,
    Input,
    Page,
    accept_stream,
    create_app,
    etag,
    problems,
)
from chassis.refusal import NotFound, Refusal
from chassis.tokens import Signer, Verifier, new_signing_key
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import Field
from testkit.serving import serving


@dataclass
class Keys:
    """Signers of the services and what all of them trust."""

    folder: Path
    identity: Signer
    dossier: Signer
    letters: Signer
    journal: Signer
    verifier: Verifier
    someone_else: UUID = field(default_factory=uuid4)

    def bearer(self, kind: str = "staff", person_id: UUID | None = None) -> dict[str, str]:
        token = self.identity.access_token(
            person_id=person_id or PERSON,
            kind=kind,
            session_id=uuid4(),
            office_id=OFFICE if kind == "staff" else None,
            role="notary" if kind == "staff" else None,
        )
        return {"Authorization": f"Bearer {token}"}


PERSON, OFFICE = uuid4(), uuid4()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    signers = {}
    for name in ("identity", "dossier", "lre-gateway", "journal"):
        path = folder / f"{name}.pem"
        path.write_bytes(new_signing_key())
        path.chmod(0o600)
        signers[name] = Signer(path, name)
    master = folder / "master.key"
    master.write_text(base64.b64encode(os.urandom(32)).decode())
    master.chmod(0o600)
    trust = folder / "trust.json"
    trust.write_text(json.dumps({"keys": [signer.public_jwk() for signer in signers.values()]}))
    return Keys(folder, *signers.values(), Verifier(trust))


class TooLate(Refusal):
    """The time for this has passed."""

    code, status = "too-late", 409


class LibraryRefusal(Exception):
    """A library refused."""

    code, status = "library-refused", 409


class ServerAway(Exception):
    """A driver's own error."""


class Unknown(LibraryRefusal):
    """The library knows nothing of it."""

    code, status = "unknown", 404


class Done(LibraryRefusal):
    """It was done before."""

    code, status = "already-done", 200

    def __init__(self, fingerprint: bytes, outcome: Any) -> None:
        super().__init__()
        self.fingerprint, self.outcome = fingerprint, outcome


RAISED: dict[str, Exception] = {
    "away": ServerAway(),
    "refusal": TooLate(until="2026-01-01"),
    "library": LibraryRefusal(),
    "unknown": Unknown(),
    "reused": Done(b"another", {"text": "other"}),
    "bug": RuntimeError("secret"),
}


class Note(Input):
    text: str
    copies: int = 1
    tags: list[str] = Field(default_factory=list)


@dataclass
class World:
    """What the routes of the application do, and what they remember."""

    done: dict[tuple[UUID | None, str], tuple[bytes, Any]] = field(default_factory=dict)
    carried_out: int = 0
    able: bool = True
    raises: str | None = None
    looks_hidden: int = 0
    """How many looks find no outcome yet, as when two commands run at the same time."""

    def first_outcome(self, actor_id: UUID | None, key: str) -> tuple[bytes, Any] | None:
        self.looks_hidden -= 1
        return None if self.looks_hidden >= 0 else self.done.get((actor_id, key))

    def ready(self) -> bool:
        return self.able


def routes(world: World) -> APIRouter:  # noqa: C901 - one small route beside the other
    router = APIRouter()

    @router.post("/notes", status_code=201, responses=problems(TooLate))
    def write(note: Note, actor: CurrentActor) -> dict[str, Any]:
        """Write a note."""
        if world.raises == "done":
            assert actor.command
            raise Done(actor.command.fingerprint, {"text": "first"})
        if world.raises is not None:
            raise RAISED[world.raises]
        world.carried_out += 1
        outcome = {"text": note.text, "number": world.carried_out}
        if actor.command:
            world.done[actor.person_id, actor.command.key] = (actor.command.fingerprint, outcome)
        return outcome

    @router.post("/sealing", status_code=204)
    def seal(actor: CurrentActor) -> None:
        world.carried_out += 1
        assert actor.command
        world.done[actor.person_id, actor.command.key] = (actor.command.fingerprint, None)

    @router.get("/notes/{note_id}")
    def read(note_id: UUID, _: CurrentActor) -> None:
        assert note_id
        raise NotFound

    @router.patch("/notes/{note_id}")
    def change(note_id: UUID, version: IfMatch, response: Response, _: CurrentStaff) -> int:
        assert note_id
        response.headers["ETag"] = etag(version + 1)
        return version

    @router.get("/numbers")
    def numbers(paging: CurrentPaging) -> Page[int]:
        first = paging.after[0] + 1 if paging.after else 0
        items = list(range(first, first + paging.limit))
        return Page(items=items, next=paging.cursor([items[-1]]))

    @router.get("/mine")
    def mine(client: CurrentClient) -> str:
        return str(client.person_id)

    @router.get("/trace")
    def trace(actor: CurrentActor) -> dict[str, str | None]:
        return {"trace": actor.trace, "correlation_id": actor.correlation_id}

    @router.put("/stream", dependencies=[accept_stream(1024 * 1024)])
    async def stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    return router


@pytest.fixture(scope="session")
def one_world() -> World:
    return World()


@pytest.fixture
def world(one_world: World) -> World:
    one_world.__init__()  # type: ignore[misc] # the application is served once; each test begins anew
    return one_world


@pytest.fixture(scope="session")
def app(one_world: World, keys: Keys) -> FastAPI:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])  # the default draws tracebacks for seconds
    internal = APIRouter()

    @internal.get("/who")
    def who(service: CallingService) -> str:
        return service

    return create_app(
        service="dossier",
        prefix="/api/notes/v1",
        routers=[routes(one_world)],
        internal=[internal],
        verifier=keys.verifier,
        ready=one_world.ready,
        first_outcome=one_world.first_outcome,
        refusals=(LibraryRefusal,),
        away=(ServerAway,),
    )


@pytest.fixture(scope="session")
def served() -> Callable[[FastAPI], AbstractContextManager[str]]:
    return serving


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def http(address: str, keys: Keys, world: World) -> Iterator[httpx.Client]:
    assert world.carried_out == 0
    with httpx.Client(base_url=f"{address}/api/notes/v1", headers=keys.bearer(), trust_env=False) as client:
        yield client
