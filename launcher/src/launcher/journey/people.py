"""Who takes part: members of offices, who sign in at ID.not, and clients, who sign in with password and code."""

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from launcher.journey.world import JourneyBroken, World

IDENTITY = "/api/identity/v1"
WRONG_CODE = "000000"


@dataclass
class Member:
    """Somebody of an office, with an account at the sandbox ID.not."""

    email: str
    password: str
    first_name: str = ""
    last_name: str = ""
    token: str = ""
    id: str = ""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first_name} {self.last_name}"


@dataclass
class Client:
    """A client of the office."""

    first_name: str
    last_name: str
    email: str
    phone: str
    password: str = field(default_factory=lambda: f"Une phrase longue {secrets.token_hex(4)}")
    token: str = ""
    refresh_token: str = ""
    id: str = ""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first_name} {self.last_name}"


def new_client(first_name: str, last_name: str, run: str) -> Client:
    """Return a client with an address of this run and a mobile number."""
    address = f"{first_name}.{last_name}.{run}@clients.example".lower()
    return Client(first_name, last_name, address, f"+3361234{secrets.randbelow(10000):04}")


def sign_in_at_idnot(world: World, member: Member, *, sign_up: bool = False) -> httpx.Response:
    """Walk through the sign-in as a page of our own does and return the answer of the callback (L-11)."""
    with httpx.Client(timeout=30) as browser:
        start = world.patiently(lambda: browser.get(world.gateway + f"{IDENTITY}/sign-in/idnot"))
        page = start.headers["location"]
        query = parse_qs(urlsplit(page).query)
        if query.get("code_challenge_method") != ["S256"]:
            raise JourneyBroken("the sign-in does not use PKCE")
        if sign_up:
            _create_account(browser, page.replace("/auth/", "/signup/"), member)
        form = {"identifier": member.email, "password": member.password}
        back = urlsplit(urljoin(page, browser.post(page, data=form).headers["location"]))
        return world.patiently(lambda: browser.get(f"{world.gateway}{IDENTITY}/sign-in/idnot/callback?{back.query}"))


def _create_account(browser: httpx.Client, page: str, member: Member) -> None:
    form = {
        "civility": "Madame",
        "first_name": member.first_name,
        "last_name": member.last_name,
        "birth_date": "1990-05-04",
        "birth_place": "Lyon",
        "identifier": member.email,
        "password": member.password,
        "confirmation": member.password,
    }
    answer = browser.post(page, data=form)
    if answer.status_code != HTTPStatus.SEE_OTHER:
        raise JourneyBroken(f"the sandbox ID.not made no account: {answer.status_code}")


def become_signed_in(world: World, member: Member) -> None:
    """Sign a member in; raise JourneyBroken when it is refused."""
    answer = sign_in_at_idnot(world, member)
    if answer.status_code != HTTPStatus.OK or "access_token" not in answer.json():
        raise JourneyBroken(f"{member.email} cannot sign in: {answer.status_code} {answer.text[:300]}")
    member.token = answer.json()["access_token"]
    me = world.call("GET", f"{IDENTITY}/me", token=member.token).json()
    member.id, member.first_name, member.last_name = me["id"], me["first_name"], me["last_name"]


def ask_for_membership(
    world: World, member: Member, crpcen: str, role: str = "collaborator", *, sign_up: bool = True
) -> None:
    """Create an account at ID.not, ask to belong to the office, confirm the e-mail address (L-17 to L-19)."""
    arrived = sign_in_at_idnot(world, member, sign_up=sign_up)
    token = arrived.json().get("registration_token")
    if not token:
        raise JourneyBroken(f"a newcomer gets no registration: {arrived.status_code} {arrived.text[:300]}")
    body = {"registration_token": token, "crpcen": crpcen, "recovery_email": member.email, "role": role}
    member.id = world.call("POST", f"{IDENTITY}/memberships", HTTPStatus.CREATED, body=body).json()["person_id"]
    confirmation = world.mail_to(member.email, "Confirmez votre adresse")
    link = next(link for link in confirmation["links"] if "token=" in link)
    body = {"token": parse_qs(urlsplit(link).query)["token"][0]}
    world.call("POST", f"{IDENTITY}/email-confirmations", HTTPStatus.NO_CONTENT, body=body)


def approve(world: World, notary: Member, newcomer: Member) -> None:
    """Let the notary approve the newcomer (L-20)."""
    waiting = world.call("GET", f"{IDENTITY}/memberships?state=requested", token=notary.token).json()["items"]
    membership = next(one["id"] for one in waiting if one["person_id"] == newcomer.id)
    path = f"{IDENTITY}/memberships/{membership}/approval"
    world.call("POST", path, HTTPStatus.NO_CONTENT, token=notary.token)


def first_access(world: World, client: Client) -> str:
    """Follow the invitation: e-mail, code, password (L-46 to L-51); return the masked number that was shown."""
    invitation = world.mail_to(client.email, "votre dossier est en ligne")
    link = next(link for link in invitation["links"] if "invitation=" in link)
    token = parse_qs(urlsplit(link).query)["invitation"][0]
    seen = world.texts_to(client.phone)
    codes = f"{IDENTITY}/sign-in/codes"
    sent = world.call("POST", codes, HTTPStatus.CREATED, body={"email": client.email, "invitation": token}).json()
    code = world.code_for(client.phone, seen)
    answer = f"{codes}/{sent['id']}/answer"
    world.call("POST", answer, HTTPStatus.UNAUTHORIZED, body={"code": WRONG_CODE if code != WRONG_CODE else "111111"})
    setup = world.call("POST", answer, body={"code": code}).json()["setup_token"]
    world.call("POST", answer, HTTPStatus.UNAUTHORIZED, body={"code": code})
    choose = f"{IDENTITY}/password"
    body = {"setup_token": setup, "password": "court"}
    world.call("PUT", choose, HTTPStatus.UNPROCESSABLE_ENTITY, body=body)
    world.call("PUT", choose, HTTPStatus.NO_CONTENT, body=body | {"password": client.password})
    return str(sent["masked_number"])


def client_signs_in(world: World, client: Client) -> None:
    """Sign a client in with password and code."""
    seen = world.texts_to(client.phone)
    body = {"email": client.email, "password": client.password}
    sent = world.call("POST", f"{IDENTITY}/sign-in/password", body=body).json()
    code = world.code_for(client.phone, seen)
    answer = world.call("POST", f"{IDENTITY}/sign-in/codes/{sent['id']}/answer", body={"code": code}).json()
    client.token, client.refresh_token = answer["access_token"], answer["refresh_token"]


def client_stays_signed_in(world: World, client: Client) -> None:
    """Exchange the refresh token, or sign in again when the session was left alone for too long."""
    body = {"refresh_token": client.refresh_token}
    answer = world.request("POST", f"{IDENTITY}/sessions/refresh", body=body)
    if answer.status_code != HTTPStatus.OK:
        return client_signs_in(world, client)
    client.token, client.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
    return None
