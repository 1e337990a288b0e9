"""One letter: what happened to it, its proofs, and what can still be done (A-39, A-54 to A-69)."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.pages.letters.calls import LETTERS
from portal.passing import pass_on
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres")

UNSENT = {"draft", "incompatible", "ready", "awaiting-sender-auth"}
ENDED_OTHERWISE = {"bounced", "not-claimed", "failed", "auth-lapsed", "refused", "cancelled"}


@router.get("/{letter_id}")
async def show(guest: Staff, letter_id: UUID) -> Response:
    """Show a letter with what happened to it, and its proofs (A-39, A-54 to A-59)."""
    return await _letter(guest, letter_id)


@router.get("/{letter_id}/preuves/{version_id}")
async def proof(guest: Staff, letter_id: UUID, version_id: UUID) -> Response:
    """Pass on a proof of the letter (A-57, A-67)."""
    look = await guest.send("POST", LETTERS, f"/letters/{letter_id}/evidence/{version_id}/downloads")
    return await pass_on(guest, version_id, look["ticket"])


@router.post("/{letter_id}/annuler")
async def cancel(guest: Staff, letter_id: UUID, form: SentForm) -> Response:
    """Give the letter up before it leaves."""
    return await _done(guest, letter_id, "cancellation", None, form["key"])


@router.post("/{letter_id}/changements/{change_id}")
async def answer(guest: Staff, letter_id: UUID, change_id: str, form: SentForm) -> Response:
    """Say whether the recipient may be accepted under another name (A-65)."""
    path = f"recipient-changes/{change_id}/answer"
    return await _done(guest, letter_id, path, {"accept": form["answer"] == "accept"}, form["key"])


async def _done(guest: Staff, letter_id: UUID, path: str, body: dict[str, bool] | None, key: str) -> Response:
    try:
        await guest.send("POST", LETTERS, f"/letters/{letter_id}/{path}", body, key=key)
    except ApiRefused as refused:
        return await _letter(guest, letter_id, refused)
    return see_other(f"/lettres/{letter_id}")


async def _letter(guest: Staff, letter_id: UUID, refused: ApiRefused | None = None) -> Response:
    letter, evidence = await asyncio.gather(
        guest.get(LETTERS, f"/letters/{letter_id}"), guest.get(LETTERS, f"/letters/{letter_id}/evidence")
    )
    again = letter["state"] in ENDED_OTHERWISE and not letter["reissued_as"]
    return guest.page(
        "letters/show.html",
        refused=refused,
        letter=letter,
        evidence=evidence["items"],
        may_cancel=letter["state"] in UNSENT,
        may_reissue=again,
    )
