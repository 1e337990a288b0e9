"""One's own account: where one is signed in, the password, an authenticator app."""

from typing import Annotated
from uuid import UUID

from chassis.http import CurrentActor, Input, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from identity.application.choose_password import ChoosePassword
from identity.application.errors import (
    PasswordWrong,
    SecondCodeRefused,
    SecondFactorOff,
    SecondFactorOn,
    TooManyAttempts,
)
from identity.application.second_factor import SecondFactor
from identity.application.sessions import OpenSession, Sessions
from identity.domain.refusals import PasswordRefused
from identity.entrypoints.http.bodies import Password, like

_SESSION = {
    "id": "0b9f2f0e-6c1d-4b7a-9a3e-5d1c2b3a4f50",
    "browser": "Firefox",
    "system": "Android",
    "began_at": "2026-03-12T13:05:00Z",
    "used_at": "2026-03-12T13:35:00Z",
    "current": True,
}


class OwnSession(BaseModel):
    """A place where the caller is signed in; `used_at` may be ten minutes behind."""

    model_config = like(**_SESSION)

    id: UUID
    browser: str | None
    system: str | None
    began_at: AwareDatetime
    used_at: AwareDatetime
    current: bool

    @classmethod
    def of(cls, row: OpenSession, current: UUID | None) -> "OwnSession":
        """Return what is shown of a session."""
        on = row.device
        return cls(
            id=row.id,
            browser=on.browser,
            system=on.system,
            began_at=row.began_at,
            used_at=row.used_at,
            current=row.id == current,
        )


class OwnSessions(BaseModel):
    """Where the caller is signed in, the last used first."""

    model_config = like(items=[_SESSION])

    items: list[OwnSession]


class NewPassword(Input):
    """The present password, and the one from now on."""

    present: Password
    password: Password


class Proof(Input):
    """The present password, and a code of the app; to turn it off, a recovery code will do."""

    password: Password
    code: Annotated[str, Field(min_length=1, max_length=32, examples=["123456"])]


class Authenticator(BaseModel):
    """Whether the caller signs in with an app, since when, and how many recovery codes are left."""

    model_config = like(on=True, since="2026-03-12T13:05:00Z", recovery_codes_left=8)

    on: bool
    since: AwareDatetime | None
    recovery_codes_left: int


class Enrolment(BaseModel):
    """What an app needs: the secret in base32, and the address that it reads from a QR code or a link."""

    model_config = like(
        secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",  # noqa: S106 - an example
        address="otpauth://totp/Scell%C3%A9:jeanne.dupont%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Scell%C3%A9",
    )

    secret: str
    address: str


class RecoveryCodes(BaseModel):
    """Codes that each work once in the place of the app; nothing tells them again."""

    model_config = like(recovery_codes=["abcdefghjkmn", "pqrstuvwxyz2"])

    recovery_codes: list[str]


def own_session_routes(sessions: Sessions) -> APIRouter:
    """Return the routes of the places where one is signed in (C-35)."""
    router = APIRouter(tags=["Sessions"])

    @router.get("/sessions")
    def mine(actor: CurrentActor) -> OwnSessions:
        """List where one is signed in."""
        return OwnSessions(items=[OwnSession.of(one, actor.session_id) for one in sessions.mine(actor)])

    @router.delete("/sessions/others", status_code=204)
    def end_others(actor: CurrentActor) -> None:
        """Sign out everywhere else; services other than identity take a token of these for ten minutes at most."""
        sessions.end_others(actor)

    @router.delete("/sessions/{session_id}", status_code=204, responses=problems(NotFound))
    def end(session_id: UUID, actor: CurrentActor) -> None:
        """Sign out at one of these places."""
        sessions.end_mine(actor, session_id)

    return router


def own_password_routes(passwords: ChoosePassword) -> APIRouter:
    """Return the route by which a client changes the password (S-04, C-23)."""
    router = APIRouter(tags=["Account of a client"])

    @router.put(
        "/me/password",
        status_code=204,
        responses=problems(NotAllowed, PasswordWrong, PasswordRefused, TooManyAttempts),
    )
    def change(new: NewPassword, actor: CurrentActor) -> None:
        """Change the password; one stays signed in here and nowhere else."""
        passwords.change(actor, new.present, new.password)

    return router


def authenticator_routes(factor: SecondFactor) -> APIRouter:
    """Return the routes of the authenticator app of a client."""
    router = APIRouter(tags=["Account of a client"])
    proved = (NotAllowed, PasswordWrong, SecondCodeRefused, TooManyAttempts)

    @router.get("/me/authenticator", responses=problems(NotAllowed))
    def show(actor: CurrentActor) -> Authenticator:
        """Tell whether one signs in with an app."""
        held = factor.mine(actor)
        if held is None:
            return Authenticator(on=False, since=None, recovery_codes_left=0)
        return Authenticator(on=True, since=held.confirmed_at, recovery_codes_left=held.codes_left)

    @router.post("/me/authenticator", responses=problems(NotAllowed, SecondFactorOn))
    def begin(actor: CurrentActor) -> Enrolment:
        """Get a secret for an app; for a quarter of an hour it is the same one."""
        begun = factor.begin(actor)
        return Enrolment(secret=begun.secret, address=begun.address)

    @router.post("/me/authenticator/confirmation", responses=problems(*proved, SecondFactorOn, SecondFactorOff))
    def turn_on(proof: Proof, actor: CurrentActor) -> RecoveryCodes:
        """Sign in with the app from now on; the answer is the only one with the recovery codes."""
        return RecoveryCodes(recovery_codes=factor.turn_on(actor, proof.password, proof.code))

    @router.post("/me/authenticator/removal", status_code=204, responses=problems(*proved, SecondFactorOff))
    def turn_off(proof: Proof, actor: CurrentActor) -> None:
        """Sign in with codes by SMS again."""
        factor.turn_off(actor, proof.password, proof.code)

    return router
