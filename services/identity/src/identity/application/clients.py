"""The clients of an office, kept by its members."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Store

from identity.application.codes import Challenges
from identity.application.errors import ClientAlike
from identity.application.one_time import OneTimeTokens, Purpose
from identity.application.people import Facts, People, PersonRow
from identity.domain.contact import email as valid_email
from identity.domain.contact import mobile, same_email
from identity.domain.membership import Role
from identity.domain.person import Person

MOST_ALIKE = 5
"""How many clients are named that may be the one who is added."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What an office knows of a client; None where it says nothing (L-35)."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


class Clients:
    """Register, correct and find clients."""

    def __init__(
        self,
        *,
        store: Store,
        people: People,
        challenges: Challenges,
        tokens: OneTimeTokens,
        prefixes: Collection[str],
    ) -> None:
        self._store, self._people, self._challenges, self._prefixes = store, people, challenges, prefixes
        self._tokens = tokens

    def register(self, actor: Actor, facts: ClientFacts, *, refuse_alike: bool = False) -> Any:
        """Add a client of the caller's office, or return the one it has under the same names, address and number.

        An office that types a client again means the client it knows, so it is answered that id and nobody is twice in
        its list. Two clients may share an address or a number: with other names they stay two (L-34). Two requests in
        the same instant may still add two; a double click is what the Idempotency-Key is for.

        Raises:
            EmailRefused, MobileRefused: a message or a code could not arrive there.
            ClientAlike: other clients share the name, the address or the number, where that is to be refused.

        """
        office_id = _keeper(actor)
        email, phone = valid_email(facts.email or ""), mobile(facts.phone or "", self._prefixes)
        known = self._people.twin(office_id, same_email(email), phone, facts.first_name or "", facts.last_name or "")
        if known is not None:
            return {"id": str(known)}
        if refuse_alike:
            self._refuse_alike(office_id, facts, email, phone)
        client = Person(
            kind="client",
            office_id=office_id,
            first_name=facts.first_name,
            last_name=facts.last_name,
            email=email,
            phone=phone,
        )
        return self._store.save(client, actor=actor, outcome={"id": str(client.id)})

    def change(self, actor: Actor, client_id: UUID, facts: ClientFacts, *, refuse_alike: bool = False) -> None:
        """Correct a client; codes and links that are under way to an older number or address are void.

        Raises:
            PersonErased: nothing is known of the client any more.
            ClientAlike: other clients share what is new of the client, where that is to be refused.

        """
        office_id = _keeper(actor)
        self._of_office(office_id, client_id)
        client = self._store.get(Person, client_id)
        before = (client.email, client.phone)
        email = valid_email(facts.email) if facts.email else None
        phone = mobile(facts.phone, self._prefixes) if facts.phone else None
        if refuse_alike:
            new = _new(client, facts)
            self._refuse_alike(
                office_id,
                new,
                email if email != client.email else None,
                phone if phone != client.phone else None,
                client_id,
            )
        client.change(first_name=facts.first_name, last_name=facts.last_name, email=email, phone=phone)
        self._challenges.end_all(client_id)
        if client.email != before[0]:
            self._tokens.spend_all(client_id, Purpose.INVITATION)  # whoever reads the old address keeps no way in
        if (client.email, client.phone) != before:
            self._tokens.spend_all(client_id, Purpose.PASSWORD)
        self._store.save(client, actor=actor)

    def kept(self, actor: Actor, client_id: UUID) -> PersonRow:
        """Return a client whom the caller looks after: a compliance officer only reads."""
        return self._of_office(_keeper(actor), client_id)

    def get(self, actor: Actor, client_id: UUID) -> PersonRow:
        """Return a client of the caller's office."""
        return self._of_office(_member(actor), client_id)

    def search(self, actor: Actor, text: str, after: Sequence[str] | None, limit: int) -> list[PersonRow]:
        """Return the clients of the caller's office that hold `text`, by name."""
        return self._people.clients_of(_member(actor), text, after, limit)

    def of_office(self, client_id: UUID, office_id: UUID) -> PersonRow:
        """Return a client for another service, if it is one of this office and was not erased."""
        client = self._of_office(office_id, client_id)
        if client.erased:
            raise NotFound
        return client

    def _refuse_alike(
        self, office_id: UUID, facts: ClientFacts, email: str | None, phone: str | None, but: UUID | None = None
    ) -> None:
        given = Facts(facts.first_name or "", facts.last_name or "", same_email(email or ""), phone or "")
        if alike := self._people.alike(office_id, given, but, MOST_ALIKE):
            raise ClientAlike(alike=[str(one) for one in alike])

    def _of_office(self, office_id: UUID, client_id: UUID) -> PersonRow:
        client = self._people.person(client_id)
        if client is None or client.kind != "client" or client.office_id != office_id:
            raise NotFound
        return client


def _new(client: Person, facts: ClientFacts) -> ClientFacts:
    """Return the name, if it changes: that another client was called so before is no news."""
    name = (facts.first_name or client.first_name, facts.last_name or client.last_name)
    return ClientFacts(*name) if name != (client.first_name, client.last_name) else ClientFacts()


def _member(actor: Actor) -> UUID:
    if actor.kind != "staff" or actor.office_id is None:
        raise NotAllowed
    return actor.office_id


def _keeper(actor: Actor) -> UUID:
    if actor.role == Role.COMPLIANCE:
        raise NotAllowed
    return _member(actor)
