"""Depositing in one request: the bytes that arrive are those that were declared, or nothing is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from typing import TypeVar

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Ticket

from vault.application.filing import Filing, Superseded, declared
from vault.application.intake import Declared, Intake
from vault.application.ports import Documents, KeyRing, ObjectStore, StoredDocument
from vault.application.upload import PartWriter, store_whole
from vault.domain.manifest import Address
from vault.domain.refusals import (
    DepositTooSlow,
    EmptyFile,
    LargerThanDeclared,
    OwnerErased,
    SizeMismatch,
    StorageAway,
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

    def __init__(  # noqa: PLR0913 - the things that a deposit touches
        self,
        *,
        filing: Filing,
        documents: Documents,
        keys: KeyRing,
        objects: ObjectStore,
        threads: Executor,
        places: asyncio.Semaphore,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._filing = filing
        self._documents = documents
        self._keys = keys
        self._objects = objects
        self._threads = threads
        self._places = places
        self._idle_seconds = idle_seconds

    async def deposit(
        self, actor: Actor, ticket: Ticket, length: int | None, body: AsyncIterator[bytes]
    ) -> StoredDocument:
        """Store the version that the ticket is about; the same deposit again changes nothing and returns the same.

        `length` is the announced number of bytes, if any. Raises EmptyFile, TooLarge, SizeMismatch, DigestMismatch,
        UnsupportedType, AlreadyStored, StorageAway, DepositTooSlow, OwnerErased; nothing is kept then.
        """
        self._check_announced(ticket, length)
        timely = in_time(body, self._idle_seconds)
        try:
            async with self._places, asyncio.timeout(LONGEST_DEPOSIT_SECONDS):
                known = await self._in_thread(lambda: self._filing.known(ticket))
                if known is not None:
                    await _receive_only(declared(ticket), timely)
                    return known
                return await self._store_new(actor, ticket, timely)
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
        if announced == 0:
            raise EmptyFile
        self._filing.check_size(ticket)
        if announced > ticket.size:
            raise LargerThanDeclared(declared=ticket.size)
        if announced < ticket.size:
            raise SizeMismatch(declared=ticket.size, received=announced)

    async def _store_new(self, actor: Actor, ticket: Ticket, body: AsyncIterator[bytes]) -> StoredDocument:
        address = Address(ticket.office_id, ticket.request_id, ticket.version_id)
        object_key, key = await self._in_thread(lambda: self._keys.begin(address))
        writer = PartWriter(self._objects, self._threads, address, object_key, key, ticket.size)
        try:
            manifest, seen = await store_whole(writer, declared(ticket), body)
        except Exception:
            await self._discard(writer)
            raise
        # From here on the event decides: if saving fails without an answer, the parts stay and the reaper finds out.
        try:
            return await self._in_thread(lambda: self._filing.file(actor, ticket, object_key, manifest, seen))
        except OwnerErased:
            await self._discard(writer)
            raise
        except Superseded as superseded:
            await self._discard(writer)
            return superseded.known

    async def _discard(self, writer: PartWriter) -> None:
        """Leave nothing of a failed attempt; what cannot be removed now is removed by the reaper."""
        with contextlib.suppress(StorageAway):
            await writer.discard()
            await self._in_thread(lambda: self._keys.destroy(writer.object_key))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _receive_only(declared: Declared, body: AsyncIterator[bytes]) -> None:
    """Check a repeated deposit as the first one was, and keep nothing of it."""
    intake = Intake(declared)
    async for chunk in body:
        intake.take(chunk)
    intake.finish()


async def in_time(body: AsyncIterator[bytes], idle_seconds: float) -> AsyncIterator[bytes]:
    """Pass chunks on; raise TimeoutError when the sender falls silent."""
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(body)
        except StopAsyncIteration:
            return
        yield chunk
