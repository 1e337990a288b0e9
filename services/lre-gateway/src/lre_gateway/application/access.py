"""The one door: who may know that a letter, a batch, a sender or a recipient exists, and who may change it."""

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventsourcing.domain import Aggregate
from eventstore import Missing, Store

from lre_gateway.application.ports import Dossiers, Scope
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.sender import Sender

READERS_ONLY = "compliance"

A = TypeVar("A", bound=Aggregate)


def person(actor: Actor) -> UUID:
    """Return the id of the person who asks."""
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id


def office_of(actor: Actor) -> UUID:
    """Return the office that the actor works for, in any role."""
    if actor.kind != "staff" or actor.office_id is None:
        raise NotAllowed
    return actor.office_id


def worker(actor: Actor) -> UUID:
    """Return the office of someone who changes things there: the compliance role reads only."""
    if actor.role == READERS_ONLY:
        raise NotAllowed
    return office_of(actor)


class Access:
    """Loads what an actor may know of; everything else is NotFound, as if it did not exist."""

    def __init__(self, store: Store, dossiers: Dossiers) -> None:
        self._store = store
        self._dossiers = dossiers

    def scope(self, actor: Actor) -> Scope:
        """Return what an actor may see in lists."""
        return Scope(office_of(actor), person(actor), actor.role == READERS_ONLY)

    def readable_dossiers(self, actor: Actor, dossier_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the dossiers whose letters the actor may read."""
        return frozenset(one for one in set(dossier_ids) if self._may_read(actor, one))

    def dossier(self, actor: Actor, dossier_id: UUID) -> str:
        """Return the number of a dossier that the actor may read; raise NotFound."""
        found = self._dossiers.readers(dossier_id)
        if found is None or not self._may_read(actor, dossier_id):
            raise NotFound
        return found.number

    def letter(self, actor: Actor, letter_id: UUID, *, to_change: bool = False) -> Letter:
        """Return a letter for someone who may read it."""
        return self._in_dossier(actor, self._of_office(actor, Letter, letter_id, to_change=to_change))

    def batch(self, actor: Actor, batch_id: UUID, *, to_change: bool = False) -> Batch:
        """Return a batch for someone who may read it."""
        return self._in_dossier(actor, self._of_office(actor, Batch, batch_id, to_change=to_change))

    def sender(self, actor: Actor, sender_id: UUID, *, to_change: bool = False) -> Sender:
        """Return a sending account of the actor's office."""
        return self._of_office(actor, Sender, sender_id, to_change=to_change)

    def recipient(self, actor: Actor, recipient_id: UUID, *, to_change: bool = False) -> Recipient:
        """Return a recipient of the actor's office."""
        return self._of_office(actor, Recipient, recipient_id, to_change=to_change)

    def _of_office(self, actor: Actor, kind: type[A], aggregate_id: UUID, *, to_change: bool) -> A:
        office_id = office_of(actor)
        try:
            found = self._store.get(kind, aggregate_id)
        except Missing:
            raise NotFound from None
        if getattr(found, "office_id", None) != office_id:
            raise NotFound
        if to_change:
            worker(actor)
        return found

    def _in_dossier(self, actor: Actor, found: "Found") -> "Found":
        if found.dossier_id is not None and not self._may_read(actor, found.dossier_id):
            raise NotFound
        return found

    def _may_read(self, actor: Actor, dossier_id: UUID) -> bool:
        """Tell whether a dossier is open to the actor; to the compliance role every one of its office is."""
        found = self._dossiers.readers(dossier_id)
        if found is None or found.office_id != office_of(actor):
            return False
        return actor.role == READERS_ONLY or actor.person_id in found.staff_ids


Found = TypeVar("Found", Letter, Batch)
