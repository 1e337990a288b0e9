"""What arrives is held against what was declared, and looked at, as it passes."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from vault.domain.media_type import HEAD_BYTES, media_type
from vault.domain.refusals import DigestMismatch, EmptyFile, LargerThanDeclared, SizeMismatch
from vault.domain.scanning import Finding, Watch


@dataclass(frozen=True, slots=True)
class Declared:
    """What the depositor said about the file: bytes, and SHA-256 (hexadecimal)."""

    size: int
    sha256: str
    """Empty where the sender could not tell it: then it is found here."""
    media_type: Callable[[bytes], str] = media_type
    """Decides the type by the first bytes, or raises UnsupportedType."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the bytes turned out to be, once all of them were there."""

    media_type: str
    sha256: str
    finding: Finding
    """Of the built-in check."""


class Intake:
    """Checks a stream against what was declared, chunk by chunk, finds its type and looks for known malware."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._digest = hashlib.sha256()
        self._head = b""
        self._watch = Watch()
        self.received = 0
        self.media_type: str | None = None

    def take(self, chunk: bytes | bytearray | memoryview) -> None:
        """Count and hash a chunk; raise LargerThanDeclared at the first byte too many, or UnsupportedType."""
        self.received += len(chunk)
        if self.received > self._declared.size:
            raise LargerThanDeclared(declared=self._declared.size)
        self._digest.update(chunk)
        self._watch.take(chunk)
        if self.media_type is None:
            self._head += bytes(chunk[:HEAD_BYTES])
            if len(self._head) >= min(HEAD_BYTES, self._declared.size):
                self.media_type = self._declared.media_type(self._head)

    def finish(self) -> Seen:
        """Return what it is once all bytes are there; raise EmptyFile, SizeMismatch or DigestMismatch."""
        if self.received == 0:
            raise EmptyFile
        if self.received < self._declared.size or self.media_type is None:
            raise SizeMismatch(declared=self._declared.size, received=self.received)
        computed = self._digest.hexdigest()
        if self._declared.sha256 and not hmac.compare_digest(computed, self._declared.sha256):
            raise DigestMismatch(computed=computed)
        return Seen(self.media_type, computed, self._watch.finding())
