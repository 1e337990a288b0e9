"""Previews: page images of a document, drawn when somebody asks and kept encrypted under the document's key."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import NotFound
from chassis.tokens import Ticket

from vault.application.opening import Opener
from vault.application.ports import Documents, ObjectMissing, ObjectStore, StoredDocument
from vault.application.readings import Readings, may_be_opened, speaks_of
from vault.application.tickets import person
from vault.domain.keys import DataKey
from vault.domain.manifest import page_name
from vault.domain.media_type import HEIC, JPEG, PDF, PNG
from vault.domain.refusals import NoPreview, PreviewFailed
from vault.domain.streaming import NotAuthentic, seal, sealed_size, unseal

T = TypeVar("T")

DRAWN_TYPES = frozenset((PDF, JPEG, PNG, HEIC))
MAX_BYTES = 128 << 20
"""Of a document of which pages are drawn."""
MAX_PAGE_BYTES = 40 << 20
MAX_PAGES = 5_000
TRIES = 3
UNDER_WAY_SECONDS = 60.0
"""After so long, a try that others began has ended, well or not."""
DRAWINGS_AT_ONCE = 2
"""In one process; each has 512 MiB at most, in a process of its own."""
SAID_SECONDS = 300.0
"""For so long the pages that one person looks at are one reading: a ticket lives no longer."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page image, and how many pages the document has."""

    pages: int
    image: bytes


class DrawingImpossible(Exception):
    """No page of this document can be drawn; the argument is the cause."""


class DrawingFailed(Exception):
    """The drawing did not end well: it ran out of memory or time, or was ended."""


class Renderer(Protocol):
    """Draws pages."""

    def draw(self, content: Iterable[bytes | bytearray], media_type: str, page: int) -> Drawn:
        """Draw a page, counted from 1; page 0 is a PDF of a picture. Raises DrawingImpossible and DrawingFailed."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the page images of a document."""

    tries: int = 0
    """That began and did not end well, or have not ended."""
    tried_seconds_ago: float = 0.0
    pages: int | None = None
    cause: str | None = None
    """Why there can be none."""


class Previews(Protocol):
    """What is known of page images."""

    def find(self, object_key: str) -> Outlook:
        """Return what is known."""

    def count(self, object_key: str) -> None:
        """Count a try that begins."""

    def drawn(self, object_key: str, pages: int) -> None:
        """Note that a page was drawn; the tries count no more."""

    def impossible(self, object_key: str, cause: str) -> None:
        """Note that none can be drawn."""


class Pages:
    """Gives page images out, by the rules of a reading."""

    def __init__(  # noqa: PLR0913 - the things that a page image touches
        self,
        *,
        documents: Documents,
        readings: Readings,
        opener: Opener,
        objects: ObjectStore,
        previews: Previews,
        renderer: Renderer,
        threads: Executor,
    ) -> None:
        self._documents = documents
        self._readings = readings
        self._opener = opener
        self._objects = objects
        self._previews = previews
        self._renderer = renderer
        self._threads = threads
        self._places = asyncio.Semaphore(DRAWINGS_AT_ONCE)
        self._said: dict[tuple[object, object], float] = {}

    async def count(self, actor: Actor, ticket: Ticket) -> int:
        """Return how many pages there are, once the first is drawn; raises what `page` raises."""
        document = await self._in_thread(lambda: self._document(ticket))
        known = await self._in_thread(lambda: self._outlook(document))
        if known.pages is None:
            await self.page(actor, ticket, 1)
            known = await self._in_thread(lambda: self._outlook(document))
        return known.pages or 0

    async def page(self, actor: Actor, ticket: Ticket, number: int) -> bytes:
        """Return a page image, counted from 1; the reading is recorded first.

        Raises NotFound, NotScannedYet, NotScanned, Infected, NoPreview, PreviewFailed, Damaged and StorageAway.
        """
        document = await self._in_thread(lambda: self._document(ticket))
        known = await self._in_thread(lambda: self._outlook(document))
        if known.pages is None and number > 1:  # nobody knows yet whether there is such a page
            await self.page(actor, ticket, 1)
            known = await self._in_thread(lambda: self._outlook(document))
        if known.pages is not None and number > known.pages:
            raise NotFound
        image = await self._in_thread(lambda: self._kept(document, number))
        if image is None:
            async with self._places:
                image = await self._in_thread(lambda: self._draw(document, number))
        await self._in_thread(lambda: self._say(actor, ticket))
        return image

    def _document(self, ticket: Ticket) -> StoredDocument:
        document = self._documents.find(ticket.version_id)
        if document is None or not speaks_of(ticket, document):
            raise NotFound
        may_be_opened(document)
        if document.media_type not in DRAWN_TYPES:
            raise NoPreview(cause="type")
        if document.size > MAX_BYTES:
            raise NoPreview(cause="too-large")
        return document

    def _outlook(self, document: StoredDocument) -> Outlook:
        known = self._previews.find(document.object_key)
        if known.cause is not None:
            raise NoPreview(cause=known.cause)
        return known

    def _kept(self, document: StoredDocument, number: int) -> bytes | None:
        """Return the image that was drawn before; None if it was not, or is not what was kept."""
        key = self._opener.key(document)
        with contextlib.suppress(ObjectMissing, NotAuthentic):
            sealed = self._objects.get(page_name(document.object_key, number), MAX_PAGE_BYTES)
            return bytes(unseal(key.parts, document.address.page(number), sealed))
        return None

    def _draw(self, document: StoredDocument, number: int) -> bytes:
        object_key, log = document.object_key, get_logger()
        known = self._outlook(document)
        if known.tries >= TRIES and known.tried_seconds_ago < UNDER_WAY_SECONDS:
            raise PreviewFailed
        if known.tries >= TRIES:
            self._previews.impossible(object_key, "too-complex")
            log.error("preview-given-up", version_id=document.id, attempt=known.tries)
            raise NoPreview(cause="too-complex")
        self._previews.count(object_key)
        try:
            drawn = self._renderer.draw(self._opener.parts(document), document.media_type, number)
        except DrawingImpossible as impossible:
            (cause,) = impossible.args
            self._previews.impossible(object_key, cause)
            raise NoPreview(cause=cause) from None
        except DrawingFailed:
            log.warning("preview-failed", version_id=document.id, attempt=known.tries + 1)
            raise PreviewFailed from None
        self._keep(document, self._opener.key(document), number, drawn.image)
        self._previews.drawn(object_key, drawn.pages)
        return drawn.image

    def _keep(self, document: StoredDocument, key: DataKey, number: int, image: bytes) -> None:
        sealed = memoryview(bytearray(sealed_size(len(image))))
        seal(key.parts, document.address.page(number), memoryview(image), sealed)
        self._objects.put(page_name(document.object_key, number), sealed, hashlib.sha256(sealed).digest())

    def _say(self, actor: Actor, ticket: Ticket) -> None:
        """Record the reading, once for the pages that one person looks at in one go."""
        now, who = time.monotonic(), (person(ticket), ticket.version_id)
        if now - self._said.get(who, -SAID_SECONDS) < SAID_SECONDS:
            return
        self._readings.record(actor, ticket)
        self._said = {one: at for one, at in self._said.items() if now - at < SAID_SECONDS} | {who: now}

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
