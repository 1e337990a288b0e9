"""A batch: what can leave and what cannot, mended, sent, watched (A-38, A-43 to A-48)."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.pages.letters.calls import LETTERS, PAGE
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres/lots")

MENDED_AT = {"recipient": "/lettres/destinataires/{id}?lot={lot}", "sender": "/lettres/comptes/{id}"}


@router.get("")
async def batches(guest: Staff, cursor: str = "") -> Response:
    """List what was prepared, newest first."""
    found = await guest.get(LETTERS, "/batches", cursor=cursor, limit=PAGE)
    return guest.page("letters/batches.html", batches=found["items"], next=found["next"])


@router.get("/{batch_id}")
async def batch(guest: Staff, batch_id: UUID, cursor: str = "") -> Response:
    """Show what can leave and what cannot, and how far the sending has come (A-38, A-43 to A-48)."""
    return await _batch(guest, batch_id, cursor)


@router.post("/{batch_id}/controle")
async def check(guest: Staff, batch_id: UUID, form: SentForm) -> Response:
    """Check again (A-46)."""
    return await _done(guest, batch_id, "checks", form["key"])


@router.post("/{batch_id}/envoi")
async def submit(guest: Staff, batch_id: UUID, form: SentForm) -> Response:
    """Send the letters that can leave (A-48, A-49)."""
    return await _done(guest, batch_id, "submission", form["key"])


async def _done(guest: Staff, batch_id: UUID, what: str, key: str) -> Response:
    try:
        await guest.send("POST", LETTERS, f"/batches/{batch_id}/{what}", key=key)
    except ApiRefused as refused:
        return await _batch(guest, batch_id, "", refused)
    return see_other(f"/lettres/lots/{batch_id}")


async def _batch(guest: Staff, batch_id: UUID, cursor: str, refused: ApiRefused | None = None) -> Response:
    found, errors, letters = await asyncio.gather(
        guest.get(LETTERS, f"/batches/{batch_id}"),
        guest.get(LETTERS, f"/batches/{batch_id}/errors", cursor=cursor, limit=PAGE),
        guest.get(LETTERS, "/letters", batch_id=batch_id, limit=PAGE),
    )
    live = guest.request.headers.get("hx-target") == "batch"
    return guest.page(
        "letters/progress.html" if live else "letters/batch.html",
        refused=refused,
        batch=found,
        errors=[_mendable(one, batch_id) for one in errors["items"]],
        next=errors["next"],
        letters=letters["items"],
        more_letters=letters["next"] is not None,
    )


def _mendable(error: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Return a letter that cannot leave, with the page on which each problem is mended (A-44)."""
    problems = [
        {**one, "page": MENDED_AT.get(one["about"], "").format(id=one["subject_id"], lot=batch_id)}
        for one in error["problems"]
    ]
    return {**error, "problems": problems}
