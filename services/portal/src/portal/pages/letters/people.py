"""The register of recipients and of what they agreed to (A-13 to A-24), and one person mended (A-44)."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from portal.api import ApiRefused
from portal.file_form import read_file_form
from portal.forms import Form
from portal.pages.letters.calls import LETTERS, PAGE, change, is_id, keep, nothing_chosen, read_with_version, senders
from portal.rendering import see_other
from portal.security import CSRF_FIELD, genuine
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres/destinataires")

Chosen = Annotated[list[UUID], Query(alias="personne", max_length=PAGE)]
NONE: list[UUID] = []
HERE = "/lettres/destinataires"


@router.get("")
async def people(guest: Staff, q: str = "", cursor: str = "") -> Response:
    """Show the register of recipients and their consents (A-13, A-16 to A-20)."""
    return await _people(guest, q, cursor)


@router.post("")
async def add(guest: Staff, form: SentForm) -> Response:
    """Write somebody into the register (A-13, A-14)."""
    body = _written(form)
    try:
        await guest.send(
            "POST",
            LETTERS,
            "/recipients",
            {name: body[name] for name in body if body[name] is not None},
            key=form["key"],
        )
    except ApiRefused as refused:
        return await _people(guest, "", "", refused, form)
    return see_other(HERE)


@router.post("/selection")
async def select(guest: Staff, form: SentForm) -> Response:
    """Do with the ticked people what was asked: add, withdraw or fetch their consent (A-16 to A-19)."""
    ids = form.all("recipient")
    try:
        if not ids and form["act"] != "refresh":
            raise nothing_chosen()
        if form["act"] == "add":
            return see_other(f"{HERE}/accord?{urlencode({'personne': ids}, doseq=True)}")
        if form["act"] == "withdraw":
            found = await guest.send("POST", LETTERS, "/consents/withdrawals", {"recipient_ids": ids}, key=form["key"])
        else:
            body = {"sender_id": form["sender"]} | ({"recipient_ids": ids} if ids else {})
            found = await guest.send("POST", LETTERS, "/consents/refresh", body, key=form["key"])
    except ApiRefused as refused:
        return await _people(guest, "", "", refused)
    return guest.page("letters/changes.html", changes=found["items"])


@router.get("/accord")
async def agreeing(guest: Staff, personne: Chosen = NONE) -> Response:
    """Ask for the document that shows that people agreed (A-16, A-24)."""
    return await _agreeing(guest, personne)


@router.post("/accord")
async def agreed(guest: Staff, request: Request, personne: Chosen = NONE) -> Response:
    """Write down that people agreed, with the document that shows it (A-16)."""
    file = await read_file_form(request)
    genuine(file.fields.get(CSRF_FIELD), guest.session.csrf)
    try:
        document = await keep(guest, file)
        body = {"recipient_ids": list(map(str, personne)), "document_id": document}
        found = await guest.send("POST", LETTERS, "/consents", body)
    except ApiRefused as refused:
        return await _agreeing(guest, personne, refused)
    return guest.page("letters/changes.html", changes=found["items"])


@router.get("/{recipient_id}")
async def person(guest: Staff, recipient_id: UUID, lot: str = "", lettre: str = "") -> Response:
    """Show a person with the whole register of what they agreed to."""
    return await _person(guest, recipient_id, _whence(lot, lettre))


@router.post("/{recipient_id}")
async def mend(guest: Staff, recipient_id: UUID, form: SentForm) -> Response:
    """Change what is known of a person, and go back.

    A batch that they came from is checked again (A-44, A-46); a letter is sent again (A-59).
    """
    whence = _whence(form["lot"], form["lettre"])
    try:
        await change(
            guest, f"/recipients/{recipient_id}", _written(form), version=form["version"], key=form["key"]
        )  # fmt: skip
        if whence.batch:
            await guest.send("POST", LETTERS, f"/batches/{whence.batch}/checks")
    except ApiRefused as refused:
        return await _person(guest, recipient_id, whence, form, refused)
    return see_other(whence.address)


@router.post("/{recipient_id}/papier")
async def opt_out(guest: Staff, recipient_id: UUID, form: SentForm) -> Response:
    """Note whether somebody wants paper instead of electronic notices."""
    body = {"opted_out": form["paper"] == "yes"}
    await guest.send("POST", LETTERS, f"/recipients/{recipient_id}/opt-out", body, key=form["key"])
    return see_other(f"{HERE}/{recipient_id}")


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody came from to mend a person: a batch, a letter that is sent again, or the register."""

    batch: str = ""
    letter: str = ""

    @property
    def address(self) -> str:
        """Where they go back to."""
        if self.batch:
            return f"/lettres/lots/{self.batch}"
        return f"/lettres/{self.letter}/renvoyer" if self.letter else HERE


def _whence(batch: str, letter: str) -> Whence:
    return Whence(batch if is_id(batch) else "", letter if is_id(letter) else "")


def _written(form: Form) -> dict[str, Any]:
    postal = {name: form[name] for name in ("line1", "line2", "postcode", "city")}
    return {
        "kind": form["kind"] or "individual",
        "last_name": form["last_name"],
        "first_name": form["first_name"],
        "company": form["company"] or None,
        "email": form["email"],
        "postal": postal if form["line1"] else None,
    }


async def _people(
    guest: Staff, q: str, cursor: str, refused: ApiRefused | None = None, form: Form | None = None
) -> Response:
    found, accounts = await asyncio.gather(
        guest.get(LETTERS, "/recipients", q=q[:200], cursor=cursor, limit=PAGE), senders(guest)
    )
    return guest.page(
        "letters/people.html",
        refused=refused,
        people=found["items"],
        next=found["next"],
        q=q,
        senders=accounts,
        given=_written(form) if form else None,
    )


async def _agreeing(guest: Staff, chosen: list[UUID], refused: ApiRefused | None = None) -> Response:
    found = await asyncio.gather(*(guest.get(LETTERS, f"/recipients/{one}") for one in chosen))
    query = urlencode({"personne": list(map(str, chosen))}, doseq=True)
    return guest.page("letters/agreeing.html", refused=refused, people=found, query=query)


async def _person(
    guest: Staff, recipient_id: UUID, whence: "Whence", form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    found, version = await read_with_version(guest, f"/recipients/{recipient_id}")
    return guest.page(
        "letters/person.html",
        refused=refused,
        who=found,
        given=_written(form) if form else found,
        version=version,
        whence=whence,
    )
