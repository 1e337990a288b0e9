"""The routes of the vault; what may be done stands in the ticket, which the service that keeps the document signed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.actor import Actor
from chassis.http import CallingService, accept_stream, problems
from chassis.refusal import NotAllowed, NotFound
from chassis.tokens import Action, Ticket, TicketRefused, Verifier
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.requests import ClientDisconnect

from vault.application.deposits import Deposits
from vault.application.observations import Observations
from vault.application.ports import Documents, StoredDocument
from vault.application.readings import Readings
from vault.application.tickets import check
from vault.domain.file_name import FALLBACK
from vault.domain.refusals import (
    AlreadyStored,
    Damaged,
    DepositTooSlow,
    DigestMismatch,
    EmptyFile,
    OwnerErased,
    SizeMismatch,
    StorageAway,
    TicketForAnotherAction,
    TooLarge,
    UnsupportedType,
)
from vault.entrypoints.disposition import attachment

DEPOSIT_REFUSALS = (
    EmptyFile,
    TooLarge,
    SizeMismatch,
    UnsupportedType,
    DigestMismatch,
    AlreadyStored,
    DepositTooSlow,
    OwnerErased,
    StorageAway,
)

MAX_IDS = 4_000
"""Characters of ids in one question."""
NAMES_ARE_FOR = {"dossier", "lre-gateway"}
"""The services that show the names of their own files to people; they are personal."""

FILED = ("name", "office_id", "dossier_id", "request_id", "legal_hold", "manifest_sha256")

_ticket = HTTPBearer(
    scheme_name="ticket", description="Ticket of the service that filed it, 5 minutes.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a valid ticket for the version of this address."""

    ticket: Ticket
    actor: Actor

    def may(self, *actions: Action) -> Ticket:
        """Return the ticket if it is for one of these actions; raise TicketForAnotherAction."""
        if self.ticket.action not in actions:
            raise TicketForAnotherAction
        return self.ticket


def bearer(
    request: Request, version_id: UUID, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_ticket)]
) -> Bearer:
    """Verify the ticket; one for another version answers as if there were no such version."""
    if credentials is None:
        raise TicketRefused
    verifier: Verifier = request.app.state.verifier
    ticket = check(verifier.ticket(credentials.credentials))
    if ticket.version_id != version_id:
        raise NotFound
    actor = Actor(
        person_id=ticket.actor_id,
        kind=ticket.actor_kind,
        office_id=ticket.office_id,
        correlation_id=request.state.correlation_id,
        trace=request.state.trace,
    )
    return Bearer(ticket, actor)


CurrentBearer = Annotated[Bearer, Depends(bearer)]


class Receipt(BaseModel):
    """What is stored: the depositor can compare it with the file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
                    "size": 482133,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "media_type": "application/pdf",
                    "stored_at": "2026-11-21T09:30:00.123456Z",
                }
            ]
        }
    )

    version_id: UUID
    size: int
    sha256: str
    media_type: str
    stored_at: datetime

    @classmethod
    def of(cls, document: StoredDocument) -> "Receipt":
        """Return the receipt of a stored version."""
        return cls(
            version_id=document.id,
            size=document.size,
            sha256=document.sha256,
            media_type=document.media_type,
            stored_at=document.stored_at,
        )


def public_routes(deposits: Deposits, readings: Readings) -> APIRouter:
    """Return the routes for the bearers of tickets."""
    router = APIRouter(
        prefix="/documents/{version_id}", responses=problems(TicketRefused, TicketForAnotherAction, NotFound)
    )

    # The size in the ticket is the limit, checked at the byte; this only takes the limit of other routes away.
    @router.put(
        "/content",
        status_code=201,
        responses=problems(*DEPOSIT_REFUSALS),
        dependencies=[accept_stream(1 << 62)],
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def deposit(request: Request, holder: CurrentBearer) -> Receipt:
        """Deposit the bytes of a version, raw; the receipt says what is stored. Sending the same again is harmless."""
        ticket = holder.may("deposit")
        announced = request.headers.get("content-length")
        length = int(announced) if announced is not None else None
        return Receipt.of(await deposits.deposit(holder.actor, ticket, length, _chunks(request)))

    @router.get(
        "/content",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {}}}, **problems(Damaged, StorageAway)},
    )
    async def read(holder: CurrentBearer) -> StreamingResponse:
        """Receive the bytes of a version, as an attachment. The reading is recorded before the first byte."""
        opened = await readings.open(holder.actor, holder.may("view", "download"))
        document = opened.document
        headers = {
            "Content-Disposition": attachment(document.name or FALLBACK),
            "Content-Length": str(document.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return StreamingResponse(opened.chunks, media_type=document.media_type, headers=headers)

    @router.get("/receipt")
    def receipt(holder: CurrentBearer) -> Receipt:
        """Tell what is stored of a version, after an answer was lost."""
        return Receipt.of(deposits.receipt(holder.may("deposit")))

    return router


def internal_routes(observations: Observations, documents: Documents) -> APIRouter:
    """Return the routes for services."""
    router = APIRouter()

    @router.get("/documents")
    def describe(
        ids: Annotated[str, Query(max_length=MAX_IDS)], caller: CallingService
    ) -> dict[str, list[dict[str, Any]]]:
        if caller not in NAMES_ARE_FOR:
            raise NotAllowed
        wanted = [_uuid(one) for one in ids.split(",") if one]
        described = documents.described(wanted, caller)
        return {"items": [_described(found) for found in described]}

    @router.get("/documents/{version_id}/observation")
    def observe(version_id: UUID) -> dict[str, UUID | int | str | bool]:
        seen = observations.observe(version_id)
        return {
            "version_id": seen.version_id,
            "size": seen.size,
            "parts": seen.parts,
            "manifest_sha256": seen.manifest_sha256,
            "ciphertext_ok": seen.ciphertext_ok,
        }

    return router


def _described(document: StoredDocument) -> dict[str, Any]:
    filed = {name: getattr(document, name) for name in FILED}
    return filed | Receipt.of(document).model_dump()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Pass the body on; a sender who hangs up has sent too little."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise SizeMismatch from None
