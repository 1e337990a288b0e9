"""Opening: what comes back from the bucket is verified before a byte of it is used."""

import contextlib
import hashlib
import hmac
import time
from collections.abc import Iterator

from chassis.logging import get_logger
from chassis.refusal import NotFound

from vault.application.ports import KeyDestroyed, KeyRing, ObjectMissing, ObjectStore, StoredDocument
from vault.domain.keys import DataKey, WrongKey
from vault.domain.manifest import MAX_MANIFEST_BYTES, Address, BrokenManifest, Manifest, Part, manifest_name, part_name
from vault.domain.refusals import Damaged
from vault.domain.streaming import NotAuthentic, unseal

LOOK_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0)


class Opener:
    """Reads what is stored; every method raises Damaged and StorageAway."""

    def __init__(self, keys: KeyRing, objects: ObjectStore) -> None:
        self._keys = keys
        self._objects = objects

    def manifest(self, document: StoredDocument) -> tuple[Manifest, DataKey]:
        """Return the verified manifest of a document, and its data key; raise NotFound if that is destroyed."""
        with _watched(document):
            return self._verified_manifest(document)

    def key(self, document: StoredDocument) -> DataKey:
        """Return the data key of a document; raise NotFound if it is destroyed."""
        try:
            return self._keys.open(document.address, document.object_key)
        except KeyDestroyed:
            raise NotFound from None

    def part(self, document: StoredDocument, manifest: Manifest, key: DataKey, number: int) -> bytearray:
        """Return the clear bytes of a part."""
        with _watched(document):
            last = number == len(manifest.parts) - 1
            return self.clear(document.address, document.object_key, key, number, manifest.parts[number], last=last)

    def parts(self, document: StoredDocument) -> Iterator[bytearray]:
        """Yield the clear bytes of each part in turn."""
        manifest, key = self.manifest(document)
        for number in range(len(manifest.parts)):
            yield self.part(document, manifest, key, number)

    def clear(  # noqa: PLR0913 - what a part is
        self, address: Address, object_key: str, key: DataKey, number: int, expected: Part, *, last: bool
    ) -> bytearray:
        """Return the clear bytes of a part that is to be as `expected`."""
        sealed = self._object(part_name(object_key, number), expected.size, expected.sha256)
        try:
            return unseal(key.parts, address.part(number, last=last), sealed)
        except NotAuthentic as error:
            raise Damaged from error

    def _verified_manifest(self, document: StoredDocument) -> tuple[Manifest, DataKey]:
        try:
            key = self._keys.open(document.address, document.object_key)
            encoded = self._object(manifest_name(document.object_key), MAX_MANIFEST_BYTES, document.manifest_sha256)
            manifest = Manifest.decode(encoded)
            manifest.verify(document.address, key)
        except KeyDestroyed:
            raise NotFound from None
        except (BrokenManifest, WrongKey) as error:
            raise Damaged from error
        return manifest, key

    def _object(self, name: str, limit: int, sha256: str) -> bytes:
        """Return an object with this hash; it is looked for again, since some servers show an earlier state first."""
        for pause in (*LOOK_AGAIN_SECONDS, None):
            with contextlib.suppress(ObjectMissing):
                data = self._objects.get(name, limit)
                if hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256):
                    return data
            if pause is not None:
                time.sleep(pause)
        raise Damaged


@contextlib.contextmanager
def _watched(document: StoredDocument) -> Iterator[None]:
    """Tell the operators of damage: what the reader sees does not say which document it was."""
    try:
        yield
    except Damaged:
        get_logger().error("document-damaged", version_id=document.id)
        raise
