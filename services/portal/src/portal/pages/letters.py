"""Registered letters: looked for, written in a batch, checked, sent, followed to their proofs (A-28 to A-60)."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused
from portal.forms import Form
from portal.passing import pass_on, streamed
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/lettres")

LETTERS = "lre-gateway"
PAGE = 50
PEOPLE = 100


@router.get("")
async def letters(guest: Staff, q: str = "", statut: str = "", lot: str = "", cursor: str = "") -> Response:
    """List letters, found by recipient, state or batch (A-28, A-60)."""
    found = await guest.get(
        LETTERS, "/letters", recipient=q[:200], status=statut, batch_id=lot, cursor=cursor, limit=PAGE
    )
    return guest.page(
        "letters/list.html",
        letters=found["items"],
        next=found["next"],
        wanted={"q": q, "statut": statut, "lot": lot},
        states=words.LETTER_STATES,
    )


@router.get("/export.csv")
async def export(guest: Staff, q: str = "", statut: str = "", lot: str = "") -> Response:
    """Pass on the same list as a table."""
    wanted = {"recipient": q[:200], "status": statut, "batch_id": lot}
    params = {name: value for name, value in wanted.items() if value}
    return await streamed(guest, guest.desk.api.request(guest.caller, "GET", LETTERS, "/letters.csv", params=params))


@router.get("/nouveau")
async def new(guest: Staff, dossier: str = "") -> Response:
    """Show the form of a batch (A-31 to A-42)."""
    return await _writing(guest, dossier)


@router.post("/nouveau")
async def write(guest: Staff, form: SentForm) -> Response:
    """Write a letter to each recipient that was ticked, then check them all (A-31, A-38)."""
    body: dict[str, Any] = {
        "sender_id": form["sender"],
        "level": form["level"],
        "dossier_id": form["dossier"] or None,
        "entity": form["entity"] or None,
        "dossier_reference": form["reference"],
        "letters": [
            {"recipient_id": one, "subject": form["subject"], "text": _marked(form["text"])}
            for one in form.all("recipient")
        ],
    }
    if form["level"] == "paper":
        body["print"] = {"colour": form.ticked("colour"), "sides": form["sides"] or "simplex"}
    try:
        made = await guest.send("POST", LETTERS, "/batches", body, key=form["key"])
        await guest.send("POST", LETTERS, f"/batches/{made['id']}/checks")
    except ApiRefused as refused:
        return await _writing(guest, form["dossier"], form, refused)
    return see_other(f"/lettres/lots/{made['id']}")


async def _writing(guest: Staff, dossier: str, form: Form | None = None, refused: ApiRefused | None = None) -> Response:
    senders, people, entities = await asyncio.gather(
        guest.get(LETTERS, "/senders"),
        guest.get(LETTERS, "/recipients", limit=PEOPLE),
        guest.get(LETTERS, "/billing-entities"),
    )
    return guest.page(
        "letters/new.html",
        refused=refused,
        senders=[one for one in senders["items"] if one["state"] != "revoked"],
        recipients=people["items"],
        entities=entities["items"],
        levels=words.LEVELS,
        dossier=dossier,
        given={name: form[name] if form else "" for name in ("sender", "level", "subject", "text", "reference")},
        ticked=set(form.all("recipient")) if form else set(),
    )


@router.get("/lots/{batch_id}")
async def batch(guest: Staff, batch_id: UUID, cursor: str = "") -> Response:
    """Show what can leave and what cannot, and how far the sending has come (A-38, A-43 to A-48)."""
    found, errors = await asyncio.gather(
        guest.get(LETTERS, f"/batches/{batch_id}"),
        guest.get(LETTERS, f"/batches/{batch_id}/errors", cursor=cursor, limit=PAGE),
    )
    live = guest.request.headers.get("hx-target") == "batch"
    return guest.page(
        "letters/progress.html" if live else "letters/batch.html",
        batch=found,
        errors=errors["items"],
        next=errors["next"],
    )


@router.post("/lots/{batch_id}/controle")
async def check(guest: Staff, batch_id: UUID, form: SentForm) -> Response:
    """Check again (A-46)."""
    await guest.send("POST", LETTERS, f"/batches/{batch_id}/checks", key=form["key"])
    return see_other(f"/lettres/lots/{batch_id}")


@router.post("/lots/{batch_id}/envoi")
async def submit(guest: Staff, batch_id: UUID, form: SentForm) -> Response:
    """Send the letters that can leave (A-48, A-49)."""
    await guest.send("POST", LETTERS, f"/batches/{batch_id}/submission", key=form["key"])
    return see_other(f"/lettres/lots/{batch_id}")


@router.get("/a-valider")
async def awaiting(guest: Staff, cursor: str = "") -> Response:
    """List the letters that wait for the code (A-52)."""
    return await _awaiting(guest, cursor)


@router.post("/a-valider")
async def release(guest: Staff, form: SentForm) -> Response:
    """Release the ticked letters with one code, which is kept nowhere (A-53)."""
    body = {"letter_ids": form.all("letter"), "code": "".join(form["code"].split())}
    try:
        outcome = await guest.send("POST", LETTERS, "/releases", body, key=form["key"])
    except ApiRefused as refused:
        if refused.code == "code-refused":
            refused.code = "release-refused"  # of a key for letters, not of a sign-in
        return await _awaiting(guest, "", refused, set(form.all("letter")))
    return await _awaiting(guest, "", outcomes=outcome["items"])


async def _awaiting(
    guest: Staff,
    cursor: str,
    refused: ApiRefused | None = None,
    ticked: set[str] | None = None,
    outcomes: list[Any] | None = None,
) -> Response:
    found = await guest.get(LETTERS, "/letters/awaiting-code", cursor=cursor, limit=PAGE)
    return guest.page(
        "letters/awaiting.html",
        refused=refused,
        letters=found["items"],
        next=found["next"],
        ticked=ticked,
        released=sum(one["outcome"] in {"released", "submitted", "pending"} for one in outcomes or ()),
        others=[one for one in outcomes or () if one["outcome"] in {"refused", "unknown", "not-waiting"}],
        done=outcomes is not None,
    )


@router.get("/destinataires")
async def people(guest: Staff, q: str = "", cursor: str = "") -> Response:
    """Show the register of recipients and their consents (A-13, A-16 to A-20)."""
    return await _people(guest, q, cursor)


@router.post("/destinataires")
async def add_person(guest: Staff, form: SentForm) -> Response:
    """Write somebody into the register (A-13, A-14)."""
    body: dict[str, Any] = {
        "kind": form["kind"] or "individual",
        "last_name": form["last_name"],
        "first_name": form["first_name"],
        "company": form["company"] or None,
        "email": form["email"],
    }
    if form["line1"]:
        body["postal"] = {name: form[name] for name in ("line1", "line2", "postcode", "city")}
    try:
        await guest.send("POST", LETTERS, "/recipients", body, key=form["key"])
    except ApiRefused as refused:
        return await _people(guest, "", "", refused)
    return see_other("/lettres/destinataires")


async def _people(guest: Staff, q: str, cursor: str, refused: ApiRefused | None = None) -> Response:
    found = await guest.get(LETTERS, "/recipients", q=q[:200], cursor=cursor, limit=PAGE)
    return guest.page(
        "letters/people.html",
        refused=refused,
        people=found["items"],
        next=found["next"],
        q=q,
        consents=words.CONSENTS,
    )


@router.get("/{letter_id}")
async def show(guest: Staff, letter_id: UUID) -> Response:
    """Show a letter with what happened to it, and its proofs (A-39, A-54 to A-59)."""
    letter, evidence = await asyncio.gather(
        guest.get(LETTERS, f"/letters/{letter_id}"), guest.get(LETTERS, f"/letters/{letter_id}/evidence")
    )
    return guest.page(
        "letters/show.html",
        letter=letter,
        evidence=evidence["items"],
        steps=words.LETTER_STEPS,
        proofs=words.PROOFS,
    )


@router.get("/{letter_id}/preuves/{version_id}")
async def proof(guest: Staff, letter_id: UUID, version_id: UUID) -> Response:
    """Pass on a proof of the letter (A-57, A-67)."""
    look = await guest.send("POST", LETTERS, f"/letters/{letter_id}/evidence/{version_id}/downloads")
    return await pass_on(guest, version_id, look["ticket"])


def _marked(text: str) -> str:
    """Return typed text with its paragraphs marked."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = [one.strip().replace("\n", "<br>") for one in plain.replace("\r", "").split("\n\n") if one.strip()]
    return "".join(f"<p>{one}</p>" for one in paragraphs)
