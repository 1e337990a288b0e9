"""The one door: who may know that a dossier or a request exists, and who may change it."""

from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound
from eventstore import Missing, Store

from dossier.domain.document_request import DocumentRequest
from dossier.domain.dossier import Dossier

READERS_ONLY = frozenset({"compliance"})


def person(actor: Actor) -> UUID:
    """Return the id of the person who asks."""
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id


def office_of(actor: Actor) -> UUID:
    """Return the office that the actor works for."""
    if actor.kind != "staff" or actor.office_id is None:
        raise NotAllowed
    return actor.office_id


class Access:
    """Loads what an actor may know of; everything else is NotFound, as if it did not exist."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def to_read(self, actor: Actor, dossier_id: UUID) -> Dossier:
        """Return a dossier for someone who may read it: a member of its office whom it is open to, or its client."""
        try:
            dossier = self._store.get(Dossier, dossier_id)
        except Missing:
            raise NotFound from None
        if not _may_see(actor, dossier):
            raise NotFound
        return dossier

    def to_change(self, actor: Actor, dossier_id: UUID) -> Dossier:
        """Return a dossier for a member of the office who works on it."""
        dossier = self.to_read(actor, dossier_id)
        if actor.kind != "staff" or actor.role in READERS_ONLY:
            raise NotAllowed
        dossier.refuse_if_archived()
        return dossier

    def as_client(self, actor: Actor, dossier_id: UUID) -> Dossier:
        """Return a dossier for one of its clients."""
        if actor.kind != "client":
            raise NotAllowed
        return self.to_read(actor, dossier_id)

    def request(self, actor: Actor, request_id: UUID) -> DocumentRequest:
        """Return a request for someone who may read it: a client sees only their own."""
        try:
            request = self._store.get(DocumentRequest, request_id)
        except Missing:
            raise NotFound from None
        if actor.kind == "client" and request.client_id != actor.person_id:
            raise NotFound
        self.to_read(actor, request.dossier_id)
        return request


def _may_see(actor: Actor, dossier: Dossier) -> bool:
    if actor.kind == "client":
        return actor.person_id in dossier.client_ids
    if actor.kind != "staff" or actor.office_id != dossier.office_id or actor.person_id is None:
        return False
    return dossier.may_be_seen_by(actor.person_id)
