"""Signed notes and their keys (c2sp.org/signed-note), with Ed25519 signatures (type 0x01)."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1  # the signature type byte
MAX_NOTE = 64 * 1024  # bytes
MAX_SIGNATURES = 16

_ID_SIZE = 4  # bytes of a key id
_KEY_SIZE = 32  # bytes of an Ed25519 public key
_DASH = "\u2014"


class NoteInvalid(ValueError):
    """The bytes are not a signed note or a key."""


@dataclass(frozen=True, slots=True)
class Key:
    """The public key of a signer, with the name that it signs under."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64(type || key)`; raises NoteInvalid for another type or a wrong id."""
        name, _, rest = vkey.partition("+")
        identifier, _, encoded = rest.partition("+")
        raw = decode(encoded)
        if len(raw) != _KEY_SIZE + 1 or raw[0] != ED25519:
            raise NoteInvalid("the key is not an Ed25519 key")
        key = cls(name, raw[1:])
        if not _is_name(name) or key.id.hex() != identifier:
            raise NoteInvalid("the id of the key does not match its name and bytes")
        return key

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey) -> Self:
        """Name the public half of `private`."""
        return cls(name, private.public_key().public_bytes_raw())

    @property
    def id(self) -> bytes:
        """The first four bytes of the hash of name, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:_ID_SIZE]

    @property
    def vkey(self) -> str:
        """The key in its usual writing."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed).decode()}"

    @property
    def _typed(self) -> bytes:
        return bytes([ED25519]) + self.public

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Tell whether `signature` (without key id) is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """A public key of any type."""

    @property
    def name(self) -> str:
        """The name that it signs under."""

    @property
    def id(self) -> bytes:
        """The first four bytes of the hash of name, type and key."""

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Tell whether `signature` (without key id) is this key's over `text`."""


_Key = TypeVar("_Key", bound=Signer)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes

    def encode(self) -> bytes:
        """Write the line, with the newline that ends it."""
        return f"{_DASH} {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and its signatures in the order of their lines."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a signed note; raises NoteInvalid. Nothing is verified yet."""
        if len(data) > MAX_NOTE:
            raise NoteInvalid("the note is too long")
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise NoteInvalid("the note is not UTF-8") from error
        if any(character < " " and character != "\n" for character in whole):
            raise NoteInvalid("the note holds a control character")
        text, blank, lines = whole.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise NoteInvalid("the note has no signatures")
        signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
        if len(signatures) > MAX_SIGNATURES:
            raise NoteInvalid(f"the note has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", signatures)

    def encode(self) -> bytes:
        """Write the note."""
        return f"{self.text}\n".encode() + b"".join(line.encode() for line in self.signatures)

    def signed_by(self, keys: Iterable[_Key]) -> list[_Key]:
        """Return the keys of `keys` that signed; raises NoteInvalid when a line under one of them does not verify."""
        known = {(key.name, key.id): key for key in keys}
        signers: list[_Key] = []
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            if key in signers or not key.verifies(line.value, self.text.encode()):
                raise NoteInvalid(f"the signature of {key.name} does not verify")
            signers.append(key)
        return signers


def sign(text: str, name: str, private: Ed25519PrivateKey) -> Note:
    """Sign `text`, which ends in a newline, under `name`."""
    if not text.endswith("\n") or not _is_name(name):
        raise ValueError("a note's text ends in a newline and a key's name has no space")
    key = Key.of(name, private)
    return Note(text, (Signature(name, key.id, private.sign(text.encode())),))


def decode(encoded: str) -> bytes:
    """Decode standard base64 in its only spelling; raises NoteInvalid."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid("not base64") from error
    if base64.b64encode(raw).decode() != encoded:
        raise NoteInvalid("not the canonical base64")
    return raw


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = decode(encoded)
    if dash != _DASH or not _is_name(name) or len(raw) <= _ID_SIZE:
        raise NoteInvalid("a signature line is malformed")
    return Signature(name, raw[:_ID_SIZE], raw[_ID_SIZE:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)
