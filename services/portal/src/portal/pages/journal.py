"""The journal: of a dossier for its office, of an office for its compliance role, as it was at any moment."""

import asyncio
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from portal.passing import streamed
from portal.rendering import PARIS
from portal.visiting import Staff

router = APIRouter()

PAGE = 50
PURPOSE = "control"


@router.get("/dossiers/{dossier_id}/journal")
async def of_dossier(guest: Staff, dossier_id: UUID, cursor: str = "") -> Response:
    """Show everything that happened to a dossier, in the order of the log."""
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("journal", f"/dossiers/{dossier_id}/events", cursor=cursor, limit=PAGE),
    )
    return guest.page("journal/dossier.html", dossier=dossier, events=found["items"], next=found["next"])


@router.get("/dossiers/{dossier_id}/preuve")
async def bundle(guest: Staff, dossier_id: UUID) -> Response:
    """Pass on the bundle that anyone can verify offline."""
    return await _file(guest, f"/dossiers/{dossier_id}/bundle")


@router.get("/dossiers/{dossier_id}/certificat")
async def certificate(guest: Staff, dossier_id: UUID) -> Response:
    """Pass on the certificate, a PDF with the bundle inside."""
    return await _file(guest, f"/dossiers/{dossier_id}/certificate")


@router.get("/conformite")
async def office(guest: Staff, cursor: str = "", dossier: str = "", depuis: str = "", jusqu: str = "") -> Response:
    """Show the journal of the office to its compliance role, filtered; that it was read is itself recorded."""
    found = await guest.get(
        "journal",
        "/events",
        purpose=PURPOSE,
        dossier=dossier,
        cursor=cursor,
        limit=PAGE,
        **{"from": _instant(depuis), "to": _instant(jusqu)},
    )
    return guest.page(
        "journal/office.html",
        events=found["items"],
        counters=found["counters"],
        next=found["next"],
        wanted={"dossier": dossier, "depuis": depuis, "jusqu": jusqu},
    )


@router.get("/conformite/dossiers/{dossier_id}")
async def past(guest: Staff, dossier_id: UUID, le: str = "") -> Response:
    """Show a dossier as it was at a moment: from events only (dossier au 12 mars 14:05)."""
    state = None
    if le:
        state = await guest.get("journal", f"/dossiers/{dossier_id}/state", at=_instant(le), purpose=PURPOSE)
    return guest.page("journal/past.html", dossier_id=dossier_id, moment_wanted=le, state=state)


async def _file(guest: Staff, path: str) -> Response:
    params = {"purpose": PURPOSE} if guest.session.me["role"] == "compliance" else {}
    call = guest.desk.api.request(guest.caller, "GET", "journal", path, params=params, timeout=60.0)
    return await streamed(guest, call)


def _instant(local: str) -> str:
    """Return the instant of a date typed in Paris, an empty text for none."""
    if not local:
        return ""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=PARIS).isoformat()
    except ValueError:
        return ""
