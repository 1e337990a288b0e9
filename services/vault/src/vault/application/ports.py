"""What the vault asks of the systems around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from vault.domain.document import Issuer
from vault.domain.keys import DataKey
from vault.domain.manifest import Address


class ObjectMissing(Exception):
    """The bucket holds no such object."""


class ObjectStore(Protocol):
    """A bucket of an S3 server. Every method raises StorageAway when the server does not do its work in time."""

    def put(self, name: str, data: bytes | memoryview, sha256: bytes) -> None:
        """Store an object durably; the server has compared the SHA-256 of the bytes when this returns."""

    def get(self, name: str, limit: int) -> bytes:
        """Return an object's bytes, or its first `limit` + 1 if it has more; raise ObjectMissing."""

    def names(self, prefix: str) -> list[str]:
        """Return the names that start with `prefix`."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that do not exist are no error."""


class KeyDestroyed(Exception):
    """There is no key for this object any more, or there never was."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to store a version of which the key ring does not know how it ended."""

    object_key: str
    version_id: UUID


class KeyRing(Protocol):
    """Makes, opens and destroys the data keys of versions."""

    def begin(self, address: Address) -> tuple[str, DataKey]:
        """Make a data key for an attempt to store a version; return the attempt's random object key with it."""

    def open(self, address: Address, object_key: str) -> DataKey:
        """Return the data key of an object; raise KeyDestroyed, or WrongKey if what is stored was tampered with."""

    def keep(self, object_key: str) -> None:
        """Note that the attempt succeeded: the event is recorded."""

    def destroy(self, object_key: str) -> None:
        """Destroy the data key: what it encrypted cannot be read again by anyone."""

    def in_doubt(self, older_than: timedelta) -> list[Attempt]:
        """Return the attempts that began so long ago and are not known to have succeeded, oldest first."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A stored version."""

    id: UUID
    office_id: UUID
    dossier_id: UUID | None
    request_id: UUID
    owner_id: UUID
    size: int
    media_type: str
    sha256: str
    manifest_sha256: str
    object_key: str
    name: str | None
    """None once its owner was erased."""
    stored_at: datetime
    issuer: Issuer
    legal_hold: bool
    """Whether it stays when its owner is erased."""

    @property
    def address(self) -> Address:
        """Return what its ciphertexts are bound to."""
        return Address(self.office_id, self.request_id, self.id)


class Documents(Protocol):
    """The stored versions, as the events tell."""

    def find(self, version_id: UUID) -> StoredDocument | None:
        """Return a version, or None if nothing is stored under this id."""

    def described(self, version_ids: Sequence[UUID], issuer: str) -> list[StoredDocument]:
        """Return those of the versions that are stored for `issuer`."""

    def unheld(self, owner_id: UUID) -> list[StoredDocument]:
        """Return the files of letters about a person that no legal hold keeps."""
