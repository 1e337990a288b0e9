"""Cosignatures of checkpoints (c2sp.org/tlog-cosignature): Ed25519 (type 0x04) and ML-DSA-44 (type 0x06).

A cosignature says: at this time, this was the largest checkpoint of this log that I had seen, and it extends all those
before. The log itself signs with ML-DSA-44 in the same form, at time 0: it says nothing of time.
"""

import base64
import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from proof import mldsa
from proof.checkpoint import Checkpoint
from proof.note import Key, Note, NoteInvalid, Signature, decode

ED25519, MLDSA44 = 4, 6  # the signature type bytes

_KEY_SIZES = {ED25519: 32, MLDSA44: mldsa.KEY_SIZE}  # bytes
_TIME_SIZE = 8  # bytes
_MAX_SECONDS = 253_402_300_799  # the last second of the year 9999; the format allows more, no calendar does


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The public key of who cosigns, the type of its signatures and the name that it signs under."""

    name: str
    type: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64(type || key)`; raises NoteInvalid for another type or a wrong id."""
        name, identifier, raw = _parts(vkey)
        if not raw or len(raw) - 1 != _KEY_SIZES.get(raw[0]):
            raise NoteInvalid("the key is not a cosigner's key")
        cosigner = cls(name, raw[0], raw[1:])
        if name.split() != [name] or cosigner.id.hex() != identifier:
            raise NoteInvalid("the id of the key does not match its name and bytes")
        return cosigner

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey | MLDSA44PrivateKey) -> Self:
        """Name the public half of `private`."""
        kind = ED25519 if isinstance(private, Ed25519PrivateKey) else MLDSA44
        return cls(name, kind, private.public_key().public_bytes_raw())

    @property
    def id(self) -> bytes:
        """The first four bytes of the hash of name, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in its usual writing."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed).decode()}"

    @property
    def _typed(self) -> bytes:
        return bytes([self.type]) + self.public

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Tell whether `signature` (time and signature, without key id) is this key's over the checkpoint `text`."""
        stamp, value = signature[:_TIME_SIZE], signature[_TIME_SIZE:]
        if len(stamp) < _TIME_SIZE or (seconds := _seconds(stamp)) > _MAX_SECONDS:
            return False
        try:
            data = _message(self.type, self.name, seconds, text.decode())
            if self.type == MLDSA44:
                return mldsa.verify(self.public, value, data)
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, data)
        except (InvalidSignature, NoteInvalid):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who cosigned, and when it says that it did, to the second."""

    cosigner: Cosigner
    at: datetime


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least so many of these members, each a cosigner or a group of its own (c2sp.org/tlog-policy)."""

    threshold: int
    members: tuple["Cosigner | Quorum", ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.members):
            raise ValueError("a quorum asks for one of its members at least, and for all at most")
        keys = [cosigner.public for cosigner in self.cosigners()]
        if len(set(keys)) != len(keys):
            raise ValueError("a cosigner counts once in a quorum")

    def cosigners(self) -> list[Cosigner]:
        """Return every cosigner of the quorum, those of its groups too."""
        return [
            cosigner
            for member in self.members
            for cosigner in (member.cosigners() if isinstance(member, Quorum) else [member])
        ]

    def met_by(self, cosigners: Iterable[Cosigner]) -> bool:
        """Tell whether these cosigners are enough."""
        present = set(cosigners)
        met = (m.met_by(present) if isinstance(m, Quorum) else m in present for m in self.members)
        return sum(met) >= self.threshold

    def reached(self, cosignatures: Iterable[Cosignature]) -> datetime | None:
        """Return the time of the cosignature that made them enough, None when they never are."""
        present: set[Cosigner] = set()
        for one in sorted(cosignatures, key=lambda one: one.at):
            present.add(one.cosigner)
            if self.met_by(present):
                return one.at
        return None


def cosign(text: str, name: str, private: Ed25519PrivateKey | MLDSA44PrivateKey, at: datetime | None) -> Signature:
    """Sign the checkpoint `text` under `name` at `at`, cut to the second; without a time nothing is said of time.

    Raises NoteInvalid when `text` is not a checkpoint.
    """
    key = Cosigner.of(name, private)
    seconds = int(at.timestamp()) if at else 0
    value = private.sign(_message(key.type, name, seconds, text))
    return Signature(name, key.id, struct.pack(">Q", seconds) + value)


def cosignatures(note: Note, cosigners: Iterable[Cosigner]) -> tuple[Cosignature, ...]:
    """Return the cosignatures of `note` by these cosigners, in the order of their lines; others count for nothing.

    Raises NoteInvalid when a line under one of them does not verify, comes twice, or says no time.
    """
    known = {(cosigner.name, cosigner.id): cosigner for cosigner in cosigners}
    found: dict[Cosigner, Cosignature] = {}
    for line in note.signatures:
        cosigner = known.get((line.name, line.key_id))
        if cosigner is None:
            continue
        if cosigner in found or not cosigner.verifies(line.value, note.text.encode()):
            raise NoteInvalid(f"the cosignature of {cosigner.name} does not verify")
        seconds = _seconds(line.value[:_TIME_SIZE])
        if not seconds:
            raise NoteInvalid(f"the cosignature of {cosigner.name} says no time")
        found[cosigner] = Cosignature(cosigner, datetime.fromtimestamp(seconds, UTC))
    return tuple(found.values())


def gone_back(history: Iterable[tuple[int, Sequence[Cosignature]]]) -> list[tuple[int, str]]:
    """Return the sizes of checkpoints, and the cosigners, that were cosigned before a smaller one.

    `history` gives sizes and cosignatures in any order. A cosigner says that it has seen nothing larger, so what it
    says contradicts itself as soon as its times do not grow with the sizes.
    """
    latest: dict[Cosigner, tuple[int, datetime]] = {}
    findings = []
    for size, present in sorted(history, key=lambda step: step[0]):
        for one in present:
            smaller, before = latest.get(one.cosigner, (size, one.at))
            if smaller < size and one.at < before:
                findings.append((size, one.cosigner.name))
            latest[one.cosigner] = (size, max(before, one.at))
    return findings


def read_key(vkey: str) -> Key | Cosigner:
    """Read a log's key: Ed25519 as notes sign (0x01), or ML-DSA-44 (0x06); raises NoteInvalid for others."""
    _, _, raw = _parts(vkey)
    return Cosigner.parse(vkey) if raw[:1] == bytes([MLDSA44]) else Key.parse(vkey)


def _parts(vkey: str) -> tuple[str, str, bytes]:
    name, _, rest = vkey.partition("+")
    identifier, _, encoded = rest.partition("+")
    return name, identifier, decode(encoded)


def _message(kind: int, name: str, seconds: int, text: str) -> bytes:
    if kind == MLDSA44:
        return mldsa.message(name, seconds, text)
    Checkpoint.parse(text)  # nothing else is ever cosigned
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _seconds(stamp: bytes) -> int:
    return int.from_bytes(stamp, "big")
