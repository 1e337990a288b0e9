"""What somebody who controls an office reads of it: every event with its proof, who else looked, and why."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from portal.api import ApiRefused
from portal.forms import FormRefused
from portal.instants import instant
from portal.journal_words import PURPOSES
from portal.passing import streamed
from portal.purposes import Control, Controlling, Officer, keep
from portal.rendering import see_other
from portal.visiting import SentForm

router = APIRouter(prefix="/conformite")

Compared = Literal["dossier", "vault", "identity", "messaging", "lre-gateway"]

PAGE = 50
HOME = "/conformite"
LOOKS = ["journal.access", "journal.export"]
RECORDS = (
    ("journal.access", "Une consultation du journal"),
    ("journal.export", "Un export du journal"),
    ("journal.head", "Une clôture"),
    ("journal.erasure", "L'effacement d'une personne"),
)
FILTERS = {
    "dossier": "dossier",
    "personne": "person",
    "document": "document",
    "auteur": "actor",
    "type": "type",
    "depuis": "from",
    "jusqu": "to",
}
"""Names of the fields of our form, and what the journal calls them."""


def _wanted(  # noqa: PLR0913, PLR0917 - one parameter for each field of the form
    dossier: str = "",
    personne: str = "",
    document: str = "",
    auteur: str = "",
    kind: Annotated[str, Query(alias="type")] = "",
    depuis: str = "",
    jusqu: str = "",
) -> dict[str, str]:
    fields = (dossier, personne, document, auteur, kind, depuis, jusqu)
    return {name: value.strip() for name, value in zip(FILTERS, fields, strict=True)}


Wanted = Annotated[dict[str, str], Depends(_wanted)]
"""What the form of the filters says."""


@router.get("/motif")
async def ask_why(guest: Officer, suite: str = HOME) -> Response:
    """Ask why the journal is about to be read."""
    return guest.page("control/purpose.html", purposes=PURPOSES, suite=_ours(suite), wanted={})


@router.post("/motif")
async def say_why(guest: Officer, form: SentForm) -> Response:
    """Remember why, and go on to what was asked for."""
    if form["purpose"] not in dict(PURPOSES):
        raise FormRefused
    response = see_other(_ours(form["suite"]))
    keep(guest, response, form["purpose"], form["reference"])
    return response


@router.get("")
async def timeline(control: Controlling, wanted: Wanted, cursor: str = "") -> Response:
    """Show the journal of the office, filtered, with the numbers that the filter hides and those that are missing."""
    named, (refused, found) = await asyncio.gather(control.get("/event-types"), _found(control, wanted, cursor))
    kinds = [(one["type"], one["meaning"]) for one in named]
    return control.page(
        "control/timeline.html",
        refused=refused,
        events=found["items"],
        counters=found["counters"],
        next=found["next"],
        wanted=wanted,
        kinds=(*RECORDS, *kinds),
        query=_query(wanted),
    )


@router.get("/export")
async def export(control: Controlling, wanted: Wanted, forme: Literal["csv", "jsonl"] = "csv") -> Response:
    """Pass on what the same filters find, as a table or as exact lines."""
    return await streamed(control.guest, control.file("/events/export", format=forme, **_asked(wanted)))


@router.get("/preuve")
async def bundle(control: Controlling) -> Response:
    """Pass on the bundle of the whole office."""
    return await streamed(control.guest, control.file(f"/offices/{control.guest.office_id}/bundle"))


@router.get("/ecritures/{index}")
async def leaf(control: Controlling, index: int, dossier: str = "") -> Response:
    """Show one leaf and what vouches for it."""
    proven = await control.get(f"/events/{index}", dossier=dossier)
    return control.page("control/leaf.html", proven=proven, dossier_id=dossier)


@router.get("/acces")
async def looks(control: Controlling, cursor: str = "") -> Response:
    """Show who read or exported what of the office, when and why."""
    found = await control.get("/events", type=LOOKS, cursor=cursor, limit=PAGE)
    return control.page("control/looks.html", looks=found["items"], next=found["next"])


@router.get("/rejeu")
async def replay(control: Controlling, service: Compared | None = None) -> Response:
    """Show whether what a service shows today is what its events say, replayed now beside it."""
    drift, refused = None, None
    if service:
        try:
            drift = await control.get(f"/drift/{service}")
        except ApiRefused as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            refused = error
    return control.page("control/replay.html", refused=refused, services=get_args(Compared), asked=service, drift=drift)


async def _found(control: Control, wanted: dict[str, str], cursor: str) -> tuple[ApiRefused | None, dict[str, Any]]:
    """Return a page of what the filters find; a filter that cannot be read is told on the page."""
    try:
        return None, await control.get("/events", cursor=cursor, limit=PAGE, **_asked(wanted))
    except ApiRefused as error:
        if error.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND}:
            raise
        return error, {"items": [], "counters": [], "next": None}


def _asked(wanted: dict[str, str]) -> dict[str, Any]:
    """Return the filters as the journal takes them; dates are those of Paris."""
    given = {FILTERS[name]: value for name, value in wanted.items()}
    return given | {name: instant(given[name]) for name in ("from", "to")}


def _query(wanted: dict[str, str]) -> str:
    """Return the filters for an address, each followed by an ampersand."""
    said = urlencode({name: value for name, value in wanted.items() if value})
    return f"{said}&" if said else ""


def _ours(suite: str) -> str:
    """Return the page to go on to; none but those of control."""
    inside = suite == HOME or suite.startswith((f"{HOME}?", f"{HOME}/"))
    return suite if inside and not set(suite) & set("\\\r\n") else HOME
