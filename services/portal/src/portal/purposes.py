"""Why somebody who controls an office reads: said once, kept sealed in the browser for an hour, given at each question.

The journal requires it and keeps it; without one it answers nothing, and the pages ask for it first.
"""

import base64
import json
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import Depends, Response

from portal.api import Json
from portal.journal_words import PURPOSES
from portal.security import cookie_name
from portal.visiting import Guest, Staff, WrongDoor

COOKIE = "purpose"
LIFETIME_SECONDS = 3600
EXPORT_SECONDS = ANSWER_SECONDS = 60.0  # the past of a large dossier is replayed event by event


class PurposeNeeded(Exception):
    """Nothing is shown before its reader has said why."""


@dataclass(frozen=True, slots=True)
class Control:
    """Somebody who controls an office, and why."""

    guest: Guest
    purpose: str
    reference: str

    async def get(self, path: str, **params: Any) -> Json:
        """Ask the journal; empty parameters are left out, a list is said once for each. Raises as Guest.get."""
        given = {name: value for name, value in params.items() if value not in (None, "", [])}
        call = self.guest.desk.api.call(
            self.guest.caller, "GET", "journal", path, params=given | self._why(), timeout=ANSWER_SECONDS
        )
        return (await call).json()

    def file(self, path: str, **params: Any) -> httpx.Request:
        """Return the call for a file, whose bytes are passed on as they come."""
        given = {name: value for name, value in params.items() if value}
        return self.guest.desk.api.request(
            self.guest.caller, "GET", "journal", path, params=given | self._why(), timeout=EXPORT_SECONDS
        )

    def page(self, name: str, **values: Any) -> Response:
        """Render a page, which shows why it was opened."""
        return self.guest.page(name, purpose=self.purpose, reference=self.reference, **values)

    def _why(self) -> dict[str, str]:
        return {"purpose": self.purpose} | ({"reference": self.reference} if self.reference else {})


def keep(guest: Guest, response: Response, purpose: str, reference: str) -> None:
    """Remember why, in this browser and for this session only."""
    sealed = guest.desk.sessions.seal(guest.session.cookie, json.dumps([purpose, reference]).encode())
    response.set_cookie(
        cookie_name(COOKIE, secure=guest.desk.secure),
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=LIFETIME_SECONDS,
        path="/",
        secure=guest.desk.secure,
        httponly=True,
        samesite="lax",
    )


async def _officer(guest: Staff) -> Guest:
    if guest.session.me.get("role") != "compliance":
        raise WrongDoor
    return guest


Officer = Annotated[Guest, Depends(_officer)]
"""Somebody who controls an office, who may not have said why yet."""


async def _control(guest: Officer) -> Control:
    said = guest.request.cookies.get(cookie_name(COOKIE, secure=guest.desk.secure), "")
    try:
        sealed = base64.urlsafe_b64decode(said)
        purpose, reference = json.loads(guest.desk.sessions.unseal(guest.session.cookie, sealed))
    except ValueError:
        raise PurposeNeeded from None
    if purpose not in dict(PURPOSES):
        raise PurposeNeeded
    return Control(guest, purpose, reference)


Controlling = Annotated[Control, Depends(_control)]
"""Somebody who controls an office and has said why; raises PurposeNeeded."""
