"""One's own account: who one is, where one is signed in, and the password of a client (S-04, C-23, C-35)."""

import asyncio
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal import words
from portal.api import ApiRefused
from portal.rendering import see_other
from portal.visiting import Anyone, Client, Genuine, Guest, SentForm

router = APIRouter(prefix="/compte")

DONE = {
    "appareil": "Cet appareil est déconnecté.",
    "appareils": "Tous vos autres appareils sont déconnectés.",
    "mot-de-passe": "Votre mot de passe est changé. Vos autres appareils sont déconnectés.",
    "application-retiree": "Votre application n'est plus demandée : les codes vous seront envoyés par SMS.",
}


@router.get("")
async def account(guest: Anyone, fait: str = "") -> Response:
    """Show who one is, and what one may change."""
    return await _account(guest, done=DONE.get(fait))


@router.post("/appareils/deconnecter", dependencies=[Genuine])
async def end_others(guest: Anyone) -> Response:
    """Sign out everywhere else (C-35)."""
    others = await _others(guest)
    await guest.send("DELETE", "identity", "/sessions/others")
    await guest.desk.sessions.end(others)
    return see_other("/compte?fait=appareils")


@router.post("/appareils/{session_id}/deconnecter", dependencies=[Genuine])
async def end_one(guest: Anyone, session_id: UUID) -> Response:
    """Sign out at one place (C-35)."""
    try:
        await guest.send("DELETE", "identity", f"/sessions/{session_id}")
    except ApiRefused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise  # one that is over already is what was asked for
    else:
        await guest.desk.sessions.end([str(session_id)])
    return see_other("/compte?fait=appareil")


@router.get("/mot-de-passe")
async def password(guest: Client) -> Response:
    """Show the form that changes the password."""
    return guest.page("account/password.html", missing=[], error=None, wrong=False)


@router.post("/mot-de-passe")
async def change_password(guest: Client, form: SentForm) -> Response:
    """Change it; one stays signed in here and nowhere else (S-04, C-23)."""
    chosen = form.exact("password")
    if chosen != form.exact("confirmation"):
        return _password(guest, words.PASSWORDS_DIFFER)
    others = await _others(guest)
    try:
        body = {"present": form.exact("present"), "password": chosen}
        await guest.send("PUT", "identity", "/me/password", body)
    except ApiRefused as refused:
        wrong = refused.code == "password-wrong"
        return _password(guest, words.refusal(refused.code), refused.problem.get("missing", []), wrong=wrong)
    await guest.desk.sessions.end(others)
    return see_other("/compte?fait=mot-de-passe")


async def _account(guest: Guest, *, done: str | None) -> Response:
    client = not guest.session.staff
    listed, app = await asyncio.gather(guest.get("identity", "/sessions"), _app(guest) if client else _none())
    return guest.page("account/show.html", sessions=listed["items"], app=app, done=done, roles=words.ROLES)


async def _app(guest: Guest) -> Any:
    return await guest.get("identity", "/me/authenticator")


async def _none() -> None:
    return None


async def _others(guest: Guest) -> list[str]:
    """Return the ids of the other sessions, of which a browser may be served here."""
    listed = await guest.get("identity", "/sessions")
    return [one["id"] for one in listed["items"] if not one["current"]]


def _password(guest: Guest, error: str, missing: list[str] | None = None, *, wrong: bool = False) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return guest.page("account/password.html", status=status, error=error, missing=missing or [], wrong=wrong)
