"""What the law no longer asks to keep is destroyed."""

import sys
from contextlib import suppress

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Missing, Store

from vault.application.ports import KeyRing, ObjectStore
from vault.domain.document import Document

TRIES = 10
"""Somebody may be opening the document at the same moment; each opening is an event of it."""


class Destroying:
    """Destroys files of letters at the end of their retention."""

    def __init__(self, store: Store, keys: KeyRing, objects: ObjectStore) -> None:
        self._store = store
        self._keys = keys
        self._objects = objects

    def destroy(self, actor: Actor, ticket: Ticket) -> None:
        """Destroy the version that the ticket is about; one that is destroyed already is no error.

        The key goes first, then the objects, then one event says so: a crash in between leaves what nobody can read,
        and the same request again does the rest. Raises NotFound and StorageAway.
        """
        document = self._document(ticket)
        if document.destroyed:
            return
        self._keys.destroy(document.object_key)
        sys.audit("scelle.crashpoint", "vault.key-destroyed")
        self._objects.remove(self._objects.names(document.object_key + "/"))
        for attempt in range(1, TRIES + 1):
            document.end_retention()
            with suppress(*(() if attempt == TRIES else (Changed,))):
                self._store.save(document, actor=actor)
                return
            document = self._document(ticket)

    def _document(self, ticket: Ticket) -> Document:
        try:
            document = self._store.get(Document, ticket.version_id)
        except Missing:
            raise NotFound from None
        filed = document.issuer, document.office_id, document.request_id, document.owner_id, document.dossier_id
        if filed != (ticket.issuer, ticket.office_id, ticket.request_id, ticket.owner_id, ticket.dossier_id):
            raise NotFound
        return document
