"""A letter that did not reach its recipient, sent again: to them as they are now, or to somebody else (A-59)."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from portal import letter_words
from portal.api import ApiRefused, Json
from portal.forms import Form
from portal.pages.letters.calls import LETTERS
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres/{letter_id}/renvoyer")

FOUND = 20


@router.get("")
async def ask(guest: Staff, letter_id: UUID, q: str = "") -> Response:
    """Ask to whom and how; others than the first recipient are looked for in the register."""
    return await _asking(guest, letter_id, q)


@router.post("")
async def reissue(guest: Staff, letter_id: UUID, form: SentForm) -> Response:
    """Write the letter again, as a new one; it is checked with its batch."""
    body = {name: form[name] for name in ("recipient_id", "level") if form[name]}
    try:
        made = await guest.send("POST", LETTERS, f"/letters/{letter_id}/reissue", body, key=form["key"])
        await guest.send("POST", LETTERS, f"/batches/{made['batch_id']}/checks")
    except ApiRefused as refused:
        return await _asking(guest, letter_id, form["q"], form, refused)
    return see_other(f"/lettres/lots/{made['batch_id']}")


async def _asking(
    guest: Staff, letter_id: UUID, q: str, form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    letter = await guest.get(LETTERS, f"/letters/{letter_id}")
    first, others = await asyncio.gather(_first(guest, letter), _others(guest, letter, q))
    proposed = next((one["id"] for one in [*others, *first]), "")
    return guest.page(
        "letters/again.html",
        refused=refused,
        letter=letter,
        people=[*first, *others],
        chosen=form["recipient_id"] if form else proposed,
        others=others,
        q=q,
        levels=letter_words.LEVELS,
        level=form["level"] if form else letter["level"],
    )


async def _first(guest: Staff, letter: Json) -> list[Json]:
    """Return the one it went to as they are now; nobody once they are erased."""
    return [] if letter["recipient"] is None else [await guest.get(LETTERS, f"/recipients/{letter['recipient_id']}")]


async def _others(guest: Staff, letter: Json, q: str) -> list[Json]:
    if not q.strip():
        return []
    found = await guest.get(LETTERS, "/recipients", q=q[:200], limit=FOUND)
    return [one for one in found["items"] if one["id"] != letter["recipient_id"]]
