"""What a document version is made of: its address, its parts, and the manifest that authenticates them."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from vault.domain.keys import DataKey
from vault.domain.streaming import NotAuthentic, plain_size

FORMAT = "scelle-vault-1"
PART_BYTES = 8 << 20
"""Plaintext bytes of every part but the last."""
MANIFEST_NAME = "manifest"
MAX_MANIFEST_BYTES = 1 << 20
MAX_PART_BYTES = 64 << 20
"""No reader needs more memory than this for a part."""
_HEX = re.compile(r"[0-9a-f]{64}")


class BrokenManifest(Exception):
    """The manifest is not one of ours, or not the one that was written."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which version of which document of which office; bound into every ciphertext and every wrapped key."""

    office_id: UUID
    document_id: UUID
    version_id: UUID

    def bound(self) -> bytes:
        """Encode without ambiguity: a label ended by a zero byte, then three times 16 bytes."""
        ids = (self.office_id, self.document_id, self.version_id)
        return FORMAT.encode() + b"\0" + b"".join(one.bytes for one in ids)

    def part(self, number: int, *, last: bool) -> bytes:
        """Return the associated data of a part, counted from 0: the address ‖ number (4 bytes) ‖ last (1 byte)."""
        return self.bound() + number.to_bytes(4, "big") + bytes([last])

    def page(self, number: int) -> bytes:
        """Return the associated data of a page image, counted from 1; three bytes longer than that of any part."""
        return self.bound() + b"page" + number.to_bytes(4, "big")


def part_name(object_key: str, number: int) -> str:
    """Return the name of a part's object in the bucket."""
    return f"{object_key}/{number:05d}"


def manifest_name(object_key: str) -> str:
    """Return the name of the manifest's object in the bucket."""
    return f"{object_key}/{MANIFEST_NAME}"


def page_name(object_key: str, number: int) -> str:
    """Return the name of a page image's object in the bucket."""
    return f"{object_key}/page-{number:05d}"


@dataclass(frozen=True, slots=True)
class Part:
    """One object in the bucket: bytes of ciphertext, and their SHA-256 (hexadecimal)."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of a version's parts; canonical JSON with a MAC under the data key."""

    address: Address
    size: int
    """Bytes of plaintext."""
    parts: tuple[Part, ...]
    key_commitment: str
    mac: str = ""

    @classmethod
    def sign(cls, address: Address, size: int, parts: tuple[Part, ...], key: DataKey) -> Self:
        """Make the manifest of stored parts."""
        bare = cls(address, size, parts, key.commitment.hex())
        return replace(bare, mac=key.mac(bare._body()).hex())

    def encode(self) -> bytes:
        """Return the canonical bytes (RFC 8785)."""
        return _canonical({**self._fields(), "mac": self.mac})

    def sha256(self) -> str:
        """Return the hash that stands in the journal (hexadecimal)."""
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Parse strictly; raise BrokenManifest for anything that `encode` does not write."""
        try:
            manifest = cls._read(json.loads(encoded))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotAuthentic):
            raise BrokenManifest from None
        if manifest.encode() != encoded:
            raise BrokenManifest
        return manifest

    def verify(self, address: Address, key: DataKey) -> None:
        """Check address, key and MAC; raise BrokenManifest."""
        same_key = hmac.compare_digest(self.key_commitment, key.commitment.hex())
        same_mac = hmac.compare_digest(self.mac, key.mac(self._body()).hex())
        if not (self.address == address and same_key and same_mac):
            raise BrokenManifest

    def _body(self) -> bytes:
        return _canonical(self._fields())

    def _fields(self) -> dict[str, Any]:
        return {
            "document": str(self.address.document_id),
            "format": FORMAT,
            "key_commitment": self.key_commitment,
            "office": str(self.address.office_id),
            "parts": [{"sha256": part.sha256, "size": part.size} for part in self.parts],
            "size": self.size,
            "version": str(self.address.version_id),
        }

    @classmethod
    def _read(cls, fields: dict[str, Any]) -> Self:
        address = Address(*(UUID(fields[name]) for name in ("office", "document", "version")))
        parts = tuple(Part(int(part["size"]), _digest(part["sha256"])) for part in fields["parts"])
        size = int(fields["size"])
        if not parts or size != sum(plain_size(part.size) for part in parts):
            raise BrokenManifest
        return cls(address, size, parts, _digest(fields["key_commitment"]), _digest(fields["mac"]))


def _digest(text: str) -> str:
    if not _HEX.fullmatch(text):
        raise BrokenManifest
    return text


def _canonical(fields: dict[str, Any]) -> bytes:
    # Keys and values are ASCII strings and integers only: for those this is byte for byte what RFC 8785 asks.
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
