"""OpenTimestamps proofs (`.ots`): which messages lead from a digest to whoever attests them, not believed yet.

A proof is a tree of operations on a message; its leaves are attestations. Here it is the list of its paths, from which
the same tree is written again. Only the operations that lead to Bitcoin are carried out: below any other the message is
unknown, and an attestation of it counts for nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from proof.canonical import MAX_INTEGER
from proof.shapes import MAX_RESPONSE

MAX_OTS = MAX_RESPONSE  # bytes of a proof
MAX_STEPS = 2048  # operations and attestations of a proof
MAX_DEPTH = 255  # operations on one path
MAX_MESSAGE = 4096  # bytes of a message, and of what is put before or behind one
MAX_PAYLOAD = 8192  # bytes of what an attestation says
MAX_ADDRESS = 1000  # characters
DIGEST_SIZE = 32  # bytes

BITCOIN = bytes.fromhex("0588960d73d71901")
PENDING = bytes.fromhex("83dfe30d2ef90c8e")
APPEND, PREPEND, SHA256 = b"\xf0", b"\xf1", b"\x08"

_MAGIC = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
_HEADER = _MAGIC + b"\x01" + SHA256  # version 1, of a file whose SHA-256 follows
_NOT_FOLLOWED = (b"\x02", b"\x03", b"\x67", b"\xf2", b"\xf3")  # SHA-1, RIPEMD-160, Keccak-256, reversal, hexadecimal
_FORK, _ATTESTATION = b"\xff", b"\x00"
_ADDRESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:")
_MORE, _SEVEN = 0x80, 0x7F  # a byte of a number says whether another follows, and seven bits


class OtsInvalid(ValueError):
    """The bytes are not an OpenTimestamps proof that this version reads."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is attested, and where: `message` after the operations of `path`, None where it is not known here.

    `height` is that of the Bitcoin block whose Merkle root the message is said to be; `calendar` the address of who
    promises to say it later. Others attest what is not used here.
    """

    path: tuple[bytes, ...]
    message: bytes | None
    written: bytes
    height: int | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A detached proof: the SHA-256 that it is about, and what is attested of it."""

    digest: bytes
    attestations: tuple[Attestation, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Proof":
        """Read a proof; raises OtsInvalid."""
        if len(data) > MAX_OTS:
            raise OtsInvalid(f"a proof has at most {MAX_OTS} bytes")
        reader = _Reader(data)
        if reader.take(len(_HEADER)) != _HEADER:
            raise OtsInvalid("not a detached proof of version 1 over a SHA-256")
        digest = reader.take(DIGEST_SIZE)
        return cls(digest, reader.attestations(digest))

    def encode(self) -> bytes:
        """Write the proof."""
        return _HEADER + self.digest + write(self.attestations)

    def continued(self, at: Attestation, by: Iterable[Attestation]) -> "Proof":
        """Put what attests the message of one attestation in its place."""
        more = [replace(one, path=at.path + one.path) for one in by]
        kept = [one for one in self.attestations if one is not at]
        return Proof(self.digest, (*kept, *more))


def read(data: bytes, message: bytes) -> tuple[Attestation, ...]:
    """Read what attests a message, as calendars answer it; raises OtsInvalid."""
    if len(data) > MAX_OTS:
        raise OtsInvalid(f"a proof has at most {MAX_OTS} bytes")
    return _Reader(data).attestations(message)


def write(attestations: Iterable[Attestation]) -> bytes:
    """Write what attests a message; raises ValueError without any attestation."""
    return _written([(*one.path, _ATTESTATION + one.written) for one in attestations])


def appended(data: bytes) -> bytes:
    """Write the operation that puts bytes behind a message."""
    return APPEND + _counted(data)


def prepended(data: bytes) -> bytes:
    """Write the operation that puts bytes before a message."""
    return PREPEND + _counted(data)


def pending(address: str) -> bytes:
    """Write the attestation of a calendar that will know more."""
    return PENDING + _counted(_counted(address.encode()))


def in_block(height: int) -> bytes:
    """Write the attestation that a message is the Merkle root of a Bitcoin block."""
    return BITCOIN + _counted(_number(height))


def _written(paths: Sequence[tuple[bytes, ...]]) -> bytes:
    """Write paths that begin at one message; those that begin alike are written together."""
    branches: dict[bytes, list[tuple[bytes, ...]]] = {}
    for first, *rest in paths:
        branches.setdefault(first, []).append(tuple(rest))
    if not branches:
        raise ValueError("a proof without an attestation cannot be written")
    *forks, last = [step + (b"" if rest == [()] * len(rest) else _written(rest)) for step, rest in branches.items()]
    return b"".join(_FORK + one for one in forks) + last


def _counted(data: bytes) -> bytes:
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    """Write a number, seven bits in each byte, the lowest first."""
    parts = bytearray()
    while value > _SEVEN:
        parts.append(value & _SEVEN | _MORE)
        value >>= 7
    return bytes([*parts, value])


class _Reader:
    """Reads a tree without recursion, so that no depth of it is a danger."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise OtsInvalid("the proof is cut short")
        self._at += size
        return self._data[self._at - size : self._at]

    def attestations(self, message: bytes) -> tuple[Attestation, ...]:
        """Read everything that is left."""
        found: list[Attestation] = []
        waiting: list[tuple[tuple[bytes, ...], bytes | None]] = [((), message)]
        steps = 0
        while waiting:
            path, said = waiting.pop()
            steps += 1
            tag = self.take(1)
            if tag == _FORK:
                waiting.append((path, said))
                tag = self.take(1)
            if tag == _ATTESTATION:
                found.append(self._attestation(path, said))
            else:
                waiting.append(self._operation(tag, path, said))
            if steps > MAX_STEPS or len(path) > MAX_DEPTH:
                raise OtsInvalid(f"a proof has at most {MAX_STEPS} steps, {MAX_DEPTH} on each path")
        self.end()
        return tuple(found)

    def end(self) -> None:
        if self._at != len(self._data):
            raise OtsInvalid("something follows where nothing has a place")

    def _operation(
        self, tag: bytes, path: tuple[bytes, ...], said: bytes | None
    ) -> tuple[tuple[bytes, ...], bytes | None]:
        """Return the path and the message after an operation."""
        if tag == SHA256:
            return (*path, tag), None if said is None else hashlib.sha256(said).digest()
        if tag in _NOT_FOLLOWED:
            return (*path, tag), None
        if tag not in {APPEND, PREPEND}:
            raise OtsInvalid("an operation that is not known")
        more = self.counted(MAX_MESSAGE)
        if not more or (said is not None and len(said) + len(more) > MAX_MESSAGE):
            raise OtsInvalid(f"a message has at most {MAX_MESSAGE} bytes, and something is added to it")
        result = said and (said + more if tag == APPEND else more + said)
        return (*path, tag + _counted(more)), result

    def _attestation(self, path: tuple[bytes, ...], said: bytes | None) -> Attestation:
        tag = self.take(len(BITCOIN))
        payload = self.counted(MAX_PAYLOAD)
        made, inside = Attestation(path, said, tag + _counted(payload)), _Reader(payload)
        if tag == BITCOIN:
            made = replace(made, height=inside.number())
        elif tag == PENDING:
            address = inside.counted(MAX_ADDRESS)
            if not _ADDRESS.issuperset(address):
                raise OtsInvalid("the address of a calendar holds a character that has no place in it")
            made = replace(made, calendar=address.decode())
        else:
            return made
        inside.end()
        return made

    def counted(self, most: int) -> bytes:
        size = self.number()
        if size > most:
            raise OtsInvalid(f"a part has at most {most} bytes")
        return self.take(size)

    def number(self) -> int:
        value, shift = 0, 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & _SEVEN) << shift
            if value > MAX_INTEGER or (shift and not byte):
                raise OtsInvalid("a number is too large, or not in its only spelling")
            if byte <= _SEVEN:
                return value
            shift += 7
