"""Routes whose body is a file and no JSON: who calls is verified before a byte of it is read.

The callers of `chassis.http` read the whole body to recognise a repeated command; a file is not held in memory for it.
"""

import hashlib
from dataclasses import replace
from typing import Annotated

from chassis.actor import Actor, Command
from chassis.http.callers import MAX_KEY_LENGTH, IdempotencyKeyInvalid, replay_if_done
from chassis.refusal import NotAllowed, NotSignedIn, Refusal
from chassis.tokens import Verifier
from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

_person = HTTPBearer(scheme_name="person", description="Access token from identity, 10 minutes.", auto_error=False)


class LengthMissing(Refusal):
    """Say how many bytes come: send Content-Length."""

    code, status = "length-required", 411


def sending_staff(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_person)],
) -> Actor:
    """Return the verified caller, a member of an office; the body is still unread."""
    if credentials is None:
        raise NotSignedIn
    verifier: Verifier = request.app.state.verifier
    state = request.state
    actor = replace(
        verifier.access(credentials.credentials), correlation_id=state.correlation_id, trace=state.trace
    )  # fmt: skip
    if actor.kind != "staff" or actor.office_id is None:
        raise NotAllowed
    return actor


def idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(description="Makes a repeated POST answer its first outcome.")
    ] = None,
) -> str | None:
    """Return the Idempotency-Key, if it is one."""
    key = idempotency_key
    if key is not None and (not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable())):
        raise IdempotencyKeyInvalid
    return key


def as_command(request: Request, actor: Actor, key: str | None, body: bytes) -> Actor:
    """Return the actor with the command that the body makes; one that was carried out before ends here."""
    if key is None:
        return actor
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.url.path.encode(), request.url.query.encode(), body):
        digest.update(len(part).to_bytes(8, "big") + part)
    commanding = replace(actor, command=Command(key=key, fingerprint=digest.digest()))
    request.state.actor = commanding
    replay_if_done(request, commanding)
    return commanding


SendingStaff = Annotated[Actor, Depends(sending_staff)]
IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]
