"""The past, for somebody who controls an office: what a dossier was at any moment, and what changed since."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused
from portal.instants import point, spoken
from portal.passing import streamed
from portal.purposes import Control, Controlling

router = APIRouter(prefix="/conformite/dossiers")

PAGE = 30
EVENTS = 100
AGGREGATES = 100
NOTHING_YET = {"untold": None, "state": None, "wrong": 0, "diff": None}
"""What the templates are given until it is asked for."""


@router.get("")
async def dossiers(control: Controlling, cursor: str = "") -> Response:
    """List the dossiers of the office, as the journal and their events tell them."""
    path = f"/offices/{control.guest.office_id}/state"
    found = await control.get(path, at=datetime.now(UTC).isoformat(), cursor=cursor, limit=PAGE)
    return control.page("control/dossiers.html", dossiers=found["items"], next=found["next"])


@router.get("/{dossier_id}")
async def past(control: Controlling, dossier_id: UUID, le: str = "", cursor: str = "") -> Response:
    """Show everything that happened to a dossier, and then what it was at a moment (dossier au 12 mars 14:05)."""
    return await _past(control, dossier_id, le, cursor)


@router.get("/{dossier_id}/etat")
async def state(control: Controlling, dossier_id: UUID, le: str = "", cursor: str = "") -> Response:
    """Show what a dossier was, replayed: the page asks for it once it is there, since a long life takes a while."""
    if _asked_by(control, "state"):
        told = await _told(control, dossier_id, le)
        return control.page("control/state.html", dossier_id=dossier_id, wanted=le, **told)
    return await _past(control, dossier_id, le, cursor, whole=True)


@router.get("/{dossier_id}/differences")
async def difference(control: Controlling, dossier_id: UUID, de: str = "", a: str = "") -> Response:
    """Ask for two moments, and then show what changed in a dossier between them."""
    return _difference(control, dossier_id, de, a, NOTHING_YET)


@router.get("/{dossier_id}/differences/champs")
async def changes(control: Controlling, dossier_id: UUID, de: str = "", a: str = "") -> Response:
    """Show what changed, field by field, and by which event; the page asks for it once it is there."""
    compared = await _compared(control, dossier_id, de, a)
    if _asked_by(control, "changes"):
        return control.page("control/changes.html", dossier_id=dossier_id, wanted={"de": de, "a": a}, **compared)
    return _difference(control, dossier_id, de, a, compared)


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


async def _past(control: Control, dossier_id: UUID, le: str, cursor: str, *, whole: bool = False) -> Response:
    listing = control.get(f"/dossiers/{dossier_id}/events", limit=EVENTS, cursor=cursor)
    told: dict[str, Any] = NOTHING_YET
    if whole:
        listed, told = await asyncio.gather(listing, _told(control, dossier_id, le))
    else:
        listed = await listing
    return control.page(
        "control/past.html",
        dossier_id=dossier_id,
        wanted=le,
        moment=spoken(le),
        events=listed["items"],
        next=listed["next"],
        **told,
    )


def _difference(control: Control, dossier_id: UUID, de: str, a: str, compared: dict[str, Any]) -> Response:
    return control.page("control/difference.html", dossier_id=dossier_id, wanted={"de": de, "a": a}, **compared)


def _asked_by(control: Control, part: str) -> bool:
    return control.guest.request.headers.get("hx-target") == part


async def _told(control: Control, dossier_id: UUID, le: str) -> dict[str, Any]:
    """Return the state at a moment, every page of it; now where none is said. Whoever types no moment is told so."""
    path, items, cursor = f"/dossiers/{dossier_id}/state", [], ""
    at = point(le) if le else _now()
    while True:
        try:
            page = await control.get(path, at=at or "?", cursor=cursor, limit=AGGREGATES)
        except ApiRefused as error:
            return NOTHING_YET | {"untold": _unknown_point(error)}
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    return NOTHING_YET | {"state": {"point": page["point"], "items": _ordered(items)}, "wrong": _wrong(items)}


async def _compared(control: Control, dossier_id: UUID, de: str, a: str) -> dict[str, Any]:
    try:
        found = await control.get(
            f"/dossiers/{dossier_id}/diff", **{"from": point(de) or "?", "to": (point(a) or "?") if a else _now()}
        )
    except ApiRefused as error:
        return NOTHING_YET | {"untold": _unknown_point(error)}
    return NOTHING_YET | {"diff": found}


def _ordered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the dossier itself first, then what belongs to it, oldest first."""
    return sorted(items, key=lambda one: (one["aggregate"] != "dossier.dossier", one["created_at"] or "", one["id"]))


def _wrong(items: list[dict[str, Any]]) -> int:
    return sum(len(one["findings"]) for one in items)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _unknown_point(error: ApiRefused) -> str:
    """Return a refusal in words; raise any that is not about the moment."""
    if error.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise error
    return words.refusal(error.code)
