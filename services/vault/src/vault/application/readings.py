"""Reading: each part is verified before a byte of it leaves, and the reading is recorded before the first one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Store

from vault.application.opening import Opener
from vault.application.ports import Documents, StoredDocument
from vault.application.tickets import person
from vault.domain.document import Document
from vault.domain.keys import DataKey
from vault.domain.manifest import Manifest
from vault.domain.refusals import Infected, NotScanned, NotScannedYet

T = TypeVar("T")

SLICE_BYTES = 256 * 1024
"""What is handed to the connection at a time."""
RECORD_TRIES = 10
"""People may open the same document at the same moment; each opening is an event of it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document whose first part is verified, and whose reading is recorded."""

    document: StoredDocument
    chunks: AsyncIterator[memoryview]


class Readings:
    """Gives documents out."""

    def __init__(self, *, store: Store, documents: Documents, opener: Opener, threads: Executor) -> None:
        self._store = store
        self._documents = documents
        self._opener = opener
        self._threads = threads

    async def open(self, actor: Actor, ticket: Ticket, *, copy: bool = False) -> Opened:
        """Open the version that the ticket is about, or the PDF that was made of it.

        Raises NotFound, NotScannedYet, NotScanned, Infected, Damaged, StorageAway; nothing is recorded then. A part
        that proves damaged later ends the stream with Damaged, before any byte of it.
        """
        find = self._documents.copy if copy else self._documents.find
        document = await self._in_thread(lambda: find(ticket.version_id))
        if document is None or not speaks_of(ticket, document):
            raise NotFound
        may_be_opened(document)
        manifest, key = await self._in_thread(lambda: self._opener.manifest(document))
        first = await self._in_thread(lambda: self._opener.part(document, manifest, key, 0))
        await self._in_thread(lambda: self.record(actor, ticket))
        return Opened(document, self._chunks(document, manifest, key, first))

    async def _chunks(
        self, document: StoredDocument, manifest: Manifest, key: DataKey, first: bytearray
    ) -> AsyncIterator[memoryview]:
        """Yield the document; while one part is sent, the next is fetched and verified."""
        plain, ahead = first, None
        for number in range(1, len(manifest.parts) + 1):
            if number < len(manifest.parts):
                ahead = asyncio.ensure_future(self._in_thread(self._fetching(document, manifest, key, number)))
            try:
                for start in range(0, len(plain), SLICE_BYTES):
                    yield memoryview(plain)[start : start + SLICE_BYTES]
            except BaseException:  # the reader went away: nobody will ask how the fetching ended
                if ahead is not None:
                    ahead.cancel()
                raise
            if ahead is not None and number < len(manifest.parts):
                plain = await ahead

    def _fetching(
        self, document: StoredDocument, manifest: Manifest, key: DataKey, number: int
    ) -> Callable[[], bytearray]:
        return lambda: self._opener.part(document, manifest, key, number)

    def record(self, actor: Actor, ticket: Ticket) -> None:
        """Record that somebody opens the version."""
        for attempt in range(1, RECORD_TRIES + 1):
            document = self._store.get(Document, ticket.version_id)
            document.read(person(ticket), ticket.action)
            with contextlib.suppress(*(() if attempt == RECORD_TRIES else (Changed,))):
                self._store.save(document, actor=actor)
                return

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def speaks_of(ticket: Ticket, document: StoredDocument) -> bool:
    """Tell whether the ticket is of the service that keeps the document, and names where it is filed."""
    filed = document.issuer, document.office_id, document.request_id
    return filed == (ticket.issuer, ticket.office_id, ticket.request_id)


def may_be_opened(document: StoredDocument) -> None:
    """Raise NotScannedYet, NotScanned or Infected unless a scanner found the document clean."""
    if document.scan is None:
        raise NotScannedYet
    if document.scan == "not-scanned":
        raise NotScanned(cause=document.scan_cause)
    if document.scan == "infected":
        raise Infected
