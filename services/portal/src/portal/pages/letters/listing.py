"""The list of letters, and the same as a table (A-28, A-29, A-60)."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from portal import letter_words
from portal.pages.letters.calls import LETTERS, PAGE, period
from portal.passing import streamed
from portal.visiting import Staff

router = APIRouter(prefix="/lettres")


def _wanted(  # noqa: PLR0913, PLR0917 - what letters are found by
    q: str = "", statut: str = "", par: str = "", du: str = "", au: str = "", lot: str = "", dossier: str = ""
) -> dict[str, str]:
    return {"q": q[:200], "statut": statut, "par": par, "du": du, "au": au, "lot": lot, "dossier": dossier}


Wanted = Annotated[dict[str, str], Depends(_wanted)]


@router.get("")
async def letters(guest: Staff, wanted: Wanted, cursor: str = "") -> Response:
    """List letters, found by recipient, state, user, period, batch or dossier (A-28, A-60)."""
    found, people = await asyncio.gather(
        guest.get(LETTERS, "/letters", **_asked(wanted), cursor=cursor, limit=PAGE), guest.colleagues()
    )
    return guest.page(
        "letters/list.html",
        letters=found["items"],
        next=found["next"],
        wanted=wanted,
        query=urlencode({name: value for name, value in wanted.items() if value}),
        states=letter_words.STATES,
        members=people,
        names={one["person_id"]: one for one in people},
    )


@router.get("/export.csv")
async def export(guest: Staff, wanted: Wanted) -> Response:
    """Pass on the same list as a table."""
    params = {name: value for name, value in _asked(wanted).items() if value}
    return await streamed(guest, guest.desk.api.request(guest.caller, "GET", LETTERS, "/letters.csv", params=params))


def _asked(wanted: dict[str, str]) -> dict[str, str | None]:
    return {
        "recipient": wanted["q"],
        "status": wanted["statut"],
        "user": wanted["par"],
        "batch_id": wanted["lot"],
        "dossier_id": wanted["dossier"],
        **period(wanted["du"], wanted["au"]),
    }
