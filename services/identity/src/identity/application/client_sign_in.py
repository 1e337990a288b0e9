"""How clients sign in: an invitation, an e-mail address and a code the first time; a password and a code then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from eventstore import Store

from identity.application.codes import BY_AUTHENTICATOR, Challenge, Codes, Recipient, Sent
from identity.application.digests import token_digest
from identity.application.errors import CodeRefused, LinkSpent, LinkUnknown, SignInRefused
from identity.application.limits import Limits, at_most, slower_after
from identity.application.one_time import LIFETIMES, OneTimeTokens, Purpose
from identity.application.people import People, PersonRow
from identity.application.sessions import Sessions, Tokens
from identity.application.visitor import Visitor
from identity.domain.contact import same_email
from identity.domain.sign_in import NOBODY, RefusedSignIn

FIRST_ACCESS = "first-access"
SIGN_IN = "sign-in"
MAX_HOMONYMS = 4
"""How many clients with one e-mail address (couples share one) are tried with a password.

Only who has a password is tried, and first of all who proved to read the mail of that address: an office that names
the address of somebody else's client takes no place from that client.
"""


class Passwords(Protocol):
    """The hashes of passwords, and the work of comparing."""

    def matching(self, password: str, person_ids: Sequence[UUID]) -> UUID | None:
        """Return the person whose password this is; for nobody, one or two persons it takes the same time."""
        ...

    def prepare(self, person_id: UUID, password: str) -> UUID:
        """Write down the hash of a new password, under the id that its event will name."""
        ...

    def settle(self, person_id: UUID) -> None:
        """Put in force what was prepared and an event named."""
        ...

    def has(self, person_id: UUID) -> bool:
        """Say whether the person has chosen a password."""
        ...


class Apps(Protocol):
    """Who has an authenticator app."""

    def on(self, person_id: UUID) -> bool:
        """Say whether a person signs in with an app."""
        ...


@dataclass(frozen=True, slots=True)
class TryPolicy:
    """How many passwords may be tried in an hour.

    Ten from one IP at one address and sixty from one IP are all. At one address, whoever tries, thirty pass and then
    each must wait, 2 s at first and at most a minute: strangers can slow an owner down, not shut one out. That is
    at most 130 guesses in any hour and 2,000 in a day, at a password of twelve characters or more that is in no
    list, and a right guess only sends a code to the owner's phone.
    """

    per_email_and_ip: int = 10
    per_ip: int = 60
    per_email_unslowed: int = 30


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
        apps: Apps,
        passwords: Passwords,
        sessions: Sessions,
        limits: Limits,
        policy: TryPolicy,
    ) -> None:
        self._store, self._people, self._tokens, self._codes = store, people, tokens, codes
        self._passwords, self._sessions, self._limits, self._policy = passwords, sessions, limits, policy
        self._apps = apps

    def ask_code(self, email: str, invitation: str, visitor: Visitor) -> Sent:
        """Send a code to the invited client who types the same address as in the dossier (L-48, L-49).

        Raises:
            LinkUnknown: the invitation never existed.
            LinkSpent: it was used or is too old.
            TooManyAttempts: wait a moment.

        """
        row = self._tokens.read(invitation, Purpose.INVITATION)
        if row is None or row.person_id is None:
            raise LinkUnknown
        if row.spent:
            self._refused(row.person_id, row.office_id, "invitation-spent", visitor)
            raise LinkSpent
        person = self._people.person(row.person_id)
        same = person is not None and person.email is not None and same_email(person.email) == same_email(email)
        recipient = _recipient(person) if person and same else None
        return self._codes.send(FIRST_ACCESS, email, recipient, visitor, token_digest(invitation))

    def with_password(self, email: str, password: str, visitor: Visitor) -> Sent:
        """Check the password and send a code, or wait for one of the person's app.

        Raises:
            SignInRefused: the same answer, after the same time, whether the address or the password is wrong.
            TooManyAttempts: wait a moment.

        """
        address = same_email(email)
        self._admit(address, visitor.ip)
        found_at = self._people.clients_at(address, MAX_HOMONYMS, with_password=True)
        candidates = {person.id: person for person in found_at}
        found = self._passwords.matching(password, list(candidates))
        if found is None:
            known = next(iter(candidates.values())) if len(candidates) == 1 else None
            self._refused(known.id if known else NOBODY, known.office_id if known else None, "password", visitor)
            raise SignInRefused
        if self._apps.on(found):
            return self._codes.expect(BY_AUTHENTICATOR, email, found, candidates[found].office_id, visitor)
        return self._codes.send(SIGN_IN, email, _recipient(candidates[found]), visitor)

    def answer(self, challenge_id: UUID, code: str, visitor: Visitor) -> Setup | Tokens:
        """Take the code: the first time for the right to choose a password, then for a session (L-50).

        Raises:
            CodeRefused: whatever the reason.

        """
        challenge = self._codes.answer(challenge_id, code, visitor)
        person_id = challenge.person_id or NOBODY
        person = self._people.person(person_id)
        if person is None or person.erased:
            raise CodeRefused
        if challenge.purpose == FIRST_ACCESS:
            return Setup(self._tokens.give(Purpose.PASSWORD, person_id, challenge.office_id))
        return self._begin(challenge, person_id, visitor)

    def _admit(self, address: str, ip: str) -> None:
        policy, cap = self._policy, self._limits.cap
        self._limits.admit(
            cap(at_most(policy.per_ip), "password-ip", ip),
            cap(at_most(policy.per_email_and_ip), "password-email-ip", address, ip),
            cap(slower_after(policy.per_email_unslowed), "password-email", address),
        )

    def _begin(self, challenge: Challenge, person_id: UUID, visitor: Visitor) -> Tokens:
        means = f"password-and-{challenge.answered_by}"
        return self._sessions.begin(person_id, "client", office_id=challenge.office_id, means=means, visitor=visitor)

    def _refused(self, person_id: UUID, office_id: UUID | None, cause: str, visitor: Visitor) -> None:
        refused = RefusedSignIn(person_id=person_id, office_id=office_id, cause=cause)
        self._store.save(refused, actor=visitor.nobody())


def _recipient(person: PersonRow) -> Recipient | None:
    return Recipient(person.id, person.office_id, person.phone) if person.phone else None
