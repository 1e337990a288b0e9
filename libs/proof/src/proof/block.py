"""Bitcoin block headers, which a policy pins: what public anchors are measured by."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from proof.canonical import MAX_INTEGER

HEADER_SIZE = 80  # bytes

_ROOT, _TIME, _BITS = slice(36, 68), slice(68, 72), slice(72, 75)
_EXPONENT = 75


class BlockInvalid(ValueError):
    """The bytes are not a block header, or nobody worked for it."""


@dataclass(frozen=True, slots=True)
class Block:
    """The header of the block at `height`.

    Raises BlockInvalid where its hash is above the target that it names: a digit that was copied wrong is seen before
    anything is measured by it.
    """

    height: int
    header: bytes

    def __post_init__(self) -> None:
        if type(self.height) is not int or not 0 <= self.height <= MAX_INTEGER:
            raise BlockInvalid("the height of a block is a number")
        if len(self.header) != HEADER_SIZE:
            raise BlockInvalid(f"the header of a block has {HEADER_SIZE} bytes")
        twice = hashlib.sha256(hashlib.sha256(self.header).digest()).digest()
        factor = int.from_bytes(self.header[_BITS], "little")
        target = factor << 8 * self.header[_EXPONENT] >> 24
        if int.from_bytes(twice, "little") > target:
            raise BlockInvalid("the hash of a header is above its target: a digit is wrong")

    @property
    def root(self) -> bytes:
        """The Merkle root of the block's transactions."""
        return self.header[_ROOT]

    @property
    def at(self) -> datetime:
        """The time that whoever found the block wrote into it; it may be two hours away from the truth."""
        return datetime.fromtimestamp(int.from_bytes(self.header[_TIME], "little"), UTC)
