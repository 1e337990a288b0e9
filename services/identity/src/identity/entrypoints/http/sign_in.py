"""Sign-in of clients, and sessions of everybody."""

from dataclasses import asdict
from uuid import UUID

from chassis.http import CurrentActor, problems
from chassis.refusal import NotFound, NotSignedIn
from fastapi import APIRouter, Depends, Response

from identity.application.choose_password import ChoosePassword
from identity.application.client_sign_in import ClientSignIn
from identity.application.errors import (
    CodeRefused,
    LinkSpent,
    LinkUnknown,
    SessionRefused,
    SignInRefused,
    TooManyAttempts,
)
from identity.application.invitations import Invitations
from identity.application.people import Offices, People
from identity.application.sessions import Sessions, Tokens
from identity.domain.contact import masked
from identity.domain.refusals import PasswordRefused
from identity.entrypoints.http import bodies
from identity.entrypoints.http.visitors import CurrentVisitor


def sign_in_routes(sign_in: ClientSignIn, passwords: ChoosePassword, invitations: Invitations) -> APIRouter:
    """Return the routes by which clients sign in."""
    router = APIRouter(tags=["Sign-in of clients"])

    @router.post("/sign-in/codes", status_code=201, responses=problems(LinkUnknown, LinkSpent, TooManyAttempts))
    def ask(asked: bodies.AskCode, visitor: CurrentVisitor) -> bodies.CodeSent:
        """Ask for a code by SMS, with the link of the invitation; unknown people get the same answer (L-48, L-49).

        Whoever has no link or no password any more asks for one by POST /access-links.
        """
        return bodies.CodeSent(**asdict(sign_in.ask_code(asked.email, asked.invitation, visitor)))

    @router.post("/access-links", status_code=202, response_class=Response, responses=problems(TooManyAttempts))
    def ask_link(asked: bodies.AskLink, visitor: CurrentVisitor) -> None:
        """Ask for a new link by e-mail, to choose a password; unknown people get the same answer."""
        invitations.ask_again(asked.email, visitor)

    @router.post("/sign-in/codes/{code_id}/answer", responses=problems(CodeRefused))
    def answer(
        code_id: UUID, given: bodies.AnswerCode, visitor: CurrentVisitor
    ) -> bodies.SignedIn | bodies.PasswordSetup:
        """Give the code, once: for the right to choose a password, or for a session (L-50)."""
        outcome = sign_in.answer(code_id, given.code, visitor)
        if isinstance(outcome, Tokens):
            return bodies.signed_in(outcome)
        return bodies.PasswordSetup(**asdict(outcome))

    @router.put("/password", status_code=204, responses=problems(LinkUnknown, LinkSpent, PasswordRefused))
    def choose(chosen: bodies.ChosenPassword, visitor: CurrentVisitor) -> None:
        """Choose a password (L-51)."""
        passwords.choose(chosen.setup_token, chosen.password, visitor)

    @router.post("/sign-in/password", responses=problems(SignInRefused, TooManyAttempts))
    def enter(given: bodies.PasswordSignIn, visitor: CurrentVisitor) -> bodies.CodeSent:
        """Sign in with e-mail and password; a code follows by SMS, or one of the person's app is given."""
        return bodies.CodeSent(**asdict(sign_in.with_password(given.email, given.password, visitor)))

    return router


def signed_in_routes(sessions: Sessions, *routers: APIRouter) -> APIRouter:
    """Return routes that refuse the token of a session that has ended, at once."""

    def live(actor: CurrentActor) -> None:
        sessions.check(actor)

    router = APIRouter(dependencies=[Depends(live)], responses=problems(NotSignedIn, SessionRefused))
    for one in routers:
        router.include_router(one)
    return router


def refresh_routes(sessions: Sessions) -> APIRouter:
    """Return the route by which a session goes on."""
    router = APIRouter(tags=["Sessions"])

    @router.post("/sessions/refresh", responses=problems(SessionRefused))
    def refresh(shown: bodies.Refresh, visitor: CurrentVisitor) -> bodies.SignedIn:
        """Exchange the refresh token for new tokens; a used one gives the same successor for 30 s, then ends all."""
        return bodies.signed_in(sessions.refresh(shown.refresh_token, visitor))

    return router


def sign_out_routes(sessions: Sessions) -> APIRouter:
    """Return the route of signing out, which may be done twice."""
    router = APIRouter(tags=["Sessions"])

    @router.delete("/sessions/current", status_code=204)
    def end(actor: CurrentActor) -> None:
        """Sign out: identity refuses the access token at once, the other services when it expires, in ten minutes."""
        sessions.end(actor)

    return router


def me_routes(people: People, offices: Offices) -> APIRouter:
    """Return the route of the caller."""
    router = APIRouter(tags=["Sessions"])

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
            phone=masked(person.phone) if person.phone else None,
            office=bodies.office(office) if office else None,
            session_id=actor.session_id,
        )

    return router
