"""The office's own pages: members, what is settled for all dossiers, what was told (L-04, L-20, L-70)."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused, Json
from portal.forms import Form
from portal.rendering import see_other
from portal.visiting import Anyone, SentForm, Staff

router = APIRouter()

PAGE = 30
DECISIONS = {"approuver": "approval", "refuser": "refusal"}


@router.get("/equipe")
async def team(guest: Staff) -> Response:
    """Show the members, and to a notary those who ask to be one (L-20)."""
    return await _team(guest)


@router.post("/equipe/membres/{membership_id}/{decision}")
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
    members, deeds, waiting = await asyncio.gather(
        guest.colleagues(),
        guest.get("dossier", "/deed-types"),
        _waiting(guest),
    )
    return guest.page(
        "office/team.html",
        refused=refused,
        members=members,
        waiting=waiting,
        deeds=deeds,
    )


async def _waiting(guest: Staff) -> list[Json]:
    """Return those who ask to be members, for whom a notary decides."""
    if guest.session.me["role"] != "notary":
        return []
    return list((await guest.get("identity", "/memberships", state="requested"))["items"])


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
    return see_other(_about(guest, form))


def _about(guest: Anyone, form: Form) -> str:
    try:
        if form["letter"]:
            return f"/lettres/{UUID(form['letter'])}"
        home = f"/{'dossiers' if guest.session.staff else 'mes-dossiers'}/{UUID(form['dossier'])}"
        about = f"/{UUID(form['about'])}" if guest.session.staff and form["template"] == "message-received" else ""
    except ValueError:
        return "/notifications"
    return f"{home}/messages{about}" if form["template"] == "message-received" else home


@router.get("/dossiers/{dossier_id}/envois")
async def deliveries(guest: Staff, dossier_id: UUID, cursor: str = "") -> Response:
    """Show whether our messages about a dossier arrived, and what to do about those that did not."""
    return await _deliveries(guest, dossier_id, cursor)


@router.post("/dossiers/{dossier_id}/envois/{notification_id}/renvoyer")
async def send_again(guest: Staff, dossier_id: UUID, notification_id: UUID, form: SentForm) -> Response:
    """Send again what failed."""
    try:
        await guest.send("POST", "messaging", f"/deliveries/{notification_id}/resending", key=form["key"])
    except ApiRefused as refused:
        return await _deliveries(guest, dossier_id, refused=refused)
    return see_other(f"/dossiers/{dossier_id}/envois")


async def _deliveries(guest: Staff, dossier_id: UUID, cursor: str = "", refused: ApiRefused | None = None) -> Response:
    dossier, found, colleagues = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("messaging", "/deliveries", dossier=dossier_id, cursor=cursor, limit=PAGE),
        guest.colleagues(),
    )
    people = {one["id"]: one for one in dossier["clients"]} | {one["person_id"]: one for one in colleagues}
    return guest.page(
        "office/deliveries.html",
        refused=refused,
        dossier=dossier,
        said=words.DELIVERIES,
        resent=words.RESENT,
        deliveries=found["items"],
        next=found["next"],
        people=people,
        templates=words.TEMPLATES,
    )
