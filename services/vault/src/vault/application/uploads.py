"""Uploading in several requests: the whole parts that came are kept, and the upload goes on from there."""

import asyncio
import contextlib
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from chassis.actor import Actor
from chassis.tokens import Ticket

from vault.application.beginning import Standing, Uploading
from vault.application.deposits import LONGEST_DEPOSIT_SECONDS, in_time
from vault.application.filing import Superseded, declared
from vault.application.intake import Intake
from vault.application.ports import KeyDestroyed, OpenUpload
from vault.application.upload import PartWriter
from vault.domain.keys import DataKey
from vault.domain.manifest import PART_BYTES, Part
from vault.domain.refusals import (
    ChecksumMismatch,
    Damaged,
    DigestMismatch,
    LargerThanDeclared,
    OwnerErased,
    PartTooSmall,
    UnsupportedType,
    UploadExpired,
    UploadTooSlow,
    WrongOffset,
)

T = TypeVar("T")

IDLE_SECONDS = 30.0
"""How long the next bytes may take; meanwhile nobody else can go on with the upload."""
INTAKES = 1000
"""Uploads of which this process remembers the running SHA-256; that of any other is made again from the parts."""


@dataclass(slots=True)
class Stream:
    """The bytes of one request."""

    body: AsyncIterator[bytes]
    remaining: int
    """Bytes that the document still lacks."""
    idle_seconds: float
    received: int = 0
    late: bool = False
    """Whether the sender fell silent before the end."""
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def chunks(self, *, hashed: bool) -> AsyncIterator[bytes]:
        """Pass the bytes on; raise LargerThanDeclared at the first one too many. A silent sender ends the stream."""
        with contextlib.suppress(TimeoutError):
            self.late = True
            async for chunk in in_time(self.body, self.idle_seconds):
                self.received += len(chunk)
                if self.received > self.remaining:
                    raise LargerThanDeclared
                if hashed:
                    self.digest.update(chunk)
                yield chunk
            self.late = False


class ResumableUploads:
    """Takes documents in, part by part."""

    def __init__(
        self,
        uploading: Uploading,
        threads: Executor,
        places: asyncio.Semaphore,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._uploading = uploading
        self._threads = threads
        self._places = places
        self._idle_seconds = idle_seconds
        self._intakes: OrderedDict[tuple[UUID, str], Intake] = OrderedDict()

    async def begin(self, ticket: Ticket, length: int) -> Standing:
        """Begin an upload, or find the one that is under way; raises what `Uploading.begin` raises."""
        return await self._in_thread(lambda: self._uploading.begin(ticket, length))

    async def find(self, ticket: Ticket) -> Standing:
        """Tell how far an upload has come. Raises NotFound and UploadExpired."""
        return await self._in_thread(lambda: self._uploading.find(ticket))

    async def end(self, ticket: Ticket) -> None:
        """Give an upload up. Raises NotFound and UploadBusy."""
        await self._in_thread(lambda: self._uploading.end(ticket))

    async def append(  # noqa: PLR0913 - what a request of the protocol says
        self,
        actor: Actor,
        ticket: Ticket,
        offset: int,
        body: AsyncIterator[bytes],
        *,
        length: int | None = None,
        checksum: bytes | None = None,
    ) -> Standing:
        """Take the bytes from `offset` on; with the last one the document is recorded.

        `length` is the announced number of bytes and `checksum` their announced SHA-256, if any. Whole parts are kept
        as they come, or, with a checksum, once it was right. Raises NotFound, UploadBusy, UploadExpired, WrongOffset,
        PartTooSmall, UploadTooSlow, ChecksumMismatch and StorageAway, after which the upload goes on from its offset;
        LargerThanDeclared too. After UnsupportedType, DigestMismatch, OwnerErased and Damaged nothing of it is kept.
        """
        version_id, locks = ticket.version_id, self._uploading.locks
        async with self._places:
            await self._in_thread(lambda: locks.take(version_id))
            try:
                known = await self._in_thread(lambda: self._uploading.filing.known(ticket))
                upload = None if known else await self._in_thread(lambda: self._uploading.open(ticket))
                stands = upload.received if upload else ticket.size
                if offset != stands:
                    raise WrongOffset(offset=stands)
                if upload is None:
                    return Standing(stands, stands)
                _check_announced(length, upload)
                return await self._append(actor, ticket, upload, body, checksum)
            finally:
                await self._in_thread(lambda: locks.give_back(version_id))

    async def _append(
        self, actor: Actor, ticket: Ticket, upload: OpenUpload, body: AsyncIterator[bytes], checksum: bytes | None
    ) -> Standing:
        key = await self._in_thread(lambda: self._key(upload))
        intake = self._recall(ticket, upload)
        stream = Stream(body, upload.size - upload.received, self._idle_seconds)
        try:
            writer = await self._write(upload, key, intake, stream, checksum)
            if writer.stored == upload.size:
                return await self._finish(actor, ticket, upload, writer, intake)
        except (UnsupportedType, DigestMismatch, OwnerErased, Damaged):
            await self._in_thread(lambda: self._uploading.give_up(upload))
            raise
        self._remember(upload, intake, writer.stored)
        if stream.late:
            raise UploadTooSlow
        if stream.received and writer.stored == upload.received:
            raise PartTooSmall(part=PART_BYTES)
        return Standing(writer.stored, upload.size, upload.expires_at)

    async def _write(
        self, upload: OpenUpload, key: DataKey, intake: Intake | None, stream: Stream, checksum: bytes | None
    ) -> PartWriter:
        def kept(parts: Sequence[Part]) -> None:
            if checksum is None:
                self._keep(upload, parts, len(parts) - 1)

        def seen(plain: memoryview) -> None:
            if intake is not None:
                intake.take(plain)

        uploading = self._uploading
        writer = PartWriter(
            uploading.objects, self._threads, upload.address, upload.object_key, key, upload.size,
            parts=list(upload.parts), seen=seen, kept=kept,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_seconds_left(upload)):
                await writer.write(stream.chunks(hashed=checksum is not None))
        except TimeoutError:
            raise UploadTooSlow from None
        if checksum is not None:
            if not hmac.compare_digest(stream.digest.digest(), checksum):
                raise ChecksumMismatch
            for number in range(len(upload.parts), len(writer.parts)):
                await self._in_thread(lambda number=number: self._keep(upload, writer.parts, number))  # type: ignore[misc]
        return writer

    def _keep(self, upload: OpenUpload, parts: Sequence[Part], number: int) -> None:
        """Note that a part is durable, unless it is the last: with that one the event comes, or it is sent again."""
        if (number + 1) * PART_BYTES < upload.size:
            self._uploading.locks.check(upload.version_id)
            self._uploading.uploads.keep(upload, number, parts[number])

    async def _finish(
        self, actor: Actor, ticket: Ticket, upload: OpenUpload, writer: PartWriter, intake: Intake | None
    ) -> Standing:
        if intake is None:
            intake = await self._in_thread(lambda: self._look_again(ticket, upload, writer))
        seen = intake.finish()
        manifest = await writer.finish()

        def record() -> None:
            uploading = self._uploading
            uploading.locks.check(upload.version_id)
            try:
                uploading.filing.file(actor, ticket, upload.object_key, manifest, seen)
            except Superseded:
                uploading.give_up(upload)
            else:
                uploading.uploads.end(upload.version_id)

        await self._in_thread(record)
        return Standing(upload.size, upload.size)

    def _look_again(self, ticket: Ticket, upload: OpenUpload, writer: PartWriter) -> Intake:
        """Read all parts again: no process has seen all of them pass."""
        intake, last = Intake(declared(ticket)), len(writer.parts) - 1
        for number, part in enumerate(writer.parts):
            intake.take(
                self._uploading.opener.clear(
                    upload.address, upload.object_key, writer.key, number, part, last=number == last
                )
            )
        return intake

    def _key(self, upload: OpenUpload) -> DataKey:
        try:
            return self._uploading.keys.open(upload.address, upload.object_key)
        except KeyDestroyed:
            raise UploadExpired from None

    def _recall(self, ticket: Ticket, upload: OpenUpload) -> Intake | None:
        """Return what has looked at every byte up to the offset, if this process has it."""
        intake = self._intakes.pop((upload.version_id, upload.object_key), None)
        if upload.received == 0:
            return Intake(declared(ticket))
        return intake if intake is not None and intake.received == upload.received else None

    def _remember(self, upload: OpenUpload, intake: Intake | None, stored: int) -> None:
        if intake is not None and intake.received == stored:
            self._intakes[upload.version_id, upload.object_key] = intake
            while len(self._intakes) > INTAKES:
                self._intakes.popitem(last=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _check_announced(length: int | None, upload: OpenUpload) -> None:
    remaining = upload.size - upload.received
    if length is not None and length > remaining:
        raise LargerThanDeclared(declared=upload.size)
    if length is not None and 0 < length < min(remaining, PART_BYTES):
        raise PartTooSmall(part=PART_BYTES)


def _seconds_left(upload: OpenUpload) -> float:
    left = (upload.expires_at - datetime.now(UTC)).total_seconds()
    return max(0.0, min(left, LONGEST_DEPOSIT_SECONDS))
