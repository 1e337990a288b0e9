"""Letters written: to whom, at which level, with which text and files (A-31 to A-42, A-72)."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from portal import letter_words
from portal.api import ApiRefused, Json
from portal.file_form import read_file_form
from portal.forms import Form
from portal.pages.letters.calls import LETTERS, is_id, keep, kept, payers, senders
from portal.rendering import see_other
from portal.security import CSRF_FIELD, genuine
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres")

PEOPLE = 100
MOST_FILES = 50
GIVEN = ("sender", "level", "entity", "subject", "text", "reference")
Pieces = Annotated[list[UUID], Query(alias="piece", max_length=MOST_FILES)]
NONE: list[UUID] = []


@router.get("/nouveau")
async def new(guest: Staff, dossier: str = "", piece: Pieces = NONE) -> Response:
    """Show the form of a batch (A-31 to A-42)."""
    return await _writing(guest, dossier, piece)


@router.post("/pieces")
async def attach(guest: Staff, request: Request, dossier: str = "", piece: Pieces = NONE) -> Response:
    """Take a file that will go with every letter of the batch (A-33)."""
    file = await read_file_form(request)
    genuine(file.fields.get(CSRF_FIELD), guest.session.csrf)
    try:
        version_id = await keep(guest, file, dossier)
    except ApiRefused as refused:
        return await _writing(guest, dossier, piece, refused=refused)
    return see_other(f"/lettres/nouveau?{_query(dossier, [*map(str, piece), version_id])}")


@router.post("/nouveau")
async def write(guest: Staff, form: SentForm) -> Response:
    """Write a letter to each recipient that was ticked, then check them all (A-31, A-38)."""
    pieces = form.all("piece")
    try:
        made = await guest.send("POST", LETTERS, "/batches", await _batch(guest, form, pieces), key=form["key"])
        await guest.send("POST", LETTERS, f"/batches/{made['id']}/checks")
    except ApiRefused as refused:
        return await _writing(guest, form["dossier"], [UUID(one) for one in pieces if is_id(one)], form, refused)
    return see_other(f"/lettres/lots/{made['id']}")


async def _batch(guest: Staff, form: Form, pieces: list[str]) -> dict[str, Any]:
    to = form.all("recipient") + [await _registered(guest, form, one) for one in form.all("client")]
    if not to:
        raise ApiRefused(422, {"code": "no-recipient"})
    text = _marked(form["text"])
    body: dict[str, Any] = {
        "sender_id": form["sender"],
        "level": form["level"],
        "dossier_id": form["dossier"] or None,
        "entity": form["entity"] or None,
        "dossier_reference": form["reference"],
        "letters": [
            {"recipient_id": one, "subject": form["subject"], "text": text, "attachments": pieces}
            for one in dict.fromkeys(to)
        ],
    }
    if form["level"] == "paper":
        body["print"] = {"colour": form.ticked("colour"), "sides": form["sides"] or "simplex"}
    return body


async def _registered(guest: Staff, form: Form, client_id: str) -> str:
    """Return the recipient that a client of the office is, written into the register now if they were not there."""
    if not is_id(client_id):
        raise ApiRefused(422, {"code": "unknown-recipient"})
    who = await guest.get("identity", f"/clients/{client_id}")
    body = {"kind": "individual", "person_id": client_id}
    body |= {name: who[name] or "" for name in ("first_name", "last_name", "email")}
    try:
        made = await guest.send("POST", LETTERS, "/recipients", body, key=f"{form['key']}-{client_id}")
    except ApiRefused as refused:
        if refused.code != "recipient-known" or "recipient_id" not in refused.problem:
            raise
        return str(refused.problem["recipient_id"])
    return str(made["id"])


async def _writing(
    guest: Staff, dossier: str, pieces: list[UUID], form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    accounts, people, entities, files, about = await asyncio.gather(
        senders(guest),
        guest.get(LETTERS, "/recipients", limit=PEOPLE),
        guest.get(LETTERS, "/billing-entities"),
        kept(guest, pieces),
        _dossier(guest, dossier),
    )
    known = {one["person_id"] for one in people["items"]}
    given = {name: form[name] if form else "" for name in GIVEN}
    if about and not form:
        given["reference"] = about["number"]
    return guest.page(
        "letters/new.html",
        refused=refused,
        senders=accounts,
        recipients=people["items"],
        clients=[one for one in about["clients"] if one["id"] not in known] if about else [],
        entities=payers(entities["items"], accounts),
        levels=letter_words.LEVELS,
        dossier=about,
        pieces=files,
        query=_query(dossier, list(map(str, pieces))),
        given=given,
        ticked=set(form.all("recipient") + form.all("client")) if form else set(),
    )


async def _dossier(guest: Staff, dossier: str) -> Json:
    return await guest.get("dossier", f"/dossiers/{UUID(dossier)}") if is_id(dossier) else None


def _query(dossier: str, pieces: list[str]) -> str:
    given: dict[str, Any] = {"dossier": dossier} if dossier else {}
    return urlencode(given | {"piece": pieces}, doseq=True)


def _marked(text: str) -> str:
    """Return typed text with its paragraphs marked."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = [one.strip().replace("\n", "<br>") for one in plain.replace("\r", "").split("\n\n") if one.strip()]
    return "".join(f"<p>{one}</p>" for one in paragraphs)
