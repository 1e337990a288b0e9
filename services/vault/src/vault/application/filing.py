"""Filing: a document whose bytes are all stored is recorded, once, whichever way they came."""

import hmac
import sys
from datetime import datetime
from typing import Any

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Store, SubjectErased

from vault.application.intake import Declared, Seen
from vault.application.ports import Documents, KeyRing, StoredDocument
from vault.domain.document import Document
from vault.domain.file_name import clean_name
from vault.domain.manifest import Manifest
from vault.domain.media_type import letter_media_type
from vault.domain.refusals import AlreadyStored, EmptyFile, OwnerErased, TooLarge


class Superseded(Exception):
    """Another attempt to store this version was faster; `known` is what it stored."""

    def __init__(self, known: StoredDocument) -> None:
        super().__init__()
        self.known = known


class Filing:
    """Records documents; `scans_itself` when the built-in check is the only scanner there is."""

    def __init__(
        self, store: Store, documents: Documents, keys: KeyRing, max_bytes: int, *, scans_itself: bool
    ) -> None:
        self._store = store
        self._documents = documents
        self._keys = keys
        self._max_bytes = max_bytes
        self._scans_itself = scans_itself

    def check_size(self, ticket: Ticket) -> None:
        """Raise EmptyFile or TooLarge if the ticket's file can not be taken."""
        if ticket.size <= 0:
            raise EmptyFile
        if ticket.size > self._max_bytes:
            raise TooLarge(limit=self._max_bytes)

    def known(self, ticket: Ticket) -> StoredDocument | None:
        """Return what is stored already; raise AlreadyStored if it is another content, NotFound if another's."""
        known = self._documents.find(ticket.version_id)
        if known and known.issuer != ticket.issuer:
            raise NotFound
        if known and not _declares(ticket, known):
            raise AlreadyStored
        return known

    def file(self, actor: Actor, ticket: Ticket, object_key: str, manifest: Manifest, seen: Seen) -> StoredDocument:
        """Record the version. Raises OwnerErased and Superseded: then the attempt is to be discarded.

        Whatever else is raised leaves it open whether the event is recorded; the reaper finds out.
        """
        facts = {
            "office_id": ticket.office_id,
            "dossier_id": ticket.dossier_id,
            "request_id": ticket.request_id,
            "owner_id": ticket.owner_id,
            "version_id": ticket.version_id,
            "size": ticket.size,
            "media_type": seen.media_type,
            "sha256": seen.sha256,
            "manifest_sha256": manifest.sha256(),
            "object_key": object_key,
        }
        try:
            document = self._save(actor, ticket, facts, seen)
        except SubjectErased:
            raise OwnerErased from None
        except Changed:
            known = self.known(ticket)
            if known is None:
                raise
            raise Superseded(known) from None
        sys.audit("scelle.crashpoint", "vault.after-event")
        self._keys.keep(object_key)
        return _stored(document, document.created_on)

    def _save(self, actor: Actor, ticket: Ticket, facts: dict[str, Any], seen: Seen) -> Document:
        """Record the version; what the law has us keep is kept without its name once its owner was erased."""
        document = self._document(ticket, clean_name(ticket.name), facts, seen)
        try:
            self._store.save(document, actor=actor)
        except SubjectErased:
            if not ticket.legal_hold:
                raise
            document = self._document(ticket, None, facts, seen)
            self._store.save(document, actor=actor)
        return document

    def _document(self, ticket: Ticket, name: str | None, facts: dict[str, Any], seen: Seen) -> Document:
        if ticket.issuer == "lre-gateway":
            document = Document.of_letter(legal_hold=ticket.legal_hold, name=name, **facts)
        else:
            document = Document(name=name, **facts)
        if self._scans_itself:
            document.scanned(seen.finding)
        return document


def declared(ticket: Ticket) -> Declared:
    """Return what the ticket says of the bytes; a letter may carry any type."""
    if ticket.issuer == "lre-gateway":
        return Declared(ticket.size, ticket.sha256, letter_media_type)
    return Declared(ticket.size, ticket.sha256)


def _declares(ticket: Ticket, known: StoredDocument) -> bool:
    """Tell whether the ticket may be about what is stored: a digest that was not declared is not compared."""
    same = not ticket.sha256 or hmac.compare_digest(known.sha256, ticket.sha256)
    return same and known.size == ticket.size


def _stored(document: Document, stored_at: datetime) -> StoredDocument:
    return StoredDocument(
        id=document.id,
        office_id=document.office_id,
        dossier_id=document.dossier_id,
        request_id=document.request_id,
        owner_id=document.owner_id,
        size=document.size,
        media_type=document.media_type,
        sha256=document.sha256,
        manifest_sha256=document.manifest_sha256,
        object_key=document.object_key,
        name=document.name,
        stored_at=stored_at,
        issuer=document.issuer,
        legal_hold=document.legal_hold,
        scan=document.scan,
    )
