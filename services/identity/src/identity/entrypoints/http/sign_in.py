"""Sign-in of clients, and sessions of everybody."""

from dataclasses import asdict
from uuid import UUID

from chassis.http import CurrentActor, problems
from chassis.refusal import NotFound
from fastapi import APIRouter

from identity.application.choose_password import ChoosePassword
from identity.application.client_sign_in import ClientSignIn
from identity.application.errors import CodeRefused, LinkSpent, SessionRefused, SignInRefused, TooManyAttempts
from identity.application.people import Offices, People
from identity.application.sessions import Sessions, Tokens
from identity.domain.refusals import PasswordRefused
from identity.entrypoints.http import bodies
from identity.entrypoints.http.visitors import CurrentVisitor


def sign_in_routes(sign_in: ClientSignIn, passwords: ChoosePassword) -> APIRouter:
    """Return the routes by which clients sign in."""
    router = APIRouter(tags=["Sign-in of clients"])

    @router.post("/sign-in/codes", status_code=201, responses=problems(NotFound, LinkSpent, TooManyAttempts))
    def ask(asked: bodies.AskCode, visitor: CurrentVisitor) -> bodies.CodeSent:
        """Ask for a code by SMS, with the link of the invitation; unknown people get the same answer (L-48, L-49)."""
        return bodies.CodeSent(**asdict(sign_in.ask_code(asked.email, asked.invitation, visitor)))

    @router.post("/sign-in/codes/{code_id}/answer", responses=problems(CodeRefused))
    def answer(
        code_id: UUID, given: bodies.AnswerCode, visitor: CurrentVisitor
    ) -> bodies.SignedIn | bodies.PasswordSetup:
        """Give the code, once: for the right to choose a password, or for a session (L-50)."""
        outcome = sign_in.answer(code_id, given.code, visitor)
        if isinstance(outcome, Tokens):
            return bodies.signed_in(outcome)
        return bodies.PasswordSetup(**asdict(outcome))

    @router.put("/password", status_code=204, responses=problems(NotFound, LinkSpent, PasswordRefused))
    def choose(chosen: bodies.ChosenPassword, visitor: CurrentVisitor) -> None:
        """Choose a password (L-51)."""
        passwords.choose(chosen.setup_token, chosen.password, visitor)

    @router.post("/sign-in/password", responses=problems(SignInRefused, TooManyAttempts))
    def enter(given: bodies.PasswordSignIn, visitor: CurrentVisitor) -> bodies.CodeSent:
        """Sign in with e-mail and password; a code follows by SMS."""
        return bodies.CodeSent(**asdict(sign_in.with_password(given.email, given.password, visitor)))

    return router


def session_routes(sessions: Sessions, people: People, offices: Offices) -> APIRouter:
    """Return the routes of sessions."""
    router = APIRouter(tags=["Sessions"])

    @router.post("/sessions/refresh", responses=problems(SessionRefused))
    def refresh(shown: bodies.Refresh, visitor: CurrentVisitor) -> bodies.SignedIn:
        """Exchange the refresh token for new tokens; a used one gives the same successor for 30 s, then ends all."""
        return bodies.signed_in(sessions.refresh(shown.refresh_token, visitor))

    @router.delete("/sessions/current", status_code=204)
    def end(actor: CurrentActor) -> None:
        """Sign out."""
        sessions.end(actor)

    @router.get("/me", responses=problems(NotFound))
    def me(actor: CurrentActor) -> bodies.Me:
        """Read who one is."""
        person = people.person(actor.person_id) if actor.person_id else None
        if person is None:
            raise NotFound
        office = offices.office(actor.office_id) if actor.office_id else None
        return bodies.Me(
            id=person.id,
            kind="staff" if person.kind == "staff" else "client",
            role=actor.role,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            office=bodies.office(office) if office else None,
        )

    return router
