"""The routes of a document's bytes."""

from collections.abc import AsyncIterator

from chassis.http import accept_stream, problems
from chassis.refusal import NotFound
from chassis.tokens import TicketRefused
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from vault.application.deposits import Deposits
from vault.application.destroying import Destroying
from vault.application.readings import Opened, Readings
from vault.domain.file_name import FALLBACK
from vault.domain.refusals import (
    AlreadyStored,
    Damaged,
    DepositTooSlow,
    DigestMismatch,
    EmptyFile,
    Infected,
    NotScanned,
    NotScannedYet,
    OwnerErased,
    SizeMismatch,
    StorageAway,
    TicketForAnotherAction,
    TooLarge,
    UnsupportedType,
)
from vault.entrypoints.disposition import attachment
from vault.entrypoints.http.receipt import Receipt
from vault.entrypoints.http.tickets import CurrentBearer

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

READING_REFUSALS = (NotScannedYet, NotScanned, Infected, Damaged, StorageAway)

HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What keeps a browser from running anything of a document."""


def document_routes(deposits: Deposits, readings: Readings, destroying: Destroying) -> APIRouter:
    """Return the routes for whoever deposits in one request, reads, or ends a retention."""
    router = APIRouter(
        prefix="/documents/{version_id}", responses=problems(TicketRefused, TicketForAnotherAction, NotFound)
    )
    _add_deposits(router, deposits)
    _add_readings(router, readings)

    @router.delete("/content", status_code=204, responses=problems(StorageAway))
    def destroy(holder: CurrentBearer) -> None:
        """Destroy a version at the end of its retention, with a ticket for it; again is harmless."""
        destroying.destroy(holder.actor, holder.may("destroy"))

    return router


def _add_deposits(router: APIRouter, deposits: Deposits) -> None:
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

    @router.get("/receipt")
    def receipt(holder: CurrentBearer) -> Receipt:
        """Tell what is stored of a version, after an answer was lost."""
        return Receipt.of(deposits.receipt(holder.may("deposit")))


def _add_readings(router: APIRouter, readings: Readings) -> None:
    @router.get(
        "/content",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {}}}, **problems(*READING_REFUSALS)},
    )
    async def read(holder: CurrentBearer) -> StreamingResponse:
        """Receive the bytes of a version, as an attachment. The reading is recorded before the first byte."""
        return _sent(await readings.open(holder.actor, holder.may("view", "download")))

    @router.get(
        "/copy",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/pdf": {}}}, **problems(*READING_REFUSALS)},
    )
    async def read_copy(holder: CurrentBearer) -> StreamingResponse:
        """Receive the PDF that was made of a picture, with a ticket for the picture; 404 as long as there is none."""
        return _sent(await readings.open(holder.actor, holder.may("view", "download"), copy=True))


def _sent(opened: Opened) -> StreamingResponse:
    document = opened.document
    headers = {
        "Content-Disposition": attachment(document.name or FALLBACK),
        "Content-Length": str(document.size),
        **HARMLESS,
    }
    return StreamingResponse(opened.chunks, media_type=document.media_type, headers=headers)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Pass the body on; a sender who hangs up has sent too little."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise SizeMismatch from None
