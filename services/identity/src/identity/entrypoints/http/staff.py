"""Members of offices: sign-in at the identity provider, memberships."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from chassis.http import CurrentStaff, problems
from chassis.http.problems import Away
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Cookie, Query, Response
from fastapi.responses import RedirectResponse

from identity.application.digests import new_token
from identity.application.errors import (
    AlreadyMember,
    LinkSpent,
    LinkUnknown,
    MembershipPending,
    NotaryNotVouchedFor,
    ProviderUnavailable,
    SignInRefused,
)
from identity.application.memberships import Memberships
from identity.application.people import Offices
from identity.application.sessions import Tokens
from identity.application.staff_sign_in import StaffSignIn
from identity.domain.membership import State
from identity.domain.refusals import AlreadyDecided, CrpcenRefused, EmailRefused, OwnMembership
from identity.entrypoints.http import bodies
from identity.entrypoints.http.visitors import CurrentVisitor

Text = Annotated[str, Query(max_length=2048)]
_BROWSER_SECONDS = 600
_MAX_OFFICES = 20


def sign_in_routes(sign_in: StaffSignIn, *, secure: bool) -> APIRouter:
    """Return the routes of the sign-in; the cookie is a __Host- one wherever there is TLS."""
    router = APIRouter(tags=["Sign-in of members"])
    cookie = "__Host-idnot" if secure else "idnot"
    Browser = Annotated[str | None, Cookie(alias=cookie, max_length=128)]  # noqa: N806 - a type

    @router.get("/sign-in/idnot", status_code=302, response_class=RedirectResponse)
    def start(browser: Browser = None) -> Response:
        """Go to the identity provider (L-11)."""
        browser = browser or new_token()
        response = RedirectResponse(sign_in.start(browser), 302)
        response.set_cookie(
            cookie, browser, max_age=_BROWSER_SECONDS, path="/", secure=secure, httponly=True, samesite="lax"
        )
        return response

    @router.get(
        "/sign-in/idnot/callback",
        responses=problems(SignInRefused, MembershipPending, NotaryNotVouchedFor, ProviderUnavailable, Away),
    )
    def callback(
        visitor: CurrentVisitor, state: Text = "", code: Text = "", browser: Browser = None
    ) -> bodies.SignedIn | bodies.RegistrationNeeded:
        """Come back from the identity provider: a session, or the right to ask for a membership (L-21)."""
        outcome = sign_in.finish(code, state, browser or "", visitor)
        if isinstance(outcome, Tokens):
            return bodies.signed_in(outcome)
        return bodies.RegistrationNeeded(**asdict(outcome))

    return router


def office_routes(offices: Offices) -> APIRouter:
    """Return the route by which a newcomer finds an office."""
    router = APIRouter(tags=["Offices and members"])

    @router.get("/offices")
    def find(q: Annotated[str, Query(min_length=2, max_length=100, examples=["75999"])]) -> bodies.OfficeList:
        """Find an office by name or CRPCEN, at most 20 (L-18)."""
        return bodies.OfficeList(items=[bodies.office(row) for row in offices.found(q, _MAX_OFFICES)])

    return router


def newcomer_routes(memberships: Memberships) -> APIRouter:
    """Return the routes by which a newcomer asks for a membership."""
    router = APIRouter(tags=["Offices and members"])

    @router.post(
        "/memberships",
        status_code=201,
        responses=problems(NotFound, LinkUnknown, LinkSpent, AlreadyMember, EmailRefused, CrpcenRefused),
    )
    def ask(asked: bodies.MembershipRequest, visitor: CurrentVisitor) -> bodies.MembershipAsked:
        """Ask to belong to an office; a message then asks to confirm the address (L-18, L-19)."""
        made = memberships.request(asked.registration_token, asked.crpcen, asked.recovery_email, asked.role, visitor)
        return bodies.MembershipAsked(**made)

    @router.post("/email-confirmations", status_code=204, responses=problems(LinkUnknown, LinkSpent))
    def confirm(confirmation: bodies.Confirmation, visitor: CurrentVisitor) -> None:
        """Confirm the address by the link of the message (L-19)."""
        memberships.confirm_email(confirmation.token, visitor)

    return router


def membership_routes(memberships: Memberships) -> APIRouter:
    """Return the routes of the members of an office."""
    router = APIRouter(tags=["Offices and members"])

    @router.get("/offices/{office_id}/members", responses=problems(NotFound, NotAllowed))
    def colleagues(office_id: UUID, actor: CurrentStaff) -> bodies.MemberList:
        """List the members of one's own office."""
        return bodies.members(memberships.colleagues(actor, office_id))

    @router.get("/memberships", responses=problems(NotAllowed))
    def requests(actor: CurrentStaff, state: State | None = None) -> bodies.MemberList:
        """List the memberships of one's office, for a notary (L-20)."""
        return bodies.members(memberships.requests(actor, state))

    decided = problems(NotFound, NotAllowed, AlreadyDecided, OwnMembership)

    @router.post("/memberships/{membership_id}/approval", status_code=204, responses=decided)
    def approve(membership_id: UUID, actor: CurrentStaff) -> None:
        """Declare that the person belongs to the office (L-20)."""
        memberships.approve(actor, membership_id)

    @router.post("/memberships/{membership_id}/refusal", status_code=204, responses=decided)
    def refuse(membership_id: UUID, actor: CurrentStaff) -> None:
        """Declare that the person does not belong to the office."""
        memberships.refuse(actor, membership_id)

    return router
