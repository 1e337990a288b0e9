"""How members of offices sign in: at their profession's identity provider (L-11, L-21)."""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import Protocol
from uuid import UUID

from eventstore import Store

from identity.application.digests import new_token, token_digest
from identity.application.errors import MembershipPending, NotaryNotVouchedFor, SignInRefused
from identity.application.one_time import LIFETIMES, OneTimeTokens, Purpose
from identity.application.people import MembershipRow, Offices, People
from identity.application.sessions import Sessions, Tokens
from identity.application.visitor import Visitor
from identity.domain.membership import Membership, Role, State
from identity.domain.office import Office
from identity.domain.person import Person
from identity.domain.sign_in import NOBODY, RefusedSignIn


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the identity provider says about a person; `offices` are CRPCENs."""

    issuer: str
    subject: str
    first_name: str
    last_name: str
    email: str
    role: str
    offices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in under way, kept until the browser comes back."""

    browser: bytes
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A person without an office yet, who may ask to belong to one."""

    registration_token: str
    first_name: str
    last_name: str
    email: str
    expires_in: int = LIFETIMES[Purpose.REGISTRATION]


class AssertionRefused(Exception):
    """What the provider sent cannot be believed; its argument is the cause."""


class Provider(Protocol):
    """An OIDC provider."""

    def address(self, state: str, nonce: str, challenge: str) -> str:
        """Return where the browser goes to sign in."""
        ...

    def assertion(self, code: str, verifier: str, nonce: str) -> Assertion:
        """Exchange a code and check everything. Raises AssertionRefused, ProviderUnavailable."""
        ...


class Starts(Protocol):
    """Sign-ins under way."""

    def keep(self, state: bytes, started: Started) -> None:
        """Keep one for ten minutes."""
        ...

    def take(self, state: bytes) -> Started | None:
        """Return and forget one; None if it never was, was taken or is too old."""
        ...


class StaffSignIn:
    """The authorization code flow with PKCE, state and nonce, and what the office makes of the result."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        provider: Provider,
        starts: Starts,
        people: People,
        offices: Offices,
        tokens: OneTimeTokens,
        sessions: Sessions,
    ) -> None:
        self._store, self._provider, self._starts = store, provider, starts
        self._people, self._offices, self._tokens, self._sessions = people, offices, tokens, sessions

    def start(self, browser: str) -> str:
        """Return where the browser goes; it comes back with a state that is bound to its cookie."""
        state, nonce, verifier = new_token(), new_token(), new_token()
        self._starts.keep(token_digest(state), Started(token_digest(browser), nonce, verifier))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return self._provider.address(state, nonce, challenge)

    def finish(self, code: str, state: str, browser: str, visitor: Visitor) -> Tokens | Registration:
        """Sign in a member of an office, or let a newcomer register.

        Raises:
            SignInRefused: the answer of the provider cannot be believed; the event says why.
            MembershipPending: the e-mail address or the notary's approval is waited for (L-21).
            NotaryNotVouchedFor: the provider names no office that is registered here.

        """
        started = self._starts.take(token_digest(state))
        if started is None or not hmac.compare_digest(started.browser, token_digest(browser)):
            self._refused("state", visitor)
            raise SignInRefused
        try:
            said = self._provider.assertion(code, started.verifier, started.nonce)
        except AssertionRefused as refused:
            self._refused(str(refused), visitor)
            raise SignInRefused from None
        return self._enter(said, visitor)

    def _enter(self, said: Assertion, visitor: Visitor) -> Tokens | Registration:
        if said.role == Role.NOTARY:
            self._welcome_notary(said, visitor)
        person = self._people.staff(said.issuer, said.subject)
        memberships = self._offices.memberships(person.id) if person else []
        if person is None or (not memberships and said.role != Role.NOTARY):
            claims = {name: value for name, value in asdict(said).items() if name not in {"role", "offices", "email"}}
            token = self._tokens.give(Purpose.REGISTRATION, claims=claims)
            return Registration(token, said.first_name, said.last_name, said.email)
        membership = _entitled(memberships, said)
        if membership is None and said.role == Role.NOTARY:
            self._refused("not-vouched-for", visitor, person.id)
            raise NotaryNotVouchedFor
        waits_for = [] if membership else ["approval"]
        if not person.email_confirmed and (membership is None or membership.role != Role.NOTARY):
            waits_for.insert(0, "email-confirmation")
        if membership is None or waits_for:
            self._refused("membership-pending", visitor, person.id)
            raise MembershipPending(waits_for=waits_for)
        return self._sessions.begin(
            person.id,
            "staff",
            office_id=membership.office_id,
            role=membership.role,
            means="oidc",
            visitor=visitor,
        )

    def _welcome_notary(self, said: Assertion, visitor: Visitor) -> None:
        """Make a notary a member of the registered offices that the provider names; it vouches for them."""
        known = self._people.staff(said.issuer, said.subject)
        offices = [self._offices.office(Office.create_id(number)) for number in said.offices]
        held = (
            {one.office_id for one in self._offices.memberships(known.id) if one.role == Role.NOTARY} if known else ()
        )
        new = [office for office in offices if office is not None and office.id not in held]
        if not new:
            if known is None:
                self._refused("not-vouched-for", visitor)
                raise NotaryNotVouchedFor
            return
        person = self._store.get(Person, known.id) if known else _notary(said)
        memberships = [Membership(person_id=person.id, office_id=office.id, role=Role.NOTARY.value) for office in new]
        for membership in memberships:
            membership.assert_notary()
        self._store.save(person, *memberships, actor=visitor.known_as(person.id, "staff", new[0].id))

    def _refused(self, cause: str, visitor: Visitor, person_id: UUID = NOBODY) -> None:
        self._store.save(RefusedSignIn(person_id=person_id, office_id=None, cause=cause), actor=visitor.nobody())


def _entitled(memberships: list[MembershipRow], said: Assertion) -> MembershipRow | None:
    """Return the newest approved membership; a notary's holds only while the provider names the office."""
    held = [
        one
        for one in memberships
        if one.state == State.APPROVED and (one.role != Role.NOTARY or one.crpcen in said.offices)
    ]
    return max(reversed(held), key=lambda one: one.role == Role.NOTARY, default=None)


def _notary(said: Assertion) -> Person:
    return Person(
        kind="staff",
        office_id=None,
        first_name=said.first_name,
        last_name=said.last_name,
        email=said.email,
        phone=None,
        issuer=said.issuer,
        subject=said.subject,
    )
