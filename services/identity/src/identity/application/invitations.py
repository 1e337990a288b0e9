"""Links that messages carry: the invitation of a client, the confirmation of an address."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Store

from identity.application.client_sign_in import Passwords
from identity.application.one_time import OneTimeTokens, Purpose
from identity.application.people import Offices, People
from identity.domain.sign_in import Invitation


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
        public_url: str,
    ) -> None:
        self._store, self._people, self._offices = store, people, offices
        self._tokens, self._passwords, self._url = tokens, passwords, public_url.rstrip("/")

    def invite(self, person_id: UUID, office_id: UUID, actor: Actor) -> Letter:
        """Return a link for a first access; for a client who already has a password, to the sign-in page (L-46)."""
        person = self._people.person(person_id)
        if person is None or person.kind != "client" or person.office_id != office_id:
            raise NotFound
        if self._passwords.has(person_id):
            return self._letter(person_id, office_id, f"{self._url}/connexion")
        token = self._tokens.give(Purpose.INVITATION, person_id, office_id)
        self._store.save(Invitation(person_id=person_id, office_id=office_id), actor=actor)
        return self._letter(person_id, office_id, f"{self._url}/acces?{urlencode({'invitation': token})}")

    def confirm_email(self, person_id: UUID) -> Letter:
        """Return a link by which a new member confirms the address (L-19)."""
        memberships = self._offices.memberships(person_id)
        if not memberships:
            raise NotFound
        token = self._tokens.give(Purpose.EMAIL, person_id)
        url = f"{self._url}/confirmation?{urlencode({'token': token})}"
        return self._letter(person_id, memberships[-1].office_id, url)

    def _letter(self, person_id: UUID, office_id: UUID, url: str) -> Letter:
        person, office = self._people.person(person_id), self._offices.office(office_id)
        if person is None or person.email is None or office is None:
            raise NotFound
        return Letter(url, person.email, person.first_name, person.last_name, office.name)
