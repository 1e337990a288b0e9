"""Links that messages carry: the invitation of a client, the confirmation of an address."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Store

from identity.application.client_sign_in import MAX_HOMONYMS, Passwords
from identity.application.limits import Limits, at_most
from identity.application.one_time import OneTimeTokens, Purpose
from identity.application.people import Offices, People, PersonRow
from identity.application.visitor import Visitor
from identity.domain.contact import same_email
from identity.domain.sign_in import Invitation

ACCESS_LINK_SECONDS = 86_400
"""A link that the client asked for is good for a day."""


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """How many links may be asked for in an hour: each is an e-mail to somebody."""

    per_email: int = 3
    per_ip: int = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message needs to say and where its link goes."""

    url: str
    email: str
    first_name: str | None
    last_name: str | None
    office_name: str


class Invitations:
    """Make the links, for the service that writes the messages."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        people: People,
        offices: Offices,
        tokens: OneTimeTokens,
        passwords: Passwords,
        limits: Limits,
        later: Callable[[Callable[[], None]], None],
        policy: AskPolicy,
        public_url: str,
    ) -> None:
        self._store, self._people, self._offices = store, people, offices
        self._tokens, self._passwords, self._url = tokens, passwords, public_url.rstrip("/")
        self._limits, self._later, self._policy = limits, later, policy

    def invite(self, person_id: UUID, office_id: UUID, actor: Actor) -> Letter:
        """Return a link for a first access; for a client who already has a password, to the sign-in page (L-46)."""
        self._client(person_id, office_id)
        if self._passwords.has(person_id):
            return self._letter(person_id, office_id, f"{self._url}/connexion")
        token = self._tokens.give(Purpose.INVITATION, person_id, office_id)
        self._store.save(Invitation(person_id=person_id, office_id=office_id), actor=actor)
        return self._letter(person_id, office_id, self._access(token))

    def ask_again(self, email: str, visitor: Visitor) -> None:
        """Invite again the clients with this address, who lost the link or forgot the password.

        Nothing tells whether there are any: the work is done once the caller is answered.

        Raises:
            TooManyAttempts: too many links for this address or IP.

        """
        address, cap = same_email(email), self._limits.cap
        self._limits.admit(
            cap(at_most(self._policy.per_ip), "access-link-ip", visitor.ip),
            cap(at_most(self._policy.per_email), "access-link-email", address),
        )
        self._later(partial(self._invite_again, address, visitor))

    def _invite_again(self, address: str, visitor: Visitor) -> None:
        for client in self._people.clients_at(address, MAX_HOMONYMS, with_password=False):
            if client.office_id is not None:
                again = Invitation(person_id=client.id, office_id=client.office_id)
                self._store.save(again, actor=visitor.nobody())

    def access_link(self, person_id: UUID, office_id: UUID) -> Letter:
        """Return a link to choose a password, also for a client who has one; it was asked for, so no event again."""
        self._client(person_id, office_id)
        token = self._tokens.give(Purpose.INVITATION, person_id, office_id, seconds=ACCESS_LINK_SECONDS)
        return self._letter(person_id, office_id, self._access(token))

    def confirm_email(self, person_id: UUID) -> Letter:
        """Return a link by which a new member confirms the address (L-19)."""
        memberships = self._offices.memberships(person_id)
        if not memberships:
            raise NotFound
        token = self._tokens.give(Purpose.EMAIL, person_id)
        url = f"{self._url}/confirmation?{urlencode({'token': token})}"
        return self._letter(person_id, memberships[-1].office_id, url)

    def _client(self, person_id: UUID, office_id: UUID) -> PersonRow:
        person = self._people.person(person_id)
        if person is None or person.erased or person.kind != "client" or person.office_id != office_id:
            raise NotFound
        return person

    def _access(self, token: str) -> str:
        return f"{self._url}/acces?{urlencode({'invitation': token})}"

    def _letter(self, person_id: UUID, office_id: UUID, url: str) -> Letter:
        person, office = self._people.person(person_id), self._offices.office(office_id)
        if person is None or person.email is None or office is None:
            raise NotFound
        return Letter(url, person.email, person.first_name, person.last_name, office.name)
