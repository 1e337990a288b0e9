"""Reading: each part is verified before a byte of it leaves, and the reading is recorded before the first one."""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import NotFound
from chassis.tokens import Ticket
from eventstore import Changed, Store

from vault.application.ports import Documents, KeyDestroyed, KeyRing, ObjectMissing, ObjectStore, StoredDocument
from vault.application.tickets import person
from vault.domain.document import Document
from vault.domain.keys import DataKey, WrongKey
from vault.domain.manifest import MAX_MANIFEST_BYTES, BrokenManifest, Manifest, manifest_name, part_name
from vault.domain.refusals import Damaged
from vault.domain.streaming import NotAuthentic, unseal

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

    def __init__(
        self, *, store: Store, documents: Documents, keys: KeyRing, objects: ObjectStore, threads: Executor
    ) -> None:
        self._store = store
        self._documents = documents
        self._keys = keys
        self._objects = objects
        self._threads = threads

    async def open(self, actor: Actor, ticket: Ticket) -> Opened:
        """Open the version that the ticket is about. Raises NotFound, Damaged, StorageAway; nothing is recorded then.

        A part that proves damaged later ends the stream with Damaged, before any byte of it.
        """
        document = await self._in_thread(lambda: self._documents.find(ticket.version_id))
        if document is None or not _speaks_of(ticket, document):
            raise NotFound
        manifest, key = await self._in_thread(lambda: self._manifest(document))
        first = await self._in_thread(lambda: self._part(document, manifest, key, 0))
        await self._in_thread(lambda: self._record(actor, ticket))
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
        return lambda: self._part(document, manifest, key, number)

    def _manifest(self, document: StoredDocument) -> tuple[Manifest, DataKey]:
        with _watched(document):
            return self._verified_manifest(document)

    def _verified_manifest(self, document: StoredDocument) -> tuple[Manifest, DataKey]:
        try:
            encoded = self._objects.get(manifest_name(document.object_key), MAX_MANIFEST_BYTES)
            if not hmac.compare_digest(hashlib.sha256(encoded).hexdigest(), document.manifest_sha256):
                raise Damaged
            key = self._keys.open(document.address, document.object_key)
            manifest = Manifest.decode(encoded)
            manifest.verify(document.address, key)
        except KeyDestroyed:
            raise NotFound from None
        except (ObjectMissing, BrokenManifest, WrongKey) as error:
            raise Damaged from error
        return manifest, key

    def _part(self, document: StoredDocument, manifest: Manifest, key: DataKey, number: int) -> bytearray:
        expected, last = manifest.parts[number], number == len(manifest.parts) - 1
        with _watched(document):
            try:
                sealed = self._objects.get(part_name(document.object_key, number), expected.size)
                if not hmac.compare_digest(hashlib.sha256(sealed).hexdigest(), expected.sha256):
                    raise Damaged
                return unseal(key.parts, document.address.part(number, last=last), sealed)
            except (ObjectMissing, NotAuthentic) as error:
                raise Damaged from error

    def _record(self, actor: Actor, ticket: Ticket) -> None:
        for attempt in range(1, RECORD_TRIES + 1):
            document = self._store.get(Document, ticket.version_id)
            document.read(person(ticket), ticket.action)
            with contextlib.suppress(*(() if attempt == RECORD_TRIES else (Changed,))):
                self._store.save(document, actor=actor)
                return

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _speaks_of(ticket: Ticket, document: StoredDocument) -> bool:
    """Tell whether the ticket is of the service that keeps the document, and names where it is filed."""
    filed = document.issuer, document.office_id, document.request_id
    return filed == (ticket.issuer, ticket.office_id, ticket.request_id)


@contextlib.contextmanager
def _watched(document: StoredDocument) -> Iterator[None]:
    """Tell the operators of damage: what the reader sees does not say which document it was."""
    try:
        yield
    except Damaged:
        get_logger().error("document-damaged", version_id=document.id)
        raise
