"""Uploads that wait in memory for their letter: the provider takes files only into a sending."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from uuid import uuid4

from lre_gateway.application.provider import DocRef, ProviderAway

MAX_BYTES = 1 << 30
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file to be added to a sending."""

    name: str
    media_type: str
    size: int
    content: bytes | Path = field(repr=False)


class Spool:
    """Keeps the files given last, `max_bytes` of those that are in memory; the oldest ones go first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._files: OrderedDict[str, Waiting] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def put(self, name: str, media_type: str, content: bytes | Path) -> tuple[DocRef, int]:
        """Keep a file; return its reference and size in bytes."""
        sha256, size = _hashed(content)
        reference = DocRef(id=str(uuid4()), sha256=sha256)
        with self._lock:
            self._files[reference.id] = Waiting(name, media_type, size, content)
            self._held += _weight(content)
            while self._held > self._max_bytes and len(self._files) > 1:
                self._held -= _weight(self._files.popitem(last=False)[1].content)
        return reference, size

    def take(self, documents: Sequence[DocRef]) -> list[Waiting]:
        """Give the files out, for the last time.

        Raises:
            ProviderAway: one is no longer here, so nothing was sent: upload again.

        """
        with self._lock:
            files = [self._files.pop(document.id, None) for document in documents]
            self._held -= sum(_weight(file.content) for file in files if file is not None)
        found = [file for file in files if file is not None]
        if len(found) != len(files):
            raise ProviderAway("an upload is no longer here")
        return found


def _weight(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else 0


def _hashed(content: bytes | Path) -> tuple[str, int]:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    digest, size = hashlib.sha256(), 0
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
