"""The journal for an office: what happened to a dossier, what vouches for it, and what can be handed to anybody."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, HTTPException, Response

from portal.passing import streamed
from portal.visiting import Staff

router = APIRouter(prefix="/dossiers/{dossier_id}")

PAGE = 50
FILE_SECONDS = 60.0
PIECE = "/pieces/{request_id}/{version_id}"
COMPLETED = "dossier.dossier-completed"


@router.get("/journal")
async def of_dossier(guest: Staff, dossier_id: UUID, cursor: str = "") -> Response:
    """Show everything that happened to a dossier, in the order of the log."""
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("journal", f"/dossiers/{dossier_id}/events", cursor=cursor, limit=PAGE),
    )
    return guest.page("journal/dossier.html", dossier=dossier, events=found["items"], next=found["next"])


@router.get("/journal/{index}")
async def leaf(guest: Staff, dossier_id: UUID, index: int) -> Response:
    """Show one event of a dossier and what vouches for it."""
    dossier, proven = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("journal", f"/dossiers/{dossier_id}/events/{index}"),
    )
    return guest.page("journal/leaf.html", dossier=dossier, proven=proven)


@router.get("/attestation")
async def anchored(guest: Staff, dossier_id: UUID) -> Response:
    """Show how far a dossier is vouched for, and what can be handed over (L-32, L-68)."""
    dossier, vouched = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"), guest.get("journal", f"/dossiers/{dossier_id}/proof")
    )
    complete = any(one["type"] == COMPLETED for one in vouched["milestones"])
    return guest.page("journal/attestation.html", dossier=dossier, vouched_said=vouched, complete=complete)


@router.get("/preuve")
async def bundle(guest: Staff, dossier_id: UUID) -> Response:
    """Pass on the bundle that anyone can verify offline."""
    return await _file(guest, f"/dossiers/{dossier_id}/bundle")


@router.get("/certificat")
async def certificate(guest: Staff, dossier_id: UUID) -> Response:
    """Pass on the certificate, a PDF with the bundle inside."""
    return await _file(guest, f"/dossiers/{dossier_id}/certificate")


@router.get(f"{PIECE}/attestation")
async def of_document(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:
    """Show what vouches for one deposited document, and what can be handed over (C-05, C-08)."""
    dossier, listed, vouched = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"/dossiers/{dossier_id}/requests"),
        guest.get("journal", f"/documents/{version_id}/proof"),
    )
    request = next((one for one in listed["items"] if one["id"] == str(request_id)), None)
    version = next((one for one in request["versions"] if one["id"] == str(version_id)), None) if request else None
    if version is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return guest.page("journal/document.html", dossier=dossier, request=request, version=version, vouched_said=vouched)


@router.get(f"{PIECE}/preuve")
async def document_bundle(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:  # noqa: ARG001 - of the address
    """Pass on the bundle of one document."""
    return await _file(guest, f"/documents/{version_id}/bundle")


@router.get(f"{PIECE}/certificat")
async def document_certificate(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:  # noqa: ARG001 - of the address
    """Pass on the certificate of one document, a PDF with its bundle inside."""
    return await _file(guest, f"/documents/{version_id}/certificate")


async def _file(guest: Staff, path: str) -> Response:
    call = guest.desk.api.request(guest.caller, "GET", "journal", path, timeout=FILE_SECONDS)
    return await streamed(guest, call)
