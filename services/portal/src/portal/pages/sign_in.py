"""The doors: home, sign-in of clients with password and code, first access, sign-out."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from portal import words
from portal.api import ApiRefused
from portal.rendering import see_other
from portal.visiting import Anyone, Desk, Genuine, MaybeSession, OpenForm, TheDesk, forwarded, stranger

router = APIRouter()

HOMES = {"client": "/mes-dossiers", "staff": "/dossiers"}
COMPLIANCE = "/conformite"


@router.get("/")
async def home(request: Request, at: TheDesk, session: MaybeSession) -> Response:
    """Show the doors, or lead whoever is signed in to their own home."""
    if session is None:
        return at.pages.page(request, "home.html")
    return see_other(home_of(session.me))


@router.get("/connexion")
async def doors(request: Request, at: TheDesk, session: MaybeSession, suite: str = "") -> Response:
    """Show both ways in (L-11, L-22)."""
    if session is not None:
        return see_other(_inside(suite) or home_of(session.me))
    return _sign_in(request, at, suite=_inside(suite))


@router.post("/connexion")
async def password(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Take e-mail and password; a code follows by SMS, or is read in the person's app."""
    shown: dict[str, Any] = {"suite": _inside(form["suite"]), "email": form["email"]}
    body = {"email": form["email"], "password": form.exact("password")}
    try:
        sent = await at.api.send(stranger(request), "POST", "identity", "/sign-in/password", body)
    except ApiRefused as refused:
        return _sign_in(request, at, refused=refused, **shown)
    return _code(request, at, sent, **shown)


@router.post("/connexion/code")
async def code(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Take the code: it opens the session, or at first access the choice of a password (L-49, L-50)."""
    body = {"code": "".join(form["code"].split())}
    try:
        path = f"/sign-in/codes/{form['sent']}/answer"
        outcome = await at.api.send(stranger(request), "POST", "identity", path, body)
    except ApiRefused as refused:
        sent = {"id": form["sent"], "masked_number": form["masked"], "means": form["means"]}
        return _code(request, at, sent, suite=_inside(form["suite"]), email=form["email"], refused=refused)
    if "setup_token" in outcome:
        return _choose(request, at, outcome["setup_token"])
    response = see_other(_inside(form["suite"]) or "/")
    await at.open(response, outcome, forwarded(request))
    return response


@router.get("/acces")
async def first_access(request: Request, at: TheDesk, invitation: str = "") -> Response:
    """Open the link of the invitation: the address is typed, nothing is used up (L-48)."""
    return at.pages.page(request, "sign_in/first_access.html", invitation=invitation, email="")


@router.post("/acces")
async def ask_code(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Send the code to the phone that the office knows (L-49)."""
    shown: dict[str, Any] = {"invitation": form["invitation"], "email": form["email"]}
    try:
        sent = await at.api.send(stranger(request), "POST", "identity", "/sign-in/codes", shown)
    except ApiRefused as refused:
        return at.pages.page(request, "sign_in/first_access.html", refused=refused, **shown)
    return _code(request, at, sent, email=form["email"])


@router.post("/acces/mot-de-passe")
async def choose_password(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Take the password that was chosen (L-51)."""
    token, chosen = form["setup"], form.exact("password")
    if chosen != form.exact("confirmation"):
        return _choose(request, at, token, words.PASSWORDS_DIFFER)
    body = {"setup_token": token, "password": chosen}
    try:
        await at.api.send(stranger(request), "PUT", "identity", "/password", body)
    except ApiRefused as refused:
        return _choose(request, at, token, words.refusal(refused.code), refused.problem.get("missing", []))
    return at.pages.page(request, "sign_in/password_chosen.html")


@router.get("/acces/lien")
async def lost(request: Request, at: TheDesk) -> Response:
    """Show where a new link is asked for."""
    return at.pages.page(request, "sign_in/new_link.html", asked=False)


@router.post("/acces/lien")
async def ask_link(request: Request, at: TheDesk, form: OpenForm) -> Response:
    """Ask for a new link; the answer is the same for people nobody knows."""
    try:
        await at.api.send(stranger(request), "POST", "identity", "/access-links", {"email": form["email"]})
    except ApiRefused as refused:
        return at.pages.page(request, "sign_in/new_link.html", refused=refused, asked=False)
    return at.pages.page(request, "sign_in/new_link.html", asked=True)


@router.post("/deconnexion", dependencies=[Genuine])
async def sign_out(guest: Anyone) -> Response:
    """End the session here and at identity."""
    response = see_other("/")
    try:
        await guest.send("DELETE", "identity", "/sessions/current")
    finally:
        await guest.desk.close(response, guest.session.cookie)
    return response


def home_of(me: Any) -> str:
    """Return where a person begins."""
    return COMPLIANCE if me.get("role") == "compliance" else HOMES[me["kind"]]


def _sign_in(
    request: Request, at: Desk, *, suite: str = "", email: str = "", refused: ApiRefused | None = None
) -> Response:
    return at.pages.page(request, "sign_in/sign_in.html", refused=refused, suite=suite, email=email)


def _code(  # noqa: PLR0913 - what the page is made of
    request: Request,
    at: Desk,
    sent: Mapping[str, Any],
    *,
    suite: str = "",
    email: str = "",
    refused: ApiRefused | None = None,
) -> Response:
    name = "sign_in/authenticator.html" if sent["means"] == "authenticator" else "sign_in/code.html"
    return at.pages.page(request, name, refused=refused, sent=sent, suite=suite, email=email)


def _choose(
    request: Request, at: Desk, token: str, error: str | None = None, missing: list[str] | None = None
) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return at.pages.page(
        request, "sign_in/choose_password.html", status=status, setup=token, error=error, missing=missing or []
    )


def _inside(address: str) -> str:
    """Return an address of ours, an empty text for any other: nobody is sent elsewhere by a link."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""
