"""Depositing: the bytes that arrive are those that were declared and all of them are durable, or nothing is kept."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any, TypeVar

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Store, SubjectErased

from vault.application.ports import Documents, KeyRing, ObjectStore, StoredDocument
from vault.application.upload import Declared, Intake, Upload
from vault.domain.document import Document
from vault.domain.file_name import clean_name
from vault.domain.manifest import Address, Manifest
from vault.domain.media_type import letter_media_type
from vault.domain.refusals import (
    AlreadyStored,
    DepositTooSlow,
    EmptyFile,
    LargerThanDeclared,
    OwnerErased,
    SizeMismatch,
    StorageAway,
    TooLarge,
)

T = TypeVar("T")

DEPOSITS_AT_ONCE = 32
"""In one process; each holds 32 MiB at most, and whoever comes next waits with its bytes unread."""
IDLE_SECONDS = 60.0
"""How long the next bytes may take."""
LONGEST_DEPOSIT_SECONDS = 6 * 3600.0
"""Well below the age at which the reaper takes an attempt for dead."""


class Deposits:
    """Takes documents in."""

    def __init__(  # noqa: PLR0913 - the five things a deposit touches, and its limit
        self,
        *,
        store: Store,
        documents: Documents,
        keys: KeyRing,
        objects: ObjectStore,
        threads: Executor,
        max_bytes: int,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._store = store
        self._documents = documents
        self._keys = keys
        self._objects = objects
        self._threads = threads
        self._max_bytes = max_bytes
        self._idle_seconds = idle_seconds
        self._places = asyncio.Semaphore(DEPOSITS_AT_ONCE)

    async def deposit(
        self, actor: Actor, ticket: Ticket, length: int | None, body: AsyncIterator[bytes]
    ) -> StoredDocument:
        """Store the version that the ticket is about; the same deposit again changes nothing and returns the same.

        `length` is the announced number of bytes, if any. Raises EmptyFile, TooLarge, SizeMismatch, DigestMismatch,
        UnsupportedType, AlreadyStored, StorageAway, DepositTooSlow, OwnerErased; nothing is kept then.
        """
        self._check_announced(ticket, length)
        declared, timely = _declared(ticket), _timely(body, self._idle_seconds)
        try:
            async with self._places, asyncio.timeout(LONGEST_DEPOSIT_SECONDS):
                known = await self._in_thread(lambda: self._known(ticket))
                if known is not None:
                    await _receive_only(declared, timely)
                    return known
                return await self._store_new(actor, ticket, declared, timely)
        except TimeoutError:
            raise DepositTooSlow from None

    def receipt(self, ticket: Ticket) -> StoredDocument:
        """Return what is stored of the version that the ticket is about; raise NotFound while there is nothing."""
        known = self._documents.find(ticket.version_id)
        if known is None or (known.request_id, known.issuer) != (ticket.request_id, ticket.issuer):
            raise NotFound
        return known

    def _check_announced(self, ticket: Ticket, length: int | None) -> None:
        announced = ticket.size if length is None else length
        if announced == 0 or ticket.size <= 0:
            raise EmptyFile
        if ticket.size > self._max_bytes:
            raise TooLarge(limit=self._max_bytes)
        if announced > ticket.size:
            raise LargerThanDeclared(declared=ticket.size)
        if announced < ticket.size:
            raise SizeMismatch(declared=ticket.size, received=announced)

    def _known(self, ticket: Ticket) -> StoredDocument | None:
        known = self._documents.find(ticket.version_id)
        if known and known.issuer != ticket.issuer:
            raise NotFound
        if known and not (known.size == ticket.size and hmac.compare_digest(known.sha256, ticket.sha256)):
            raise AlreadyStored
        return known

    async def _store_new(
        self, actor: Actor, ticket: Ticket, declared: Declared, body: AsyncIterator[bytes]
    ) -> StoredDocument:
        address = Address(ticket.office_id, ticket.request_id, ticket.version_id)
        object_key, key = await self._in_thread(lambda: self._keys.begin(address))
        upload = Upload(self._objects, self._threads, address, object_key, key, declared)
        try:
            manifest, media_type = await upload.store(body)
        except Exception:
            await self._discard(upload)
            raise
        # From here on the event decides: if saving fails without an answer, the parts stay and the reaper finds out.
        try:
            return await self._in_thread(lambda: self._record(actor, ticket, object_key, manifest, media_type))
        except SubjectErased:
            await self._discard(upload)
            raise OwnerErased from None
        except Changed:  # another attempt to store this version was faster
            await self._discard(upload)
            known = await self._in_thread(lambda: self._known(ticket))
            if known is None:
                raise
            return known

    def _record(
        self, actor: Actor, ticket: Ticket, object_key: str, manifest: Manifest, media_type: str
    ) -> StoredDocument:
        facts = {
            "office_id": ticket.office_id,
            "dossier_id": ticket.dossier_id,
            "request_id": ticket.request_id,
            "owner_id": ticket.owner_id,
            "version_id": ticket.version_id,
            "size": ticket.size,
            "media_type": media_type,
            "sha256": ticket.sha256,
            "manifest_sha256": manifest.sha256(),
            "object_key": object_key,
        }
        document = self._save(actor, ticket, facts)
        self._keys.keep(object_key)
        return _stored(document, document.created_on)

    def _save(self, actor: Actor, ticket: Ticket, facts: dict[str, Any]) -> Document:
        """Record the version; what the law has us keep is kept without its name once its owner was erased."""
        document = _document(ticket, clean_name(ticket.name), facts)
        try:
            self._store.save(document, actor=actor)
        except SubjectErased:
            if not ticket.legal_hold:
                raise
            document = _document(ticket, None, facts)
            self._store.save(document, actor=actor)
        return document

    async def _discard(self, upload: Upload) -> None:
        """Leave nothing of a failed attempt; what cannot be removed now is removed by the reaper."""
        with contextlib.suppress(StorageAway):
            await upload.discard()
            await self._in_thread(lambda: self._keys.destroy(upload.object_key))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _declared(ticket: Ticket) -> Declared:
    if ticket.issuer == "lre-gateway":
        return Declared(ticket.size, ticket.sha256, letter_media_type)
    return Declared(ticket.size, ticket.sha256)


def _document(ticket: Ticket, name: str | None, facts: dict[str, Any]) -> Document:
    if ticket.issuer == "lre-gateway":
        return Document.of_letter(legal_hold=ticket.legal_hold, name=name, **facts)
    return Document(name=name, **facts)


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
    )


async def _receive_only(declared: Declared, body: AsyncIterator[bytes]) -> None:
    """Check a repeated deposit as the first one was, and keep nothing of it."""
    intake = Intake(declared)
    async for chunk in body:
        intake.take(chunk)
    intake.finish()


async def _timely(body: AsyncIterator[bytes], idle_seconds: float) -> AsyncIterator[bytes]:
    """Pass chunks on; raise TimeoutError when the sender falls silent."""
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(body)
        except StopAsyncIteration:
            return
        yield chunk
