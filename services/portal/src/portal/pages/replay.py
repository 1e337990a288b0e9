"""The past, for somebody who controls an office: what a dossier was at any moment, and what changed since."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.instants import point, spoken
from portal.passing import streamed
from portal.purposes import Control, Controlling

router = APIRouter(prefix="/conformite/dossiers")

PAGE = 30
EVENTS = 100
AGGREGATES = 100


@router.get("")
async def dossiers(control: Controlling, cursor: str = "") -> Response:
    """List the dossiers of the office, as the journal and their events tell them."""
    path = f"/offices/{control.guest.office_id}/state"
    found = await control.get(path, at=datetime.now(UTC).isoformat(), cursor=cursor, limit=PAGE)
    return control.page("control/dossiers.html", dossiers=found["items"], next=found["next"])


@router.get("/{dossier_id}")
async def past(control: Controlling, dossier_id: UUID, le: str = "", cursor: str = "") -> Response:
    """Show a dossier as it was at a moment, beside everything that happened to it (dossier au 12 mars 14:05)."""
    events = control.get(f"/dossiers/{dossier_id}/events", limit=EVENTS, cursor=cursor)
    told, listed = await asyncio.gather(_told(control, dossier_id, le), events)
    refused, state = told
    return control.page(
        "control/past.html",
        refused=refused,
        dossier_id=dossier_id,
        wanted=le,
        moment=spoken(le),
        state=state,
        events=listed["items"],
        next=listed["next"],
        wrong=_wrong(state["items"]) if state else 0,
    )


@router.get("/{dossier_id}/differences")
async def difference(control: Controlling, dossier_id: UUID, de: str = "", a: str = "") -> Response:
    """Show what changed in a dossier between two moments, field by field, and by which event."""
    refused, found = None, None
    if de or a:
        path = f"/dossiers/{dossier_id}/diff"
        try:
            found = await control.get(path, **{"from": point(de) or "?", "to": point(a) or _now()})
        except ApiRefused as error:
            refused = _unknown_point(error)
    return control.page(
        "control/difference.html", refused=refused, dossier_id=dossier_id, wanted={"de": de, "a": a}, diff=found
    )


@router.get("/{dossier_id}/tableau")
async def table(control: Controlling, dossier_id: UUID, forme: str = "csv") -> Response:
    """Pass on the events of a dossier, as a table or as exact lines."""
    form = "jsonl" if forme == "jsonl" else "csv"
    return await streamed(control.guest, control.file(f"/dossiers/{dossier_id}/export", format=form))


@router.get("/{dossier_id}/rapport")
async def report(control: Controlling, dossier_id: UUID) -> Response:
    """Pass on the report of a dossier, a PDF with its bundle inside."""
    return await _printed(control, dossier_id, "report")


@router.get("/{dossier_id}/preuve")
async def bundle(control: Controlling, dossier_id: UUID) -> Response:
    """Pass on the bundle of a dossier."""
    return await _printed(control, dossier_id, "bundle")


async def _printed(control: Control, dossier_id: UUID, what: str) -> Response:
    return await streamed(control.guest, control.file(f"/dossiers/{dossier_id}/{what}"))


async def _told(control: Control, dossier_id: UUID, le: str) -> tuple[ApiRefused | None, dict[str, Any] | None]:
    """Return the state at a moment, every page of it; now where none is said. Whoever types no moment is told so."""
    path, items, cursor = f"/dossiers/{dossier_id}/state", [], ""
    at = point(le) if le else _now()
    while True:
        try:
            page = await control.get(path, at=at or "?", cursor=cursor, limit=AGGREGATES)
        except ApiRefused as error:
            return _unknown_point(error), None
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            return None, {"point": page["point"], "items": _ordered(items)}


def _ordered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the dossier itself first, then what belongs to it, oldest first."""
    return sorted(items, key=lambda one: (one["aggregate"] != "dossier.dossier", one["created_at"] or "", one["id"]))


def _wrong(items: list[dict[str, Any]]) -> int:
    return sum(len(one["findings"]) for one in items)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _unknown_point(error: ApiRefused) -> ApiRefused:
    """Return a refusal that the page can explain; raise any other."""
    if error.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise error
    return error
