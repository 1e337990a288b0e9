"""What a client and the office write to each other, and when clients are reminded (S-21, S-22, C-04)."""

import asyncio
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused
from portal.forms import Form
from portal.rendering import see_other
from portal.visiting import Client, Guest, SentForm, Staff

router = APIRouter()

PAGE = 20
DAY_DIGITS = 3
EMPTY = Form({})


@router.get("/dossiers/{dossier_id}/messages")
async def conversations(guest: Staff, dossier_id: UUID) -> Response:
    """List the conversations of a dossier; a single one opens at once."""
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"/dossiers/{dossier_id}/conversations"),
    )
    if len(found["items"]) == 1:
        return see_other(f"/dossiers/{dossier_id}/messages/{found['items'][0]['client']['id']}")
    return guest.page("conversations/list.html", dossier=dossier, conversations=found["items"])


@router.get("/dossiers/{dossier_id}/messages/{client_id}")
async def office_side(guest: Staff, dossier_id: UUID, client_id: UUID, cursor: str = "", vu: str = "") -> Response:
    """Show the conversation with a client, and say that what they wrote was seen."""
    return await _office_side(guest, dossier_id, client_id, cursor=cursor, seen=vu)


@router.post("/dossiers/{dossier_id}/messages/{client_id}")
async def answer(guest: Staff, dossier_id: UUID, client_id: UUID, form: SentForm) -> Response:
    """Write to the client."""
    body = {"text": form["text"], **({"subject": form["subject"]} if form["subject"] else {})}
    try:
        path = f"/dossiers/{dossier_id}/conversations/{client_id}/messages"
        await guest.send("POST", "dossier", path, body, key=form["key"])
    except ApiRefused as refused:
        return await _office_side(guest, dossier_id, client_id, form=form, refused=refused)
    return see_other(f"/dossiers/{dossier_id}/messages/{client_id}")


@router.get("/mes-dossiers/{dossier_id}/messages")
async def client_side(guest: Client, dossier_id: UUID, cursor: str = "", vu: str = "") -> Response:
    """Show the client the conversation with the office, and say that what it wrote was seen."""
    return await _client_side(guest, dossier_id, cursor=cursor, seen=vu)


@router.post("/mes-dossiers/{dossier_id}/messages")
async def ask(guest: Client, dossier_id: UUID, form: SentForm) -> Response:
    """Write to the office: for an appointment, for information, or else (S-22)."""
    body = {"subject": form["subject"], "text": form["text"], "purpose": form["purpose"] or "other"}
    try:
        await guest.send("POST", "dossier", f"/my/dossiers/{dossier_id}/messages", body, key=form["key"])
    except ApiRefused as refused:
        return await _client_side(guest, dossier_id, form=form, refused=refused)
    return see_other(f"/mes-dossiers/{dossier_id}/messages")


@router.get("/dossiers/{dossier_id}/demandes/{request_id}")
async def asked(guest: Staff, dossier_id: UUID, request_id: UUID) -> Response:
    """Show a document that was asked for, to change its day or to ask for it no longer (C-04)."""
    return await _asked(guest, dossier_id, request_id)


@router.post("/dossiers/{dossier_id}/demandes/{request_id}/echeance")
async def expect_by(guest: Staff, dossier_id: UUID, request_id: UUID, form: SentForm) -> Response:
    """Change the day."""
    body = {"due_on": form["due_on"] or None}
    try:
        await guest.send("PUT", "dossier", f"/requests/{request_id}/due-date", body, key=form["key"])
    except ApiRefused as refused:
        return await _asked(guest, dossier_id, request_id, refused)
    return see_other(f"/dossiers/{dossier_id}")


@router.post("/dossiers/{dossier_id}/demandes/{request_id}/annuler")
async def cancel(guest: Staff, dossier_id: UUID, request_id: UUID, form: SentForm) -> Response:
    """Ask for it no longer."""
    try:
        await guest.send("POST", "dossier", f"/requests/{request_id}/cancellation", key=form["key"])
    except ApiRefused as refused:
        return await _asked(guest, dossier_id, request_id, refused)
    return see_other(f"/dossiers/{dossier_id}")


async def _asked(guest: Guest, dossier_id: UUID, request_id: UUID, refused: ApiRefused | None = None) -> Response:
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"/dossiers/{dossier_id}/requests"),
    )
    request = next((one for one in found["items"] if one["id"] == str(request_id) and one["requested"]), None)
    if request is None:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"})
    client = next((one for one in dossier["clients"] if one["id"] == request["client_id"]), None)
    return guest.page("conversations/asked.html", refused=refused, dossier=dossier, request=request, client=client)


@router.get("/equipe/rappels")
async def reminders(guest: Staff, fait: str = "") -> Response:
    """Show when the office reminds its clients (C-04)."""
    days = (await guest.get("messaging", "/reminders"))["days"]
    before = ", ".join(str(-day) for day in days if day <= 0)
    after = ", ".join(str(day) for day in days if day > 0)
    return guest.page("conversations/reminders.html", before=before, after=after, saved=bool(fait))


@router.post("/equipe/rappels")
async def remind(guest: Staff, form: SentForm) -> Response:
    """Choose when."""
    try:
        days = [*(-day for day in _days(form["before"])), *_days(form["after"])]
        await guest.send("PUT", "messaging", "/reminders", {"days": days}, key=form["key"])
    except ApiRefused as refused:
        given = {"before": form["before"], "after": form["after"], "saved": False}
        return guest.page("conversations/reminders.html", refused=refused, **given)
    return see_other("/equipe/rappels?fait=1")


def _days(text: str) -> list[int]:
    """Read numbers of days; raise ApiRefused as the service would for what is no number."""
    numbers = text.replace(",", " ").replace(";", " ").split()
    if not all(one.isdecimal() and len(one) <= DAY_DIGITS for one in numbers):
        raise ApiRefused(HTTPStatus.UNPROCESSABLE_ENTITY, {"code": "invalid"})
    return [int(one) for one in numbers]


async def _office_side(guest: Guest, dossier_id: UUID, client_id: UUID, **given: Any) -> Response:
    path = f"/dossiers/{dossier_id}/conversations/{client_id}"
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"{path}/messages", cursor=given.get("cursor", ""), limit=PAGE),
    )
    client = next((one for one in dossier["clients"] if one["id"] == str(client_id)), None)
    if client is None:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"})
    writes = dossier["state"] == "open" and guest.session.me.get("role") != "compliance"
    if writes:
        await _say_seen(guest, f"{path}/reading", found["items"], "client")
    return _page(guest, dossier, found, {"client": client, "writes": writes and not client["erased"]}, given)


async def _client_side(guest: Guest, dossier_id: UUID, **given: Any) -> Response:
    path = f"/my/dossiers/{dossier_id}"
    dossier, found = await asyncio.gather(
        guest.get("dossier", path),
        guest.get("dossier", f"{path}/messages", cursor=given.get("cursor", ""), limit=PAGE),
    )
    await _say_seen(guest, f"{path}/messages/reading", found["items"], "office")
    return _page(guest, dossier, found, {"client": None, "writes": dossier["state"] == "open"}, given)


def _page(guest: Guest, dossier: Any, found: Any, side: dict[str, Any], given: dict[str, Any]) -> Response:
    live = guest.request.headers.get("hx-target") == "posts"
    theirs = [one for one in found["items"] if one["side"] == ("client" if side["client"] else "office")]
    latest = theirs[0]["id"] if theirs else ""
    return guest.page(
        "conversations/posts.html" if live else "conversations/thread.html",
        refused=given.get("refused"),
        dossier=dossier,
        posts=found["items"],
        next=found["next"],
        older=bool(given.get("cursor")),
        latest=latest,
        arrived=live and bool(latest) and latest != given.get("seen"),
        typed=given.get("form", EMPTY),
        purposes=words.PURPOSES,
        **side,
    )


async def _say_seen(guest: Guest, path: str, posts: list[dict[str, Any]], side: str) -> None:
    """Say which message was seen last, if the other side wrote something that nobody had read."""
    unread = next((one for one in posts if one["side"] == side and one["read_at"] is None), None)
    if unread:
        await guest.send("POST", "dossier", path, {"until": unread["id"]})
