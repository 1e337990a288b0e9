"""How clients sign in: an invitation, an e-mail address and a code the first time; a password and a code then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chassis.refusal import NotFound
from eventstore import Store

from identity.application.codes import Challenge, Codes, Recipient, Sent
from identity.application.digests import token_digest
from identity.application.errors import LinkSpent, SignInRefused
from identity.application.limits import HOUR, Limits
from identity.application.one_time import LIFETIMES, OneTimeTokens, Purpose
from identity.application.people import People, PersonRow
from identity.application.sessions import Sessions, Tokens
from identity.application.visitor import Visitor
from identity.domain.contact import same_email
from identity.domain.sign_in import NOBODY, RefusedSignIn

FIRST_ACCESS = "first-access"
SIGN_IN = "sign-in"
MEANS = "password-and-code"
MAX_HOMONYMS = 4
"""How many clients with one e-mail address (couples share one) are tried with a password."""


class Passwords(Protocol):
    """The hashes of passwords, and the work of comparing."""

    def matching(self, password: str, person_ids: Sequence[UUID]) -> UUID | None:
        """Return the person whose password this is; it takes the time of one hash also when there is nobody."""
        ...

    def put(self, person_id: UUID, password: str) -> None:
        """Keep the hash of a new password."""
        ...

    def has(self, person_id: UUID) -> bool:
        """Say whether the person has chosen a password."""
        ...


@dataclass(frozen=True, slots=True)
class TryPolicy:
    """How many passwords may be tried."""

    per_email_hour: int = 10
    per_ip_hour: int = 60


@dataclass(frozen=True, slots=True)
class Setup:
    """The right to choose a password."""

    setup_token: str
    expires_in: int = LIFETIMES[Purpose.PASSWORD]


class ClientSignIn:
    """First access and sign-in of clients."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        people: People,
        tokens: OneTimeTokens,
        codes: Codes,
        passwords: Passwords,
        sessions: Sessions,
        limits: Limits,
        policy: TryPolicy,
    ) -> None:
        self._store, self._people, self._tokens, self._codes = store, people, tokens, codes
        self._passwords, self._sessions, self._limits, self._policy = passwords, sessions, limits, policy

    def ask_code(self, email: str, invitation: str | None, visitor: Visitor) -> Sent:
        """Send a code to the invited client who types the same address as in the dossier (L-48, L-49).

        Raises:
            NotFound: the invitation never existed.
            LinkSpent: it was used or is too old.
            TooManyAttempts: wait a moment.

        """
        if invitation is None:
            return self._codes.send(FIRST_ACCESS, email, None, visitor)
        row = self._tokens.read(invitation, Purpose.INVITATION)
        if row is None or row.person_id is None:
            raise NotFound
        if row.spent:
            self._refused(row.person_id, row.office_id, "invitation-spent", visitor)
            raise LinkSpent
        person = self._people.person(row.person_id)
        same = person is not None and person.email is not None and same_email(person.email) == same_email(email)
        recipient = _recipient(person) if person and same else None
        return self._codes.send(FIRST_ACCESS, email, recipient, visitor, token_digest(invitation))

    def with_password(self, email: str, password: str, visitor: Visitor) -> Sent:
        """Check the password and send a code.

        Raises:
            SignInRefused: the same answer, after the same time, whether the address or the password is wrong.
            TooManyAttempts: wait a moment.

        """
        address = same_email(email)
        self._limits.admit("password-ip", visitor.ip, self._policy.per_ip_hour, HOUR)
        self._limits.admit("password-email", address, self._policy.per_email_hour, HOUR)
        candidates = {person.id: person for person in self._people.clients_at(address)[:MAX_HOMONYMS]}
        found = self._passwords.matching(password, list(candidates))
        if found is None:
            known = next(iter(candidates.values())) if len(candidates) == 1 else None
            self._refused(known.id if known else NOBODY, known.office_id if known else None, "password", visitor)
            raise SignInRefused
        return self._codes.send(SIGN_IN, email, _recipient(candidates[found]), visitor)

    def answer(self, challenge_id: UUID, code: str, visitor: Visitor) -> Setup | Tokens:
        """Take the code: the first time for the right to choose a password, then for a session (L-50).

        Raises:
            CodeRefused: whatever the reason.

        """
        challenge = self._codes.answer(challenge_id, code, visitor)
        person_id = challenge.person_id or NOBODY
        if challenge.purpose == FIRST_ACCESS:
            return Setup(self._tokens.give(Purpose.PASSWORD, person_id, challenge.office_id))
        return self._begin(challenge, person_id, visitor)

    def _begin(self, challenge: Challenge, person_id: UUID, visitor: Visitor) -> Tokens:
        return self._sessions.begin(person_id, "client", office_id=challenge.office_id, means=MEANS, visitor=visitor)

    def _refused(self, person_id: UUID, office_id: UUID | None, cause: str, visitor: Visitor) -> None:
        refused = RefusedSignIn(person_id=person_id, office_id=office_id, cause=cause)
        self._store.save(refused, actor=visitor.nobody())


def _recipient(person: PersonRow) -> Recipient | None:
    return Recipient(person.id, person.office_id, person.phone) if person.phone else None
