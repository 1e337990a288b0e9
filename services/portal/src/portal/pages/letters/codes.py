"""Letters that wait for the code of their sender, released with one code (A-49, A-52, A-53)."""

from typing import Any

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.forms import Form
from portal.pages.letters.calls import LETTERS, PAGE, nothing_chosen
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres/a-valider")

GONE = {"released", "submitted", "pending"}
WRONG = {"code-needed"}
"""What stood in the way of every letter when the provider did not take the code."""


@router.get("")
async def awaiting(guest: Staff, compte: str = "", cursor: str = "") -> Response:
    """List the letters that wait for the code (A-52)."""
    return await _awaiting(guest, compte, cursor)


@router.post("")
async def release(guest: Staff, form: SentForm, compte: str = "") -> Response:
    """Release the ticked letters with one code, which is kept nowhere (A-53)."""
    try:
        outcomes = await _released(guest, form)
    except ApiRefused as refused:
        if refused.code in {"code-refused", "invalid"}:
            refused.code = "release-refused"  # of a key for letters, not of a sign-in
        return await _awaiting(guest, compte, "", refused=refused, ticked=set(form.all("letter")))
    return await _awaiting(guest, compte, "", outcomes=outcomes)


async def _released(guest: Staff, form: Form) -> list[Any]:
    chosen = form.all("letter")
    if not chosen:
        raise nothing_chosen()
    body = {"letter_ids": chosen, "code": "".join(form["code"].split())}
    outcomes: list[Any] = (await guest.send("POST", LETTERS, "/releases", body, key=form["key"]))["items"]
    if all(one["outcome"] == "refused" and one["problem"] in WRONG for one in outcomes):
        raise ApiRefused(422, {"code": "release-refused"})
    return outcomes


async def _awaiting(  # noqa: PLR0913 - what the page shows
    guest: Staff,
    account: str,
    cursor: str,
    *,
    refused: ApiRefused | None = None,
    ticked: set[str] | None = None,
    outcomes: list[Any] | None = None,
) -> Response:
    found = await guest.get(LETTERS, "/letters/awaiting-code", sender_id=account, cursor=cursor, limit=PAGE)
    gone = {one["letter_id"] for one in outcomes or () if one["outcome"] in GONE}
    letters = [one for one in found["items"] if one["id"] not in gone]
    accounts = {one["sender_id"]: one["sender_email"] for one in letters}
    if ticked is None:
        ticked = {one["id"] for one in letters} if len(accounts) == 1 else set()
    return guest.page(
        "letters/awaiting.html",
        refused=refused,
        letters=letters,
        next=found["next"],
        account=account,
        accounts=accounts,
        ticked=ticked,
        released=len(gone),
        others=[one for one in outcomes or () if one["outcome"] not in GONE],
        done=outcomes is not None,
        left=refused.problem.get("left") if refused else None,
    )
