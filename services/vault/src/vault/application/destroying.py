"""What the law no longer asks to keep is destroyed, and what a client takes back."""

import sys
from contextlib import suppress
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Missing, Store

from vault.application.ports import Documents, KeyRing, ObjectStore
from vault.domain.document import Document, copy_id

TRIES = 10
"""Somebody may be opening the document at the same moment; each opening is an event of it."""


class Destroying:
    """Destroys files of letters at the end of their retention, and files of dossiers that were taken back."""

    def __init__(self, store: Store, keys: KeyRing, objects: ObjectStore, documents: Documents) -> None:
        self._store = store
        self._keys = keys
        self._objects = objects
        self._documents = documents

    def destroy(self, actor: Actor, ticket: Ticket) -> None:
        """Destroy the version that the ticket is about, and its copy; one that is destroyed already is no error.

        The key goes first, then the objects, then one event says so: a crash in between leaves what nobody can read,
        and the same request again does the rest. Raises NotFound and StorageAway.
        """
        self._shred(self._document(ticket), actor)
        self._shred_copy(ticket.version_id, actor)

    def destroy_orphans(self) -> int:
        """Destroy the copies that were made of a picture at the moment it was destroyed; return how many."""
        orphans = self._documents.orphans()
        for orphan in orphans:
            self._shred_copy(orphan, Actor.system())
        return len(orphans)

    def _shred_copy(self, version_id: UUID, actor: Actor) -> None:
        with suppress(Missing):
            self._shred(self._store.get(Document, copy_id(version_id)), actor)

    def _shred(self, document: Document, actor: Actor) -> None:
        if document.destroyed:
            return
        self._keys.destroy(document.object_key)
        sys.audit("scelle.crashpoint", "vault.key-destroyed")
        self._objects.remove(self._objects.names(document.object_key + "/"))
        for attempt in range(1, TRIES + 1):
            _say(document)
            with suppress(*(() if attempt == TRIES else (Changed,))):
                self._store.save(document, actor=actor)
                return
            document = self._store.get(Document, document.id)

    def _document(self, ticket: Ticket) -> Document:
        try:
            document = self._store.get(Document, ticket.version_id)
        except Missing:
            raise NotFound from None
        filed = document.issuer, document.office_id, document.request_id, document.owner_id, document.dossier_id
        if filed != (ticket.issuer, ticket.office_id, ticket.request_id, ticket.owner_id, ticket.dossier_id):
            raise NotFound
        return document


def _say(document: Document) -> None:
    if document.issuer == "dossier":
        document.withdraw()
    else:
        document.end_retention()
