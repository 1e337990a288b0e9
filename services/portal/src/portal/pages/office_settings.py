"""What an office settles for all its dossiers: deed types with documents, ready reasons (L-40, L-42, L-65, L-70)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response

from portal.api import ApiRefused, Json
from portal.forms import Form
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/equipe")

EMPTY_ROWS = 3
"""Rows at the end of a list for what is added; saving gives as many again."""
LAST = 1000


@router.get("/actes/nouveau")
async def new_deed(guest: Staff) -> Response:
    """Show the form of a deed type of the office's own."""
    return _deed(guest, None, {"label": "", "documents": [], "withdrawn": False})


@router.post("/actes/nouveau")
async def add_deed(guest: Staff, form: SentForm) -> Response:
    """Add it (L-70)."""
    body = _deed_of(form)
    try:
        made = await guest.send("POST", "dossier", "/deed-types", body, key=form["key"])
    except ApiRefused as refused:
        return _deed(guest, None, body | {"withdrawn": False}, refused)
    return see_other(f"/equipe/actes/{made['code']}?fait=1")


@router.get("/actes/{code}")
async def deed(guest: Staff, code: str, fait: str = "") -> Response:
    """Show a deed type with the documents usually asked for, in their order."""
    return _deed(guest, code, await _known(guest, code), done=bool(fait))


@router.post("/actes/{code}")
async def change_deed(guest: Staff, code: str, form: SentForm) -> Response:
    """Rename it; say anew what is asked for, in which order, and what clients are told (L-40, L-42, L-70)."""
    body = _deed_of(form)
    try:
        await guest.send("PUT", "dossier", f"/deed-types/{code}", body, key=form["key"])
    except ApiRefused as refused:
        known = await _known(guest, code)
        return _deed(guest, code, body | {"withdrawn": known["withdrawn"]}, refused)
    return see_other(f"/equipe/actes/{code}?fait=1")


@router.post("/actes/{code}/retirer")
async def withdraw_deed(guest: Staff, code: str, form: SentForm) -> Response:
    """Propose it no longer for new dossiers (L-70)."""
    return await _propose(guest, "PUT", code, form)


@router.post("/actes/{code}/proposer")
async def offer_deed(guest: Staff, code: str, form: SentForm) -> Response:
    """Propose it again (L-70)."""
    return await _propose(guest, "DELETE", code, form)


@router.get("/motifs")
async def reasons(guest: Staff, fait: str = "") -> Response:
    """Show the ready reasons of refusals (L-65)."""
    found = await guest.get("dossier", "/refusal-reasons")
    return guest.page("office/reasons.html", reasons=found["items"], error=None, done=bool(fait))


@router.post("/motifs")
async def change_reasons(guest: Staff, form: SentForm) -> Response:
    """Say them anew."""
    given = [line.strip() for line in form["reasons"].splitlines() if line.strip()]
    try:
        await guest.send("PUT", "dossier", "/refusal-reasons", {"reasons": given}, key=form["key"])
    except ApiRefused as refused:
        return guest.page("office/reasons.html", refused=refused, reasons=given, done=False)
    return see_other("/equipe/motifs?fait=1")


async def _known(guest: Staff, code: str) -> Json:
    found = next((one for one in await guest.get("dossier", "/deed-types") if one["code"] == code), None)
    if found is None:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"})
    return found


async def _propose(guest: Staff, method: str, code: str, form: Form) -> Response:
    try:
        await guest.send(method, "dossier", f"/deed-types/{quote(code, safe='')}/withdrawal", key=form["key"])
    except ApiRefused as refused:
        return _deed(guest, code, await _known(guest, code), refused)
    return see_other(f"/equipe/actes/{quote(code, safe='')}")


def _deed(
    guest: Staff,
    code: str | None,
    given: Mapping[str, Any],
    refused: ApiRefused | None = None,
    *,
    done: bool = False,
) -> Response:
    rows: Iterable[Any] = [*given["documents"], *({"label": "", "help": ""} for _ in range(EMPTY_ROWS))]
    return guest.page("office/deed.html", refused=refused, deed=given, deed_code=code, rows=rows, done=done)


def _deed_of(form: Form) -> dict[str, Any]:
    """Return what was typed: rows by their rank, those without a label left out."""
    columns = (form.fields.get(name, []) for name in ("rank", "document", "help"))
    typed = [tuple(value.strip() for value in row) for row in zip_longest(*columns, fillvalue="")]
    ranked = sorted((row for row in typed if row[1]), key=lambda row: _rank(row[0]))
    return {"label": form["label"], "documents": [{"label": label, "help": told} for _, label, told in ranked]}


def _rank(typed: str) -> float:
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return LAST
