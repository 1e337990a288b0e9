"""Observing: what the bucket holds now, told without any key, for whoever compares it with the journal."""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.refusal import NotFound

from vault.application.ports import Documents, ObjectMissing, ObjectStore
from vault.domain.manifest import (
    MAX_MANIFEST_BYTES,
    MAX_PART_BYTES,
    BrokenManifest,
    Manifest,
    Part,
    manifest_name,
    part_name,
)


@dataclass(frozen=True, slots=True)
class Observation:
    """The bucket's content under a version."""

    version_id: UUID
    size: int
    """Bytes of the document in clear, as recorded when it was stored."""
    parts: int
    manifest_sha256: str
    """Of the manifest that lists the parts as they are now; equals the recorded one if nothing has changed."""
    ciphertext_ok: bool


class Observations:
    """Looks at stored bytes."""

    def __init__(self, documents: Documents, objects: ObjectStore) -> None:
        self._documents = documents
        self._objects = objects

    def observe(self, version_id: UUID) -> Observation:
        """Read every object of a version again. Raises NotFound and StorageAway."""
        document = self._documents.find(version_id)
        if document is None:
            raise NotFound
        try:
            encoded = self._objects.get(manifest_name(document.object_key), MAX_MANIFEST_BYTES)
        except ObjectMissing:
            encoded = b""
        try:
            manifest = Manifest.decode(encoded)
        except BrokenManifest:
            return Observation(version_id, document.size, 0, hashlib.sha256(encoded).hexdigest(), ciphertext_ok=False)
        seen = tuple(self._part(document.object_key, number) for number in range(len(manifest.parts)))
        now = replace(manifest, parts=seen).sha256()
        return Observation(version_id, document.size, len(seen), now, ciphertext_ok=now == document.manifest_sha256)

    def _part(self, object_key: str, number: int) -> Part:
        try:
            sealed = self._objects.get(part_name(object_key, number), MAX_PART_BYTES)
        except ObjectMissing:
            sealed = b""
        return Part(len(sealed), hashlib.sha256(sealed).hexdigest())
