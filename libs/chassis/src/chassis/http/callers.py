"""Who calls: the dependencies of routes, and the recognition of a command that comes twice.

What does not wait is `async`: the framework gives any other dependency a thread of its own, which costs more than it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, NoReturn
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.actor import Actor, Command
from chassis.http.problems import BodyUnexpected
from chassis.refusal import IdempotencyKeyReused, NotAllowed, NotSignedIn, Refusal
from chassis.tokens import Verifier

FirstOutcome = Callable[[UUID, str], tuple[bytes, Any] | None]
"""(actor, key) → (fingerprint, outcome) of the command recorded under that key, if any."""

MAX_KEY_LENGTH = 255
COMMANDS = {"POST", "PUT", "PATCH", "DELETE"}

_person = HTTPBearer(scheme_name="person", description="Access token from identity, 10 minutes.", auto_error=False)
_service = HTTPBearer(scheme_name="service", description="Token of another service, 60 seconds.", auto_error=False)


class IdempotencyKeyInvalid(Refusal):
    """The Idempotency-Key must be 1 to 255 printable ASCII characters."""

    code, status = "idempotency-key-invalid", 400


class Replay(Exception):
    """The command was carried out before; answer what was answered then."""

    def __init__(self, outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome


async def current_actor(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_person)],
    idempotency_key: Annotated[
        str | None, Header(description="Makes a repeated POST, PUT, PATCH or DELETE answer its first outcome.")
    ] = None,
) -> Actor:
    """Return the verified caller; a repeated command ends here, with its first outcome."""
    if credentials is None:
        raise NotSignedIn
    verifier: Verifier = request.app.state.verifier
    state = request.state
    if getattr(request.scope["route"], "body_field", None) is None and await request.body():
        raise BodyUnexpected
    actor = replace(
        verifier.access(credentials.credentials),
        command=await _command(request, idempotency_key),
        correlation_id=state.correlation_id,
        trace=state.trace,
    )
    state.actor = actor
    if actor.command and request.app.state.first_outcome:
        await run_in_threadpool(replay_if_done, request, actor)
    return actor


async def _command(request: Request, key: str | None) -> Command | None:
    if key is None or request.method not in COMMANDS:
        return None
    if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalid
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.url.path.encode(), request.url.query.encode(), await request.body()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return Command(key=key, fingerprint=digest.digest())


def replay_if_done(request: Request, actor: Actor) -> None:
    """Raise Replay if the actor's command is recorded, IdempotencyKeyReused if its key is, for another body."""
    first_outcome: FirstOutcome = request.app.state.first_outcome
    if actor.command is None or actor.person_id is None:
        return
    done = first_outcome(actor.person_id, actor.command.key)
    if done is not None:
        replay(actor, *done)


def replay(actor: Actor, fingerprint: bytes, outcome: Any) -> NoReturn:
    """Raise Replay of `outcome` if `fingerprint` is the one of the actor's command."""
    if actor.command is None or bytes(fingerprint) != actor.command.fingerprint:
        raise IdempotencyKeyReused
    raise Replay(outcome)


async def current_staff(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
    """Return the caller, a member of an office."""
    if actor.kind != "staff" or actor.office_id is None:
        raise NotAllowed
    return actor


async def current_client(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
    """Return the caller, a client of offices."""
    if actor.kind != "client":
        raise NotAllowed
    return actor


async def calling_service(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_service)]
) -> str:
    """Return the name of the calling service."""
    if credentials is None:
        raise NotSignedIn
    verifier: Verifier = request.app.state.verifier
    return verifier.service(credentials.credentials, request.app.state.service)


CurrentActor = Annotated[Actor, Depends(current_actor)]
CurrentStaff = Annotated[Actor, Depends(current_staff)]
CurrentClient = Annotated[Actor, Depends(current_client)]
CallingService = Annotated[str, Depends(calling_service)]
