"""What the journal holds about a client: read, explained and taken away by themselves (CPCE, art. L. 103)."""

import asyncio
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from portal.passing import streamed
from portal.visiting import Client, Guest

router = APIRouter(prefix="/mon-journal")

PAGE = 30
DOSSIERS = 30
EXPORT_SECONDS = 60.0


@router.get("")
async def journal(guest: Client, cursor: str = "") -> Response:
    """Show the journal of whoever asks, with what they can take away."""
    found, mine = await asyncio.gather(
        guest.get("journal", "/my/events", cursor=cursor, limit=PAGE),
        guest.get("dossier", "/my/dossiers", limit=DOSSIERS),
    )
    return guest.page("mine/journal.html", events=found["items"], next=found["next"], dossiers=mine["items"])


@router.get("/ecritures/{index}")
async def leaf(guest: Client, index: int) -> Response:
    """Show one event and what vouches for it."""
    return guest.page("mine/leaf.html", proven=await guest.get("journal", f"/my/events/{index}"))


@router.get("/export")
async def export(guest: Client, forme: Literal["csv", "jsonl"] = "csv") -> Response:
    """Pass on the whole journal of whoever asks, as a table or as exact lines."""
    return await _file(guest, "/my/export", format=forme)


@router.get("/dossiers/{dossier_id}/preuve")
async def bundle(guest: Client, dossier_id: UUID) -> Response:
    """Pass on the bundle of a dossier, which the page of verification accepts."""
    return await _file(guest, f"/dossiers/{dossier_id}/bundle")


async def _file(guest: Guest, path: str, **params: str) -> Response:
    call = guest.desk.api.request(guest.caller, "GET", "journal", path, params=params, timeout=EXPORT_SECONDS)
    return await streamed(guest, call)
