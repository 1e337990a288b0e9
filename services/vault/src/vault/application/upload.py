"""A stream of bytes becomes encrypted parts in the bucket; clear bytes exist in one buffer in memory only."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

from vault.application.intake import Declared, Intake, Seen
from vault.application.ports import ObjectStore
from vault.domain.keys import DataKey
from vault.domain.manifest import PART_BYTES, Address, Manifest, Part, manifest_name, part_name
from vault.domain.streaming import plain_size, seal, sealed_size

T = TypeVar("T")

IN_FLIGHT = 3
"""Parts of one upload that are encrypted and on their way; with the part that fills, 32 MiB at most."""


def _nothing(_part: object) -> None:
    """Do nothing."""


@dataclass(slots=True)
class PartWriter:
    """Cuts a stream into parts, encrypts them and stores them; those in `parts` are stored already."""

    objects: ObjectStore
    threads: Executor
    address: Address
    object_key: str
    key: DataKey
    size: int
    """Bytes of the whole document in clear."""
    parts: list[Part] = field(default_factory=list)
    """Stored, from the first without a gap."""
    seen: Callable[[memoryview], None] = _nothing
    """Is shown the clear bytes of each part that has come whole, in their order."""
    kept: Callable[[Sequence[Part]], None] = _nothing
    """Is told the stored parts when there is one more."""
    part_bytes: int = PART_BYTES
    _done: dict[int, Part] = field(default_factory=dict)
    _sending: set[asyncio.Future[None]] = field(default_factory=set)
    _buffers: list[bytearray] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """Return how many bytes in clear are in stored parts."""
        return sum(plain_size(part.size) for part in self.parts)

    async def write(self, body: AsyncIterator[bytes]) -> None:
        """Store what the stream holds of whole parts; the rest of it is dropped."""
        position = self.stored
        plain = memoryview(bytearray(min(self.part_bytes, self.size - position)))
        filled, number = 0, len(self.parts)
        try:
            async for chunk in body:
                rest = memoryview(chunk)
                while rest and plain:
                    taken = min(len(rest), len(plain) - filled)
                    plain[filled : filled + taken] = rest[:taken]
                    filled, rest = filled + taken, rest[taken:]
                    if filled == len(plain):
                        await self._store_part(number, plain)
                        position, number, filled = position + filled, number + 1, 0
                        plain = plain[: self.size - position]
            await self._settle(down_to=0)
        finally:
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def finish(self) -> Manifest:
        """Store the manifest of all parts."""
        manifest = Manifest.sign(self.address, self.size, tuple(self.parts), self.key)
        encoded, digest = manifest.encode(), bytes.fromhex(manifest.sha256())
        await self.in_thread(lambda: self.objects.put(manifest_name(self.object_key), encoded, digest))
        sys.audit("scelle.crashpoint", "vault.after-last-part")
        return manifest

    async def discard(self) -> None:
        """Remove whatever this attempt has put into the bucket."""
        await self.in_thread(lambda: self.objects.remove(self.objects.names(self.object_key + "/")))

    async def _store_part(self, number: int, plain: memoryview) -> None:
        """Encrypt a part, which frees the buffer of clear bytes, and send it while the next one arrives."""
        await self._settle(down_to=IN_FLIGHT - 1)
        buffer = self._buffers.pop() if self._buffers else bytearray(sealed_size(len(plain)))
        sealed = memoryview(buffer)[: sealed_size(len(plain))]
        last = (number + 1) * self.part_bytes >= self.size
        associated_data = self.address.part(number, last=last)

        def take() -> None:
            self.seen(plain)
            seal(self.key.parts, associated_data, plain, sealed)

        await self.in_thread(take)
        self._sending.add(self.in_thread(lambda: self._send(number, sealed, buffer)))

    def _send(self, number: int, sealed: memoryview, buffer: bytearray) -> None:
        digest = hashlib.sha256(sealed).digest()
        self.objects.put(part_name(self.object_key, number), sealed, digest)
        sys.audit("scelle.crashpoint", "vault.after-part")
        self._done[number] = Part(len(sealed), digest.hex())
        self._buffers.append(buffer)

    async def _settle(self, *, down_to: int) -> None:
        """Wait until at most that many parts are on their way; raise what one of them failed with."""
        while len(self._sending) > down_to:
            done, self._sending = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            try:
                await asyncio.gather(*done)
            finally:
                await self._keep()

    async def _keep(self) -> None:
        while part := self._done.pop(len(self.parts), None):
            self.parts.append(part)
            await self.in_thread(lambda: self.kept(self.parts))

    def in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Do work in a thread."""
        return asyncio.get_running_loop().run_in_executor(self.threads, work)


async def store_whole(writer: PartWriter, declared: Declared, body: AsyncIterator[bytes]) -> tuple[Manifest, Seen]:
    """Store all of a document; a refusal leaves parts to `discard`. Raises what `Intake` raises, and StorageAway."""
    intake = Intake(declared)

    async def watched() -> AsyncIterator[bytes]:
        async for chunk in body:
            intake.take(chunk)
            yield chunk

    await writer.write(watched())
    seen = intake.finish()
    return await writer.finish(), seen
