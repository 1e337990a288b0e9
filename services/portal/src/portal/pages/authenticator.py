"""An authenticator app instead of codes by SMS: turned on with a code of it, turned off with another (ADR 0039)."""

from typing import Any

import segno
from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.rendering import grouped, see_other
from portal.visiting import Client, Genuine, SentForm

router = APIRouter(prefix="/compte/application")


@router.get("")
async def show(guest: Client) -> Response:
    """Show what an app is good for, or how the one that is on is turned off."""
    state = await guest.get("identity", "/me/authenticator")
    return guest.page("account/authenticator.html", state=state, error=None)


@router.post("", dependencies=[Genuine])
async def begin(guest: Client) -> Response:
    """Show the secret, as a QR code and in words."""
    return await _enrolling(guest)


@router.post("/confirmer")
async def turn_on(guest: Client, form: SentForm) -> Response:
    """Take a code of the app and the password; show the recovery codes, this once."""
    try:
        proved = await guest.send("POST", "identity", "/me/authenticator/confirmation", _proof(form))
    except ApiRefused as refused:
        return await _enrolling(guest, refused)
    codes = [grouped(code, "-") for code in proved["recovery_codes"]]
    return guest.page("account/recovery_codes.html", codes=codes)


@router.post("/retirer")
async def turn_off(guest: Client, form: SentForm) -> Response:
    """Go back to codes by SMS."""
    try:
        await guest.send("POST", "identity", "/me/authenticator/removal", _proof(form))
    except ApiRefused as refused:
        state = await guest.get("identity", "/me/authenticator")
        return guest.page("account/authenticator.html", refused=refused, state=state)
    return see_other("/compte?fait=application-retiree")


async def _enrolling(guest: Client, refused: ApiRefused | None = None) -> Response:
    begun = await guest.send("POST", "identity", "/me/authenticator")
    return guest.page(
        "account/enrolment.html",
        refused=refused,
        secret=grouped(begun["secret"]),
        address=begun["address"],
        picture=_picture(begun["address"]),
    )


def _picture(address: str) -> str:
    """Return a QR code as the address of an image that holds itself, dark on light in any theme: apps need it so."""
    code = segno.make(address, error="m", micro=False)
    return str(code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff", xmldecl=False))


def _proof(form: SentForm) -> dict[str, Any]:
    return {"password": form.exact("password"), "code": form["code"]}
