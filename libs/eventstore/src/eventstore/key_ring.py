"""A key service for one machine: the versions of the master key in a file, which is read again when it changes.

The file has a line for each version, its number and 32 random bytes in base64; the highest number wraps. A file with
the bytes alone is a ring with version 1. What version 1 wraps is nonce ‖ AES-256-GCM; what later ones wrap begins with
`file:v<number>:`.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from eventstore.errors import UnsafeConfiguration, WrongMasterKey
from eventstore.key_service import KeyService

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from eventstore.key_service import Wrapped

KEY_BYTES = 32
NONCE_BYTES = 12

_LINE = re.compile(r"(?:([1-9][0-9]{0,5}) )?([A-Za-z0-9+/]{43}=)")
_MARK = re.compile(rb"file:v([1-9][0-9]{0,5}):")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyRing:
    """The versions of a master key, by number."""

    keys: Mapping[int, bytes]

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read the file; raises ValueError with a sentence that names no key."""
        lines = [_LINE.fullmatch(line.strip()) for line in text.strip().splitlines()]
        if not lines or None in lines:
            raise ValueError(f"must hold {KEY_BYTES} bytes in base64, or lines of a number and such a key")
        numbers = [int(line[1]) if line[1] else 1 for line in lines if line]
        bare = [line for line in lines if line and not line[1]]
        if numbers != sorted(set(numbers)) or (bare and len(lines) > 1):
            raise ValueError("must number its keys, each once, the highest last")
        return cls({number: base64.b64decode(line[2]) for number, line in zip(numbers, lines, strict=True) if line})

    def encode(self) -> str:
        """Write the file."""
        return "".join(f"{number} {base64.b64encode(key).decode()}\n" for number, key in sorted(self.keys.items()))

    @property
    def newest(self) -> int:
        """The version that wraps."""
        return max(self.keys)

    def rotated(self) -> KeyRing:
        """Return the ring with one version more."""
        return KeyRing({**self.keys, self.newest + 1: os.urandom(KEY_BYTES)})

    def without(self, version: int) -> KeyRing:
        """Return the ring without a version that is not the newest; raises ValueError."""
        if version not in self.keys or version == self.newest:
            raise ValueError(f"version {version} is not one that is held and given up")
        return KeyRing({number: key for number, key in self.keys.items() if number != version})


class FileKeyService(KeyService):
    """The key service whose master key is a ring in a file. Raises UnsafeConfiguration if it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = self._look()
        self._ciphers = self._read()

    @override
    def wrap(self, key: bytes, context: bytes) -> bytes:
        ciphers = self._current()
        version = max(ciphers)
        nonce = os.urandom(NONCE_BYTES)
        return _mark(version) + nonce + ciphers[version].encrypt(nonce, key, context)

    @override
    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        version = self.version(wrapped)
        cipher = self._current().get(version)
        if cipher is None:
            raise WrongMasterKey(f"version {version} of the master key is not in {self._path.name}")
        box = wrapped[len(_mark(version)) :]
        try:
            return cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise WrongMasterKey(f"not wrapped by version {version} of this master key, or for another use") from None

    @override
    def rewrap(self, items: Sequence[Wrapped]) -> list[bytes]:
        return [self.wrap(self.unwrap(item.blob, item.context), item.context) for item in items]

    @override
    def version(self, wrapped: bytes) -> int:
        if wrapped.startswith(b"vault:v"):
            raise WrongMasterKey("wrapped by OpenBao, not by a key file")
        found = _MARK.match(wrapped)
        return int(found[1]) if found else 1

    @override
    def versions(self) -> list[int]:
        return sorted(self._current())

    def _current(self) -> dict[int, AESGCM]:
        """Return the ciphers of the file as it is now; of the last good one when it cannot be read."""
        seen = self._look()
        with self._lock:
            if seen != self._seen:
                self._seen = seen
                try:
                    self._ciphers = self._read()
                except UnsafeConfiguration:
                    _LOG.error("master-key-unreadable")
            return self._ciphers

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> dict[int, AESGCM]:
        try:
            ring = KeyRing.parse(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            message = f"the master key file {self._path} cannot be used: {error}"
            raise UnsafeConfiguration(message) from error
        return {number: AESGCM(key) for number, key in ring.keys.items()}


def _mark(version: int) -> bytes:
    return b"" if version == 1 else b"file:v%d:" % version
