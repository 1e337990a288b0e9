"""Resumable uploads: tus 1.0.0 (https://tus.io/protocols/resumable-upload) with four of its extensions.

Every request carries a deposit ticket for the version; a new one of the same deposit serves as well as the first.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from chassis.http import accept_stream, problems
from chassis.refusal import NotFound
from chassis.tokens import TicketRefused
from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.requests import ClientDisconnect

from vault.application.beginning import Standing
from vault.application.uploads import ResumableUploads
from vault.domain.manifest import PART_BYTES
from vault.domain.refusals import (
    AlreadyStored,
    ChecksumMismatch,
    ChecksumUnreadable,
    Damaged,
    DigestMismatch,
    EmptyFile,
    OffsetStreamExpected,
    OwnerErased,
    PartTooSmall,
    StorageAway,
    TicketForAnotherAction,
    TooLarge,
    TooManyUploads,
    TusVersionUnknown,
    UnsupportedType,
    UploadBusy,
    UploadExpired,
    UploadLengthDiffers,
    UploadTooSlow,
    WrongOffset,
)
from vault.entrypoints.http.tickets import CurrentBearer

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
MEDIA_TYPE = "application/offset+octet-stream"
SHA256_BYTES = 32
MAX_NUMBER = (1 << 63) - 1

BEGIN_REFUSALS = (EmptyFile, TooLarge, UploadLengthDiffers, AlreadyStored, TooManyUploads, UploadBusy)
APPEND_REFUSALS = (
    WrongOffset, PartTooSmall, UploadBusy, UploadExpired, UploadTooSlow, ChecksumUnreadable, ChecksumMismatch,
    OffsetStreamExpected, TooLarge, UnsupportedType, DigestMismatch, OwnerErased, AlreadyStored, Damaged, StorageAway,
)  # fmt: skip
OFFSET = {"Upload-Offset": {"description": "Bytes that need not be sent again.", "schema": {"type": "integer"}}}
EXPIRES = {"Upload-Expires": {"description": "When it is given up (RFC 9110 date).", "schema": {"type": "string"}}}
PART = {"Upload-Part-Size": {"description": "Bytes that one request brings at least.", "schema": {"type": "integer"}}}
LOCATION = {"Location": {"description": "Where the bytes are sent.", "schema": {"type": "string"}}}
LENGTH = {"Upload-Length": {"description": "Bytes of the document.", "schema": {"type": "integer"}}}


def spoken(
    tus_resumable: Annotated[str | None, Header(description="1.0.0, the version of the tus protocol.")] = None,
) -> None:
    """Refuse any other version of the protocol."""
    if tus_resumable != VERSION:
        raise TusVersionUnknown


def announced(
    upload_checksum: Annotated[str | None, Header(description="`sha256` and the body's digest in base64.")] = None,
) -> bytes | None:
    """Return the announced SHA-256 of a body; raise ChecksumUnreadable."""
    if upload_checksum is None:
        return None
    algorithm, _, encoded = upload_checksum.partition(" ")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ChecksumUnreadable from None
    if algorithm != "sha256" or len(digest) != SHA256_BYTES:
        raise ChecksumUnreadable
    return digest


Number = Annotated[int, Header(ge=0, le=MAX_NUMBER)]


HELD = problems(TicketRefused, TicketForAnotherAction, NotFound, TusVersionUnknown)
TUS = [Depends(spoken)]


def upload_routes(uploads: ResumableUploads, max_bytes: int) -> APIRouter:
    """Return the routes of an upload in several requests; `max_bytes` is the largest document."""
    router = APIRouter(prefix="/documents/{version_id}/upload", tags=["resumable upload"])
    _add_capabilities(router, max_bytes)
    _add_asking(router, uploads)
    _add_sending(router, uploads)
    return router


def _add_capabilities(router: APIRouter, max_bytes: int) -> None:
    @router.options(
        "",
        status_code=204,
        responses={204: {"headers": {"Tus-Extension": {"schema": {"type": "string"}}}}},
    )
    def capabilities(version_id: UUID) -> Response:  # noqa: ARG001 - a part of the address, of any version
        """Tell what of the tus protocol is spoken here; nobody needs a ticket to ask."""
        return _answer(
            204,
            {
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(max_bytes),
                "Tus-Checksum-Algorithm": "sha256",
                "Upload-Part-Size": str(PART_BYTES),
            },
        )


def _add_asking(router: APIRouter, uploads: ResumableUploads) -> None:
    @router.post(
        "",
        status_code=201,
        dependencies=TUS,
        responses={201: {"headers": LOCATION | OFFSET | EXPIRES | PART}, **HELD, **problems(*BEGIN_REFUSALS)},
    )
    async def begin(request: Request, holder: CurrentBearer, upload_length: Number) -> Response:
        """Begin an upload of as many bytes as the ticket says, or find the one that was begun."""
        stands = await uploads.begin(holder.may("deposit"), upload_length)
        return _answer(201, {"Location": request.url.path, "Upload-Part-Size": str(PART_BYTES), **_standing(stands)})

    @router.head(
        "",
        status_code=200,
        dependencies=TUS,
        responses={200: {"headers": OFFSET | LENGTH | EXPIRES}, **HELD, **problems(UploadExpired, AlreadyStored)},
    )
    async def find(holder: CurrentBearer) -> Response:
        """Tell how far an upload has come; it is at its length once the document is recorded, and not before."""
        stands = await uploads.find(holder.may("deposit"))
        return _answer(200, {"Upload-Length": str(stands.size), **_standing(stands)})

    @router.delete("", status_code=204, dependencies=TUS, responses={**HELD, **problems(UploadBusy, UploadExpired)})
    async def end(holder: CurrentBearer) -> Response:
        """Give an upload up; nothing of it is kept."""
        await uploads.end(holder.may("deposit"))
        return _answer(204, {})


def _add_sending(router: APIRouter, uploads: ResumableUploads) -> None:
    # The size in the ticket is the limit, checked at the byte; this only takes the limit of other routes away.
    @router.patch(
        "",
        status_code=204,
        dependencies=[*TUS, accept_stream(1 << 62)],
        responses={204: {"headers": OFFSET | EXPIRES}, **HELD, **problems(*APPEND_REFUSALS)},
        openapi_extra={"requestBody": {"required": True, "content": {MEDIA_TYPE: {}}}},
    )
    async def append(
        request: Request,
        holder: CurrentBearer,
        upload_offset: Number,
        checksum: Annotated[bytes | None, Depends(announced)],
    ) -> Response:
        """Send bytes from the offset on, raw: one whole part at least, or all that remain.

        Whole parts are kept as they come; of a request that was cut, at most one part is sent again. With the last
        byte the document is recorded, and `GET …/receipt` answers its receipt.
        """
        ticket = holder.may("deposit")
        if request.headers.get("content-type", "").strip().lower() != MEDIA_TYPE:
            raise OffsetStreamExpected
        length = request.headers.get("content-length")
        stands = await uploads.append(
            holder.actor,
            ticket,
            upload_offset,
            _chunks(request),
            length=int(length) if length is not None else None,
            checksum=checksum,
        )
        return _answer(204, _standing(stands))


def _standing(stands: Standing) -> dict[str, str]:
    headers = {"Upload-Offset": str(stands.offset)}
    if stands.expires_at is not None:
        headers["Upload-Expires"] = format_datetime(stands.expires_at.astimezone(UTC), usegmt=True)
    return headers


def _answer(status: int, headers: dict[str, str]) -> Response:
    return Response(status_code=status, headers={"Tus-Resumable": VERSION, "Cache-Control": "no-store", **headers})


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Pass the body on; of a sender who hangs up, what came before stays good."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return
