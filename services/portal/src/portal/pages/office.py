"""The office's own pages: members, documents usually asked for, what was told (L-04, L-20, L-40, L-70)."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused
from portal.rendering import see_other
from portal.visiting import Anyone, SentForm, Staff

router = APIRouter()

PAGE = 30
DECISIONS = {"approuver": "approval", "refuser": "refusal"}


@router.get("/equipe")
async def team(guest: Staff) -> Response:
    """Show the members, and to a notary those who ask to be one (L-20)."""
    return await _team(guest)


@router.post("/equipe/{membership_id}/{decision}")
async def decide(guest: Staff, membership_id: UUID, decision: str, form: SentForm) -> Response:
    """Approve or refuse a membership (L-20)."""
    try:
        path = f"/memberships/{membership_id}/{DECISIONS[decision]}"
        await guest.send("POST", "identity", path, key=form["key"])
    except KeyError:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"}) from None
    except ApiRefused as refused:
        return await _team(guest, refused)
    return see_other("/equipe")


async def _team(guest: Staff, refused: ApiRefused | None = None) -> Response:
    members, deeds = await asyncio.gather(
        guest.get("identity", f"/offices/{guest.office_id}/members"), guest.get("dossier", "/deed-types")
    )
    waiting = []
    if guest.session.me["role"] == "notary":
        waiting = (await guest.get("identity", "/memberships", state="requested"))["items"]
    return guest.page(
        "office/team.html",
        refused=refused,
        members=[one for one in members["items"] if one["state"] == "approved"],
        waiting=waiting,
        deeds=deeds,
    )


@router.get("/equipe/actes/{code}")
async def deed(guest: Staff, code: str) -> Response:
    """Show the documents usually asked for with a deed type (L-70)."""
    return await _deed(guest, code)


@router.post("/equipe/actes/{code}")
async def choose_documents(guest: Staff, code: str, form: SentForm) -> Response:
    """Choose them (L-40, L-70)."""
    chosen = [line.strip() for line in form["documents"].splitlines() if line.strip()]
    known = {
        document["label"]: document["code"]
        for one in await guest.get("dossier", "/deed-types")
        for document in one["documents"]
    }
    body = {"documents": [known.get(label, label) for label in chosen]}
    try:
        await guest.send("PUT", "dossier", f"/deed-types/{code}/documents", body, key=form["key"])
    except ApiRefused as refused:
        return await _deed(guest, code, refused)
    return see_other("/equipe")


async def _deed(guest: Staff, code: str, refused: ApiRefused | None = None) -> Response:
    deeds = await guest.get("dossier", "/deed-types")
    found = next((one for one in deeds if one["code"] == code), None)
    if found is None:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"})
    return guest.page("office/deed.html", refused=refused, deed=found)


@router.get("/notifications")
async def notifications(guest: Anyone, cursor: str = "") -> Response:
    """Show what one was told (L-04)."""
    found = await guest.get("messaging", "/notifications", cursor=cursor, limit=PAGE)
    return guest.page(
        "office/notifications.html", notifications=found["items"], next=found["next"], templates=words.TEMPLATES
    )


@router.post("/notifications/{notification_id}/lue")
async def read(guest: Anyone, notification_id: UUID, form: SentForm) -> Response:
    """Mark one as read, then open what it is about."""
    await guest.send("POST", "messaging", f"/notifications/{notification_id}/reading", key=form["key"])
    return see_other(_about(guest, form["letter"], form["dossier"]))


def _about(guest: Anyone, letter: str, dossier: str) -> str:
    try:
        if letter:
            return f"/lettres/{UUID(letter)}"
        return f"/{'dossiers' if guest.session.staff else 'mes-dossiers'}/{UUID(dossier)}"
    except ValueError:
        return "/notifications"


@router.get("/dossiers/{dossier_id}/messages")
async def deliveries(guest: Staff, dossier_id: UUID, cursor: str = "") -> Response:
    """Show whether our messages about a dossier arrived."""
    dossier, found = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("messaging", "/deliveries", dossier_id=dossier_id, cursor=cursor, limit=PAGE),
    )
    people = {one["id"]: one for one in [*dossier["clients"], *dossier["members"]]}
    return guest.page(
        "office/deliveries.html",
        dossier=dossier,
        deliveries=found["items"],
        next=found["next"],
        people=people,
        templates=words.TEMPLATES,
    )
