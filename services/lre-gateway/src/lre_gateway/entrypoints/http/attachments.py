"""Files that letters may carry: they stream through to the vault, and nothing of them stays here."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from chassis.client import Unavailable
from chassis.http import CurrentStaff, accept_stream, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from starlette.requests import ClientDisconnect

from lre_gateway.adapters.vault import NOT_DECLARED, FileDiffers, FileEmpty, FileTooLarge, FileTooSlow
from lre_gateway.application.access import person
from lre_gateway.entrypoints.http import answers, shapes
from lre_gateway.entrypoints.http.raw import IdempotencyKey, LengthMissing, SendingStaff
from lre_gateway.entrypoints.http.uses import Using

MAX_BYTES = 256 << 20
"""Of one file; the limit of a letter is over all of its files, and its check says so."""

router = APIRouter(tags=["attachments"], responses=problems(NotAllowed, NotFound))
FileName = Annotated[
    str,
    Query(min_length=1, max_length=255, examples=["projet-acte.pdf"], description="With its extension."),
    AfterValidator(shapes.file_name),
]
Digest = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, hexadecimal, if the sender can tell."),
]
Ids = Annotated[list[UUID], Query(min_length=1, max_length=shapes.MAX_FILES, description="One or several.")]
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}}


@router.post(
    "/attachments",
    status_code=201,
    dependencies=[accept_stream(MAX_BYTES)],
    openapi_extra=_BODY,
    responses=problems(LengthMissing, FileEmpty, FileTooLarge, FileDiffers, FileTooSlow, Unavailable),
)
async def upload(  # noqa: PLR0913 - what a file is
    *,
    request: Request,
    actor: SendingStaff,
    key: IdempotencyKey,
    using: Using,
    name: FileName,
    sha256: Digest = None,
    dossier_id: UUID | None = None,
) -> answers.Attachment:
    """Upload a file, raw, as application/octet-stream; it is frozen by its digest (A-33).

    Bytes of another digest than the one that was told are refused. The same Idempotency-Key with the same file leads
    to the same version.
    """
    announced = request.headers.get("content-length", "")
    if not announced.isdigit():
        raise LengthMissing
    size = int(announced)
    if size == 0:
        raise FileEmpty
    if size > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES)
    place = await run_in_threadpool(using.attachments.place, actor, dossier_id)
    told = sha256 or NOT_DECLARED
    version_id = uuid5(place.office_id, f"{person(actor)} {key} {told} {name}") if key else uuid4()
    stored = await using.stream.deposit(
        place, version_id, by=person(actor), name=name, size=size, sha256=told, chunks=_chunks(request)
    )
    return answers.Attachment.model_validate(stored)


@router.get("/attachments", responses=problems(Unavailable))
def uploaded(actor: CurrentStaff, using: Using, version_id: Ids) -> answers.AttachmentList:
    """Describe files that were uploaded to the office, in the order asked; one that is none of its own is left out."""
    found = using.attachments.described(actor, version_id)
    return answers.AttachmentList(items=[answers.Attachment.model_validate(one) for one in found])


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Pass the body on; a sender who hangs up has sent too little."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise FileDiffers from None
