"""One deposited document: looked at, validated or refused with a reason, downloaded once validated (L-61 to L-67)."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Response

from portal import words
from portal.api import ApiRefused, Caller
from portal.passing import pass_on, streamed
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/dossiers/{dossier_id}/pieces/{request_id}/{version_id}")


@router.get("")
async def show(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:
    """Show the viewer (L-62)."""
    return await _viewer(guest, dossier_id, request_id, version_id)


@router.get("/refuser")
async def ask_why(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:
    """Show the viewer with the form of the refusal open, for browsers without a script."""
    return await _viewer(guest, dossier_id, request_id, version_id, asking=True)


@router.get("/apercu")
async def preview(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:
    """Show the pages of the document: the viewer asks for them once it is there, since they may have to be drawn."""
    if guest.request.headers.get("hx-target") != "sheet":
        return await _viewer(guest, dossier_id, request_id, version_id, whole=True)
    pages = await _pages(guest, request_id, version_id)
    base = f"/dossiers/{dossier_id}/pieces/{request_id}/{version_id}"
    return guest.page("dossiers/sheet.html", base=base, pages=pages)


async def _viewer(  # noqa: PLR0913 - what the page is made of
    guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID, *,
    refused: ApiRefused | None = None, asking: bool = False, whole: bool = False,
) -> Response:  # fmt: skip
    dossier, listed, reasons = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"/dossiers/{dossier_id}/requests"),
        guest.get("dossier", "/refusal-reasons"),
    )
    requests = listed["items"]
    request = next((one for one in requests if one["id"] == str(request_id)), None)
    version = next((one for one in request["versions"] if one["id"] == str(version_id)), None) if request else None
    if request is None or version is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return guest.page(
        "dossiers/piece.html",
        refused=refused,
        dossier=dossier,
        request=request,
        version=version,
        client=next((one for one in dossier["clients"] if one["id"] == request["client_id"]), None),
        following=_waiting(requests, str(version_id), 1),
        previous=_waiting(requests, str(version_id), -1),
        reasons=reasons["items"],
        pages=await _pages(guest, request_id, version_id) if whole else None,
        asking=asking,
    )


@router.get("/pages/{number}")
async def page_image(
    guest: Staff,
    dossier_id: UUID,  # noqa: ARG001 - of the address
    request_id: UUID,
    version_id: UUID,
    number: int,
) -> Response:
    """Pass on the image of a page, counted from 1; the reading is recorded."""
    look = await guest.send("POST", "dossier", f"/requests/{request_id}/versions/{version_id}/views")
    path = f"/documents/{version_id}/pages/{number}"
    return await streamed(guest, guest.desk.api.request(Caller(look["ticket"]), "GET", "vault", path, timeout=60.0))


async def _pages(guest: Staff, request_id: UUID, version_id: UUID) -> int | str:
    """Return how many page images there are, or why there is none."""
    try:
        look = await guest.send("POST", "dossier", f"/requests/{request_id}/versions/{version_id}/views")
        path = f"/documents/{version_id}/pages"
        answer = await guest.desk.api.call(Caller(look["ticket"]), "GET", "vault", path, timeout=60.0)
    except ApiRefused as refused:
        return words.refusal(refused.code)
    return int(answer.json()["pages"])


@router.get("/telecharger")
async def download(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:  # noqa: ARG001 - of the address
    """Pass on the bytes of a validated document as a file (L-64)."""
    look = await guest.send("POST", "dossier", f"/requests/{request_id}/versions/{version_id}/downloads")
    return await pass_on(guest, version_id, look["ticket"])


@router.post("/valider")
async def validate(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID, form: SentForm) -> Response:
    """Accept the version, then go to the next one that waits (L-62, L-63)."""
    return await _decide(guest, dossier_id, request_id, version_id, form["key"], "validation")


@router.post("/refuser")
async def refuse(guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID, form: SentForm) -> Response:
    """Refuse the version with a reason that the client reads (L-65)."""
    reason = {"reason": form["text"] or form["reason"]}
    return await _decide(guest, dossier_id, request_id, version_id, form["key"], "refusal", reason)


async def _decide(  # noqa: PLR0913, PLR0917 - what a decision is made of
    guest: Staff, dossier_id: UUID, request_id: UUID, version_id: UUID, key: str, what: str, body: Any = None
) -> Response:
    try:
        await guest.send("POST", "dossier", f"/requests/{request_id}/versions/{version_id}/{what}", body, key=key)
    except ApiRefused as refused:
        return await _viewer(guest, dossier_id, request_id, version_id, refused=refused)
    listed = await guest.get("dossier", f"/dossiers/{dossier_id}/requests")
    following = _waiting(listed["items"], str(version_id), 1)
    address = f"/dossiers/{dossier_id}"
    if following:
        address += f"/pieces/{following['request']}/{following['version']}"
    return see_other(address)


def _waiting(requests: list[Mapping[str, Any]], version_id: str, step: int) -> dict[str, str] | None:
    """Return the next document that waits for a decision, or the one before (`step` -1), going round; None if none."""
    listed = [(request, version) for request in requests for version in request["versions"]]
    here = next((place for place, (_, version) in enumerate(listed) if version["id"] == version_id), 0)
    for distance in range(1, len(listed)):
        request, version = listed[(here + step * distance) % len(listed)]
        if version["state"] == "deposited":
            return {"request": request["id"], "version": version["id"]}
    return None
