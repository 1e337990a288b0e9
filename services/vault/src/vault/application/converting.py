"""Converting: of a picture, a PDF copy is made that anyone can open; the picture stays byte for byte as it came."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from datetime import timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import NotFound, Refusal
from eventstore import Changed, Store, SubjectErased

from vault.application.intake import Declared
from vault.application.opening import Opener
from vault.application.ports import KeyRing, ObjectStore, StoredDocument
from vault.application.previews import DrawingFailed, DrawingImpossible, Renderer
from vault.application.upload import PartWriter, store_whole
from vault.domain.document import Document, copy_id
from vault.domain.file_name import clean_name
from vault.domain.manifest import Address, Manifest
from vault.domain.media_type import PDF
from vault.domain.refusals import Damaged, StorageAway
from vault.domain.scanning import Finding

T = TypeVar("T")

AT_ONCE = 10
TRIES = 3
AGAIN = timedelta(minutes=5)


class CopyQueue(Protocol):
    """The clean pictures of dossiers that have no PDF copy yet."""

    def due(self, limit: int, tries: int) -> list[StoredDocument]:
        """Return those whose turn it is and that were not tried so often, oldest first."""

    def claim(self, version_id: UUID, wait: timedelta) -> bool:
        """Count a try; False if somebody else is at it. Nobody else is before the wait is over."""

    def settle(self, version_id: UUID, tries: int) -> None:
        """Note how often it was tried: so often that it is not tried again, if there can be no copy."""


class Converting:
    """Makes the copies."""

    def __init__(  # noqa: PLR0913 - the things that a copy touches
        self,
        *,
        store: Store,
        queue: CopyQueue,
        opener: Opener,
        keys: KeyRing,
        objects: ObjectStore,
        renderer: Renderer,
        threads: Executor,
    ) -> None:
        self._store = store
        self._queue = queue
        self._opener = opener
        self._keys = keys
        self._objects = objects
        self._renderer = renderer
        self._threads = threads

    async def convert_due(self) -> int:
        """Make some of the copies that are missing; return how many were tried."""
        due = await self._in_thread(lambda: self._queue.due(AT_ONCE, TRIES))
        for picture in due:
            if await self._in_thread(lambda picture=picture: self._queue.claim(picture.id, AGAIN)):  # type: ignore[misc]
                await self._try(picture)
        return len(due)

    async def _try(self, picture: StoredDocument) -> None:
        log = get_logger()
        try:
            copy = await self._in_thread(lambda: self._drawn(picture))
            await self._store_copy(picture, copy)
        except DrawingImpossible as impossible:
            log.warning("copy-impossible", version_id=picture.id, cause=str(impossible))
            await self._in_thread(lambda: self._queue.settle(picture.id, TRIES))
        except (DrawingFailed, Damaged, StorageAway, NotFound) as error:
            log.warning("copy-failed", version_id=picture.id, error=type(error).__name__)

    def _drawn(self, picture: StoredDocument) -> bytes:
        return self._renderer.draw(self._opener.parts(picture), picture.media_type, 0).image

    async def _store_copy(self, picture: StoredDocument, copy: bytes) -> None:
        address = Address(picture.office_id, picture.request_id, copy_id(picture.id))
        object_key, key = await self._in_thread(lambda: self._keys.begin(address))
        writer = PartWriter(self._objects, self._threads, address, object_key, key, len(copy))
        sha256 = hashlib.sha256(copy).hexdigest()
        try:
            manifest, _ = await store_whole(writer, Declared(len(copy), sha256), _once(copy))
            document = _document(picture, writer, sha256, manifest)
            await self._in_thread(lambda: self._store.save(document, actor=Actor.system(office_id=picture.office_id)))
        except (Changed, SubjectErased, Refusal) as error:
            with contextlib.suppress(StorageAway):
                await writer.discard()
                await self._in_thread(lambda: self._keys.destroy(object_key))
            if isinstance(error, Refusal):
                raise
            # Somebody else made it, or its person was erased: either way there is nothing left to do.
            await self._in_thread(lambda: self._queue.settle(picture.id, TRIES))
            return
        await self._in_thread(lambda: self._keys.keep(object_key))
        await self._in_thread(lambda: self._queue.settle(picture.id, 0))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _document(picture: StoredDocument, copy: PartWriter, sha256: str, manifest: Manifest) -> Document:
    stem = (picture.name or "").rpartition(".")[0] or picture.name or ""
    document = Document.as_copy(
        copy_of=picture.id,
        copy_of_sha256=picture.sha256,
        office_id=picture.office_id,
        dossier_id=picture.dossier_id,
        request_id=picture.request_id,
        owner_id=picture.owner_id,
        version_id=copy.address.version_id,
        size=copy.size,
        media_type=PDF,
        sha256=sha256,
        manifest_sha256=manifest.sha256(),
        object_key=copy.object_key,
        name=clean_name(stem + ".pdf") if picture.name else None,
    )
    document.scanned(Finding("clean", picture.scanner or "basic"))  # pixels of what was found clean, and nothing else
    return document


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
