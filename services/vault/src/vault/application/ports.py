"""What the vault asks of the systems around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from vault.domain.document import Issuer
from vault.domain.keys import DataKey
from vault.domain.manifest import Address, Part
from vault.domain.scanning import Cause, Finding, ScannerName, Verdict
from vault.domain.streaming import plain_size


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
    scan: Verdict | None = None
    """What a scanner said; None until one has looked at it."""
    scanner: ScannerName | None = None
    scan_cause: Cause | None = None
    """Why it was not scanned."""
    copy_of: UUID | None = None
    """The picture that it is a PDF of."""

    @property
    def address(self) -> Address:
        """Return what its ciphertexts are bound to."""
        return Address(self.office_id, self.request_id, self.id)


class Documents(Protocol):
    """The stored versions, as the events tell."""

    def find(self, version_id: UUID) -> StoredDocument | None:
        """Return a version, or None if nothing is stored under this id."""

    def copy(self, version_id: UUID) -> StoredDocument | None:
        """Return the PDF that was made of a picture, or None if there is none."""

    def described(self, version_ids: Sequence[UUID], issuer: str) -> list[StoredDocument]:
        """Return those of the versions that are stored for `issuer`."""

    def unheld(self, owner_id: UUID) -> list[StoredDocument]:
        """Return the files of letters about a person that no legal hold keeps."""

    def orphans(self) -> list[UUID]:
        """Return the pictures that are no more and still have a copy."""


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload that is under way, and what is durable of it."""

    version_id: UUID
    object_key: str
    office_id: UUID
    request_id: UUID
    issuer: Issuer
    actor_id: UUID | None
    size: int
    """Bytes of the document in clear."""
    sha256: str
    expires_at: datetime
    parts: tuple[Part, ...] = ()

    @property
    def received(self) -> int:
        """Return how many bytes in clear are in durable parts."""
        return sum(plain_size(part.size) for part in self.parts)

    @property
    def address(self) -> Address:
        """Return what its ciphertexts are bound to."""
        return Address(self.office_id, self.request_id, self.version_id)


class Uploads(Protocol):
    """The uploads that are under way."""

    def begin(self, upload: OpenUpload, limit: int) -> None:
        """Note a new one. Raises TooManyUploads if its actor has `limit` already, UploadBusy if there is one."""

    def find(self, version_id: UUID) -> OpenUpload | None:
        """Return the upload of a version."""

    def keep(self, upload: OpenUpload, number: int, part: Part) -> None:
        """Note that a part is durable. Raises UploadBusy if another request noted it, or the upload is gone."""

    def end(self, version_id: UUID) -> None:
        """Forget an upload: it became a document, or was given up."""

    def sweep(self) -> None:
        """Forget those whose time was over an hour ago."""


class UploadLocks(Protocol):
    """One request at a time sends bytes of an upload; a lock goes with the process that holds it."""

    def take(self, version_id: UUID) -> None:
        """Take the lock; raise UploadBusy."""

    def check(self, version_id: UUID) -> None:
        """Raise UploadBusy if the lock is no longer held: the connection that held it was lost."""

    def give_back(self, version_id: UUID) -> None:
        """Let the next one take it."""


class ScannerAway(Exception):
    """The scanner does not answer, or its signatures are too old: documents wait."""


class ScanFailed(Exception):
    """This document could not be scanned."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause: Cause = cause


class Scanner(Protocol):
    """Looks for malware."""

    name: ScannerName

    def ready(self) -> None:
        """Raise ScannerAway unless a scan would mean something now."""

    def scan(self, chunks: Iterable[bytes | bytearray | memoryview]) -> Finding:
        """Look at a document; raise ScanFailed."""


class ScanQueue(Protocol):
    """The documents that wait for a scan."""

    def due(self, limit: int) -> list[StoredDocument]:
        """Return those whose turn it is, oldest first."""

    def claim(self, version_id: UUID) -> int | None:
        """Count a try and return its number; None if somebody else is at it. Nobody else is for ten minutes."""

    def postpone(self, version_id: UUID, wait: timedelta) -> None:
        """Try again later."""

    def settle(self, version_id: UUID) -> None:
        """Forget it: its scan is done."""
