"""Members of offices: in by ID.not, and newcomers who ask to belong to an office (L-11 to L-21)."""

from http import HTTPStatus
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from portal.api import ApiRefused, Caller, checked
from portal.rendering import see_other
from portal.visiting import Desk, OpenForm, TheDesk, forwarded, stranger

router = APIRouter()


@router.get("/connexion/idnot")
async def start(request: Request, at: TheDesk) -> Response:
    """Send the browser to the identity provider, with the cookie by which identity will know it again."""
    answer = await _as_browser(request, at, "/sign-in/idnot")
    response = RedirectResponse(answer.headers["location"], HTTPStatus.FOUND)
    response.raw_headers += [(b"set-cookie", value.encode()) for value in answer.headers.get_list("set-cookie")]
    return response


@router.get("/connexion/idnot/retour")
async def back(request: Request, at: TheDesk, state: str = "", code: str = "") -> Response:
    """Take what the identity provider said: a session, or a newcomer without an office."""
    try:
        answer = checked(await _as_browser(request, at, "/sign-in/idnot/callback", state=state, code=code))
    except ApiRefused as refused:
        if refused.code == "sign-in-refused":
            refused.code = "idnot-refused"  # there was no password of ours
        waiting = refused.code == "membership-pending"
        return at.pages.page(request, "sign_in/idnot_refused.html", refused=refused, waiting=waiting)
    outcome = answer.json()
    if "registration_token" in outcome:
        return at.pages.page(request, "sign_in/join.html", newcomer=outcome, offices=[], sought="")
    response = see_other("/")
    await at.open(response, outcome, forwarded(request))
    return response


@router.post("/rattachement")
async def join(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Find the office (L-18), then ask to belong to it; a message asks to confirm the address (L-19)."""
    newcomer = {name: form[name] for name in ("registration_token", "first_name", "last_name", "email")}
    caller = Caller(forwarded=forwarded(request))
    shown: dict[str, Any] = {"newcomer": newcomer, "sought": form["q"]}
    if not form["crpcen"]:
        found = await at.api.get(caller, "identity", "/offices", q=form["q"]) if len(form["q"]) > 1 else {"items": []}
        return at.pages.page(request, "sign_in/join.html", offices=found["items"], **shown)
    body = {
        "registration_token": newcomer["registration_token"],
        "crpcen": form["crpcen"],
        "recovery_email": form["recovery_email"] or newcomer["email"],
        "role": form["role"] or "collaborator",
    }
    try:
        await at.api.send(caller, "POST", "identity", "/memberships", body)
    except ApiRefused as refused:
        return at.pages.page(request, "sign_in/join.html", refused=refused, offices=[], **shown)
    return at.pages.page(request, "sign_in/joined.html", email=body["recovery_email"])


@router.get("/confirmation")
async def confirmation(request: Request, at: TheDesk, token: str = "") -> Response:
    """Open the link of the message; a program that follows links confirms nothing."""
    return at.pages.page(request, "sign_in/confirmation.html", token=token, done=False)


@router.post("/confirmation")
async def confirm(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Confirm the address (L-19)."""
    caller = Caller(forwarded=forwarded(request))
    shown: dict[str, Any] = {"token": form["token"]}
    try:
        await at.api.send(caller, "POST", "identity", "/email-confirmations", shown)
    except ApiRefused as refused:
        return at.pages.page(request, "sign_in/confirmation.html", refused=refused, done=False, **shown)
    return at.pages.page(request, "sign_in/confirmation.html", done=True, **shown)


async def _as_browser(request: Request, at: Desk, path: str, **params: str) -> httpx.Response:
    """Ask identity with the cookie that it gave this browser."""
    cookies = {name: value for name, value in request.cookies.items() if name.endswith("idnot")}
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
    call = at.api.request(stranger(request), "GET", "identity", path, params=params, headers=header)
    return await at.api.sent(call)
