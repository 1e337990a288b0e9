"""Letters written from a table, CSV or XLSX (A-31, A-32)."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from portal import letter_words, words
from portal.api import ApiRefused, Json
from portal.file_form import SentFile, read_file_form
from portal.pages.letters.calls import LETTERS, UPLOAD_SECONDS, payers, senders
from portal.security import CSRF_FIELD, genuine
from portal.visiting import Staff

router = APIRouter(prefix="/lettres/liste")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = {"missing": "Il manque", "unknown": "Titres inconnus", "twice": "Titres en double"}
COLUMNS = {
    "kind": "type", "last_name": "nom", "first_name": "prénom", "company": "société", "email": "e-mail",
    "line1": "adresse", "line2": "complément", "postcode": "code postal", "city": "ville", "country": "pays",
    "subject": "objet", "text": "texte", "attachments": "pièces jointes",
}  # fmt: skip
"""How the titles of a table are called to whoever wrote it."""


def _facts(
    sender: str = "", level: str = "", entity: str = "", reference: str = "", dossier: str = ""
) -> dict[str, str]:
    return {"sender": sender, "level": level, "entity": entity, "reference": reference[:60], "dossier": dossier}


Facts = Annotated[dict[str, str], Depends(_facts)]


@router.get("")
async def choose(guest: Staff, facts: Facts) -> Response:
    """Ask for what the letters have in common, then for the table."""
    return await _choosing(guest, facts)


@router.post("")
async def take(guest: Staff, request: Request, facts: Facts) -> Response:
    """Write the letters of a table, check them, and tell which rows became none."""
    file = await read_file_form(request)
    genuine(file.fields.get(CSRF_FIELD), guest.session.csrf)
    try:
        made = await _imported(guest, facts, file)
        if made["batch_id"]:
            await guest.send("POST", LETTERS, f"/batches/{made['batch_id']}/checks")
    except ApiRefused as refused:
        return await _choosing(guest, facts, refused=refused)
    return await _choosing(guest, facts, made=made)


async def _imported(guest: Staff, facts: dict[str, str], file: SentFile) -> Json:
    named = {
        "sender_id": facts["sender"],
        "level": facts["level"],
        "entity": facts["entity"],
        "dossier_reference": facts["reference"],
        "dossier_id": facts["dossier"],
    }
    kind = XLSX if file.name.lower().endswith(".xlsx") else "text/csv"
    headers = {"Content-Type": kind, "Content-Length": str(file.size), "Idempotency-Key": file.fields.get("key", "")}
    answer = await guest.desk.api.call(
        guest.caller,
        "POST",
        LETTERS,
        "/batches/imports",
        params={name: value for name, value in named.items() if value},
        headers=headers,
        content=file.chunks,
        timeout=UPLOAD_SECONDS,
    )
    return answer.json()


def _why(refused: ApiRefused) -> str:
    """Say why a table is not taken, with the line or the titles that are at fault."""
    said = words.refusal(refused.code)
    titles = (
        f"{sentence} : {', '.join(COLUMNS.get(one, one) for one in refused.problem[member])}."
        for member, sentence in TITLES.items()
        if refused.problem.get(member)
    )
    place = f"Ligne {refused.problem['row']} : " if "row" in refused.problem else ""
    reason = f"{place}{refused.problem['reason']}." if "reason" in refused.problem else ""
    return " ".join(filter(None, (said, *titles, reason[:1].upper() + reason[1:])))


async def _choosing(
    guest: Staff, facts: dict[str, str], *, made: Json = None, refused: ApiRefused | None = None
) -> Response:
    accounts, entities = await asyncio.gather(senders(guest), guest.get(LETTERS, "/billing-entities"))
    named: dict[str, Any] = {one["id"]: one["email"] for one in accounts}
    levels = dict(letter_words.LEVELS)
    return guest.page(
        "letters/table.html",
        refused=refused,
        **({"error": _why(refused)} if refused else {}),
        senders=accounts,
        entities=payers(entities["items"], accounts),
        levels=letter_words.LEVELS,
        facts=facts,
        ready=facts["sender"] in named and facts["level"] in levels,
        chosen={"sender": named.get(facts["sender"]), "level": levels.get(facts["level"])},
        query=urlencode({name: value for name, value in facts.items() if value}),
        made=made,
    )
