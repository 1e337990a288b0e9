"""Who asks for a page: the session of the browser, its tokens kept fresh, and the right to send a form."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Depends, Request, Response

from portal.api import Api, ApiRefused, Caller, Json
from portal.forms import Form, read_form
from portal.rendering import Pages
from portal.security import CSRF_FIELD, CSRF_HEADER, cookie_name, genuine, same_origin
from portal.sessions import LIFETIME_SECONDS, Session, Sessions, new_session

EARLY_SECONDS = 30
"""How long before it expires an access token is exchanged."""


class SignInNeeded(Exception):
    """The page is for people who are signed in; they come back to it afterwards."""


class WrongDoor(Exception):
    """The page is for somebody else: a member of an office, or a client."""


@dataclass
class Desk:
    """What every page works with."""

    api: Api
    sessions: Sessions
    pages: Pages
    public_url: str
    gallery: bool = False
    _refreshing: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS."""
        return self.public_url.startswith("https:")

    async def open(self, response: Response, tokens: Mapping[str, Any], forwarded: str | None) -> Session:
        """Begin the session of a person who has just signed in."""
        me = await self.api.get(Caller(tokens["access_token"], forwarded), "identity", "/me")
        expires_at = time.time() + tokens["expires_in"]
        session = new_session(tokens["access_token"], tokens["refresh_token"], expires_at, me)
        await self.sessions.keep(session)
        response.set_cookie(
            cookie_name("session", secure=self.secure),
            session.cookie,
            max_age=LIFETIME_SECONDS,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )
        return session

    async def close(self, response: Response, cookie: str) -> None:
        """End a session in this browser."""
        await self.sessions.forget(cookie)
        response.delete_cookie(
            cookie_name("session", secure=self.secure), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    async def session(self, request: Request) -> Session | None:
        """Return the session of a browser with a token that holds, None if there is none any more."""
        cookie = request.cookies.get(cookie_name("session", secure=self.secure))
        found = await self.sessions.find(cookie) if cookie else None
        if found is None or found.expires_at > time.time() + EARLY_SECONDS:
            return found
        return await self._renewed(found, request)

    async def _renewed(self, session: Session, request: Request) -> Session | None:
        async with self._alone(session.cookie):
            current = await self.sessions.find(session.cookie)
            if current is None or current.expires_at > time.time() + EARLY_SECONDS:
                return current  # another request of this browser was first
            shown = {"refresh_token": current.refresh_token}
            caller = Caller(forwarded=forwarded(request))
            try:
                tokens = await self.api.send(caller, "POST", "identity", "/sessions/refresh", shown)
            except ApiRefused:
                await self.sessions.forget(current.cookie)
                return None
            renewed = current.renewed(
                tokens["access_token"], tokens["refresh_token"], time.time() + tokens["expires_in"]
            )
            await self.sessions.keep(renewed)
            return renewed

    @asynccontextmanager
    async def _alone(self, cookie: str) -> AsyncIterator[None]:
        lock = self._refreshing.setdefault(cookie, asyncio.Lock())
        async with lock:
            yield


def forwarded(request: Request) -> str | None:
    """Return the addresses that the gateway wrote down, for the services that count attempts by them."""
    return request.headers.get("x-forwarded-for")


def stranger(request: Request) -> Caller:
    """Return on whose behalf services are asked before anybody is signed in."""
    return Caller(forwarded=forwarded(request), agent=request.headers.get("user-agent"))


def desk(request: Request) -> Desk:
    """Return what every page works with."""
    found: Desk = request.app.state.desk
    return found


TheDesk = Annotated[Desk, Depends(desk)]


async def _maybe(request: Request, at: TheDesk) -> Session | None:
    return await at.session(request)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at a page: what it works with, who it is, and what was sent."""

    request: Request
    desk: Desk
    session: Session

    @property
    def caller(self) -> Caller:
        """On whose behalf services are asked."""
        return Caller(self.session.access_token, forwarded(self.request))

    @property
    def office_id(self) -> str:
        """The office of a member."""
        return str(self.session.me["office"]["id"])

    async def get(self, service: str, path: str, **params: Any) -> Json:
        """Read from a service as this person."""
        return await self.desk.api.get(self.caller, service, path, **params)

    async def send(self, method: str, service: str, path: str, body: Json = None, *, key: str | None = None) -> Json:
        """Carry out a command as this person, once for each key."""
        return await self.desk.api.send(self.caller, method, service, path, body, key=key or None)

    async def colleagues(self) -> list[Json]:
        """Return the approved members of the office, oneself among them."""
        found = await self.get("identity", f"/offices/{self.office_id}/members")
        return [one for one in found["items"] if one["state"] == "approved"]

    def page(self, name: str, **values: Any) -> Response:
        """Render a page for this person."""
        return self.desk.pages.page(self.request, name, session=self.session, **values)


async def _guest(request: Request, at: TheDesk, session: Annotated[Session | None, Depends(_maybe)]) -> Guest:
    if session is None:
        raise SignInNeeded
    if request.method not in {"GET", "HEAD"}:
        same_origin(request, at.public_url)
    return Guest(request, at, session)


async def _staff(guest: Annotated[Guest, Depends(_guest)]) -> Guest:
    if not guest.session.staff:
        raise WrongDoor
    return guest


async def _client(guest: Annotated[Guest, Depends(_guest)]) -> Guest:
    if guest.session.staff:
        raise WrongDoor
    return guest


async def _form(request: Request, guest: Annotated[Guest, Depends(_guest)]) -> Form:
    """Read the form of somebody who is signed in; its token must be the session's."""
    form = await read_form(request)
    genuine(form[CSRF_FIELD] or request.headers.get(CSRF_HEADER), guest.session.csrf)
    return form


async def _open_form(request: Request, at: TheDesk) -> Form:
    """Read the form of somebody who is not signed in: nothing but its origin can be checked."""
    same_origin(request, at.public_url)
    return await read_form(request)


MaybeSession = Annotated[Session | None, Depends(_maybe)]
Anyone = Annotated[Guest, Depends(_guest)]
Staff = Annotated[Guest, Depends(_staff)]
Client = Annotated[Guest, Depends(_client)]
SentForm = Annotated[Form, Depends(_form)]
Genuine = Depends(_form)
"""For a gesture that sends nothing: the form proves that it comes from a page of ours."""
OpenForm = Annotated[Form, Depends(_open_form)]
