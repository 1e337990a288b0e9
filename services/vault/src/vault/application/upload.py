"""A stream of bytes becomes encrypted parts in the bucket; clear bytes exist in one buffer in memory only."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from vault.application.ports import ObjectStore
from vault.domain.keys import DataKey
from vault.domain.manifest import PART_BYTES, Address, Manifest, Part, manifest_name, part_name
from vault.domain.media_type import HEAD_BYTES, media_type
from vault.domain.refusals import DigestMismatch, EmptyFile, LargerThanDeclared, SizeMismatch
from vault.domain.streaming import seal, sealed_size

IN_FLIGHT = 3
"""Parts of one upload that are encrypted and on their way; with the part that fills, 32 MiB at most."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the depositor said about the file: bytes, and SHA-256 (hexadecimal)."""

    size: int
    sha256: str
    media_type: Callable[[bytes], str] = media_type
    """Decides the type by the first bytes, or raises UnsupportedType."""


class Intake:
    """Checks a stream against what was declared, chunk by chunk, and finds its type."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._digest = hashlib.sha256()
        self._head = b""
        self.received = 0
        self.media_type: str | None = None

    def take(self, chunk: bytes) -> None:
        """Count and hash a chunk; raise LargerThanDeclared at the first byte too many, or UnsupportedType."""
        self.received += len(chunk)
        if self.received > self._declared.size:
            raise LargerThanDeclared(declared=self._declared.size)
        self._digest.update(chunk)
        if self.media_type is None:
            self._head += chunk[:HEAD_BYTES]
            if len(self._head) >= min(HEAD_BYTES, self._declared.size):
                self.media_type = self._declared.media_type(self._head)

    def finish(self) -> str:
        """Return the type once all bytes are there; raise EmptyFile, SizeMismatch or DigestMismatch."""
        if self.received == 0:
            raise EmptyFile
        if self.received < self._declared.size or self.media_type is None:
            raise SizeMismatch(declared=self._declared.size, received=self.received)
        if not hmac.compare_digest(self._digest.hexdigest(), self._declared.sha256):
            raise DigestMismatch(computed=self._digest.hexdigest())
        return self.media_type


@dataclass(slots=True)
class Upload:
    """One attempt to store a version, under a random object key and a data key of its own."""

    objects: ObjectStore
    threads: Executor
    address: Address
    object_key: str
    key: DataKey
    declared: Declared
    part_bytes: int = PART_BYTES
    _parts: dict[int, Part] = field(default_factory=dict)
    _sending: set[asyncio.Future[None]] = field(default_factory=set)
    _buffers: list[bytearray] = field(default_factory=list)

    async def store(self, body: AsyncIterator[bytes]) -> tuple[Manifest, str]:
        """Store parts and manifest; return the manifest and the media type. A refusal leaves parts to `discard`."""
        intake = Intake(self.declared)
        try:
            await self._store_parts(body, intake)
            media_type = intake.finish()
            await self._settle(down_to=0)
        finally:
            await asyncio.gather(*self._sending, return_exceptions=True)
        parts = tuple(self._parts[number] for number in range(len(self._parts)))
        manifest = Manifest.sign(self.address, self.declared.size, parts, self.key)
        encoded, digest = manifest.encode(), bytes.fromhex(manifest.sha256())
        await self._in_thread(lambda: self.objects.put(manifest_name(self.object_key), encoded, digest))
        return manifest, media_type

    async def discard(self) -> None:
        """Remove whatever this attempt has put into the bucket."""
        await self._in_thread(lambda: self.objects.remove(self.objects.names(self.object_key + "/")))

    async def _store_parts(self, body: AsyncIterator[bytes], intake: Intake) -> None:
        plain = memoryview(bytearray(min(self.part_bytes, self.declared.size)))
        filled = number = 0
        async for chunk in body:
            intake.take(chunk)
            rest = memoryview(chunk)
            while rest:
                taken = min(len(rest), len(plain) - filled)
                plain[filled : filled + taken] = rest[:taken]
                filled, rest = filled + taken, rest[taken:]
                if filled == min(len(plain), self.declared.size - number * self.part_bytes):
                    await self._store_part(number, plain[:filled])
                    filled, number = 0, number + 1

    async def _store_part(self, number: int, plain: memoryview) -> None:
        """Encrypt a part, which frees the buffer of clear bytes, and send it while the next one arrives."""
        await self._settle(down_to=IN_FLIGHT - 1)
        buffer = self._buffers.pop() if self._buffers else bytearray(sealed_size(len(plain)))
        sealed = memoryview(buffer)[: sealed_size(len(plain))]
        last = (number + 1) * self.part_bytes >= self.declared.size
        associated_data = self.address.part(number, last=last)
        await self._in_thread(lambda: seal(self.key.parts, associated_data, plain, sealed))
        self._sending.add(self._in_thread(lambda: self._send(number, sealed, buffer)))

    def _send(self, number: int, sealed: memoryview, buffer: bytearray) -> None:
        digest = hashlib.sha256(sealed).digest()
        self.objects.put(part_name(self.object_key, number), sealed, digest)
        self._parts[number] = Part(len(sealed), digest.hex())
        self._buffers.append(buffer)

    async def _settle(self, *, down_to: int) -> None:
        """Wait until at most that many parts are on their way; raise what one of them failed with."""
        while len(self._sending) > down_to:
            done, self._sending = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*done)

    def _in_thread(self, work: Callable[[], None]) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self.threads, work)
