"""What a calendar was given, and the blocks that were mined for it.

The blocks have the form of Bitcoin's and next to none of its work: half of all hashes are low enough.
"""

import struct
from dataclasses import dataclass
from secrets import token_bytes

from sandbox.calendar import operations as write

FIRST_HEIGHT = 900_000
EASY = 0x207FFFFF  # the target of Bitcoin's own test network

_HEADER = struct.Struct("<l32s32sLLL")
_VERSION = 0x20000000
_BEFORE, _BEHIND = b"\x01\x00\x00\x00\x01" + b"\0" * 36 + b"\x6a\x20", b"\x00" * 4  # of what a transaction holds
_MAC_SIZE = 8  # bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A mined block."""

    height: int
    header: bytes


class Ledger:
    """A calendar's memory and its chain."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._waiting: list[bytes] = []
        self._done: dict[bytes, bytes] = {}  # the way from each commitment to its block, attested

    def submit(self, digest: bytes, url: str, at: int) -> bytes:
        """Take a digest in at a POSIX time; returns the way from it to the commitment, promised at `url`."""
        before, behind = at.to_bytes(4, "big"), token_bytes(_MAC_SIZE)
        self._waiting.append(before + digest + behind)
        return write.prepend(before) + write.append(behind) + write.pending(url)

    def knows(self, commitment: bytes) -> bool:
        """Tell whether a commitment was taken in, mined or not."""
        return commitment in self._waiting or commitment in self._done

    def timestamp(self, commitment: bytes) -> bytes | None:
        """Return the way from a commitment to its block; None before it is mined."""
        return self._done.get(commitment)

    def mine(self, at: int) -> Block:
        """Put everything that waits into a block of that POSIX time."""
        height = FIRST_HEIGHT + len(self.blocks)
        root, paths = self._transactions([*self._waiting, token_bytes(32)])
        for commitment, path in zip(self._waiting, paths, strict=False):
            self._done[commitment] = path + write.in_block(height)
        self._waiting = []
        block = Block(height, self._worked(root, at))
        self.blocks.append(block)
        return block

    @staticmethod
    def _transactions(commitments: list[bytes]) -> tuple[bytes, list[bytes]]:
        """Return the Merkle root of a block with a transaction for these commitments, and the way to it from each."""
        hashed = [write.once(commitment) for commitment in commitments]
        tip, ways = write.tree(hashed, write.once, write.SHA256)
        transaction = write.twice(_BEFORE + tip + _BEHIND)
        own = write.prepend(_BEFORE) + write.append(_BEHIND) + 2 * write.SHA256
        others = [token_bytes(32) for _ in range(3)]
        root, (_, way, *_) = write.tree([others[0], transaction, *others[1:]], write.twice, 2 * write.SHA256)
        return root, [write.SHA256 + one + own + way for one in ways]

    def _worked(self, root: bytes, at: int) -> bytes:
        """Return a header whose hash is low enough."""
        previous = write.twice(self.blocks[-1].header) if self.blocks else bytes(32)
        target, nonce = (EASY & 0xFFFFFF) << 8 * ((EASY >> 24) - 3), 0
        while True:
            header = _HEADER.pack(_VERSION, previous, root, at, EASY, nonce)
            if int.from_bytes(write.twice(header), "little") <= target:
                return header
            nonce += 1
