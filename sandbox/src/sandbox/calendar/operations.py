"""What proofs are made of, as OpenTimestamps writes it: operations, attestations, and trees of messages."""

from collections.abc import Callable, Sequence
from hashlib import sha256

SHA256 = b"\x08"

_APPEND, _PREPEND, _ATTESTATION = b"\xf0", b"\xf1", b"\x00"
_BITCOIN = bytes.fromhex("0588960d73d71901")
_PENDING = bytes.fromhex("83dfe30d2ef90c8e")


def append(data: bytes) -> bytes:
    """Write the operation that puts `data` behind a message."""
    return _APPEND + _counted(data)


def prepend(data: bytes) -> bytes:
    """Write the operation that puts `data` before a message."""
    return _PREPEND + _counted(data)


def pending(url: str) -> bytes:
    """Write the promise of a calendar."""
    return _ATTESTATION + _PENDING + _counted(_counted(url.encode()))


def in_block(height: int) -> bytes:
    """Write that a message is the Merkle root of a block."""
    return _ATTESTATION + _BITCOIN + _counted(_number(height))


def once(data: bytes) -> bytes:
    """Hash as calendars do."""
    return sha256(data).digest()


def twice(data: bytes) -> bytes:
    """Hash as Bitcoin does."""
    return once(once(data))


def tree(messages: Sequence[bytes], hashed: Callable[[bytes], bytes], written: bytes) -> tuple[bytes, list[bytes]]:
    """Hash messages pair by pair, an odd one goes up as it is; returns the root and, for each, the way to it.

    `written` are the operations that `hashed` is.
    """
    paths = [b""] * len(messages)
    level = [(message, [place]) for place, message in enumerate(messages)]
    while len(level) > 1:
        above = []
        for (left, under_left), (right, under_right) in zip(level[::2], level[1::2], strict=False):
            for place in under_left:
                paths[place] += append(right) + written
            for place in under_right:
                paths[place] += prepend(left) + written
            above.append((hashed(left + right), under_left + under_right))
        level = above + level[len(level) // 2 * 2 :]
    return level[0][0], paths


def _counted(data: bytes) -> bytes:
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _number(high) if high else bytes([low])
