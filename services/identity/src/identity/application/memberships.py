"""Memberships of offices: asked for by the person, decided by a notary (L-18 to L-21)."""

from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Store, UniqueViolation

from identity.application.errors import AlreadyMember, LinkSpent
from identity.application.one_time import OneTimeTokens, Purpose, readable
from identity.application.people import MemberRow, Offices, People
from identity.application.visitor import Visitor
from identity.domain.contact import email as valid_email
from identity.domain.membership import Membership, Role
from identity.domain.office import Office, crpcen
from identity.domain.person import Person
from identity.domain.sign_in import NOBODY


class Memberships:
    """Ask, confirm, decide."""

    def __init__(self, *, store: Store, people: People, offices: Offices, tokens: OneTimeTokens) -> None:
        self._store, self._people, self._offices, self._tokens = store, people, offices, tokens

    def request(
        self, registration: str, office_number: str, recovery_email: str, role: Role, visitor: Visitor
    ) -> dict[str, Any]:
        """Ask to belong to an office, with the registration that a sign-in at the identity provider gave.

        Raises:
            LinkUnknown, LinkSpent: there is no such registration, or it was used or is too old.
            NotFound: no such office.
            NotAllowed: notaries are named by the identity provider, not asked for.

        """
        row = readable(self._tokens, registration, Purpose.REGISTRATION)
        if role is Role.NOTARY:
            raise NotAllowed
        office = self._offices.office(Office.create_id(crpcen(office_number)))
        if office is None:
            raise NotFound
        person = self._person(row.claims or {}, valid_email(recovery_email))
        if not self._tokens.use(registration, Purpose.REGISTRATION):
            raise LinkSpent
        membership = Membership(person_id=person.id, office_id=office.id, role=role.value)
        try:
            self._store.save(person, membership, actor=visitor.known_as(person.id, "staff", office.id))
        except UniqueViolation:
            raise AlreadyMember from None
        return {"id": str(membership.id), "person_id": str(person.id), "office_id": str(office.id)}

    def confirm_email(self, token: str, visitor: Visitor) -> None:
        """Note that the person reads the address (L-19).

        Raises:
            LinkUnknown, LinkSpent: the link never existed, or was used or is too old.

        """
        row = readable(self._tokens, token, Purpose.EMAIL)
        person = self._store.get(Person, row.person_id or NOBODY)
        if not self._tokens.use(token, Purpose.EMAIL):
            raise LinkSpent
        if not person.email_confirmed:
            person.confirm_email()
            self._store.save(person, actor=visitor.known_as(person.id, person.kind, person.office_id))

    def requests(self, actor: Actor, state: str | None) -> list[MemberRow]:
        """Return the memberships of a notary's office, to decide on."""
        return self._offices.members(_notary(actor), state)

    def colleagues(self, actor: Actor, office_id: UUID) -> list[MemberRow]:
        """Return the members of the caller's own office."""
        if actor.kind != "staff" or actor.office_id != office_id:
            raise NotFound
        return self._offices.members(office_id, "approved")

    def approve(self, actor: Actor, membership_id: UUID) -> None:
        """Declare that a person belongs to the caller's office (L-20)."""
        membership = self._of_office(_notary(actor), membership_id)
        membership.approve(actor.person_id or NOBODY)
        self._store.save(membership, actor=actor)

    def refuse(self, actor: Actor, membership_id: UUID) -> None:
        """Declare that a person does not belong to the caller's office."""
        membership = self._of_office(_notary(actor), membership_id)
        membership.refuse(actor.person_id or NOBODY)
        self._store.save(membership, actor=actor)

    def _of_office(self, office_id: UUID, membership_id: UUID) -> Membership:
        membership = self._store.get(Membership, membership_id)
        if membership.office_id != office_id:
            raise NotFound
        return membership

    def _person(self, claims: dict[str, Any], email: str) -> Person:
        """Return the person of a registration: known from another office, or new (L-13)."""
        known = self._people.staff(claims["issuer"], claims["subject"])
        if known is None:
            return Person(
                kind="staff",
                office_id=None,
                first_name=claims["first_name"],
                last_name=claims["last_name"],
                email=email,
                phone=None,
                issuer=claims["issuer"],
                subject=claims["subject"],
            )
        person = self._store.get(Person, known.id)
        person.change(email=email)
        return person


def _notary(actor: Actor) -> UUID:
    if actor.kind != "staff" or actor.role != Role.NOTARY or actor.office_id is None:
        raise NotAllowed
    return actor.office_id
