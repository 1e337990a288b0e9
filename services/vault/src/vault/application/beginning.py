"""What an upload in several requests is, how it begins and how it is given up."""

import contextlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.refusal import NotFound
from chassis.tokens import Ticket

from vault.application.filing import Filing
from vault.application.opening import Opener
from vault.application.ports import KeyRing, ObjectStore, OpenUpload, UploadLocks, Uploads
from vault.domain.manifest import Address
from vault.domain.refusals import StorageAway, TooManyUploads, UploadBusy, UploadExpired, UploadLengthDiffers

UPLOAD_LIFE = timedelta(hours=23)
"""An hour less than the age at which the reaper takes an attempt for dead."""
UPLOADS_PER_ACTOR = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload has come; all of it once the document is recorded."""

    offset: int
    """Bytes that need not be sent again."""
    size: int
    expires_at: datetime | None = None
    """None once the document is recorded."""


@dataclass(frozen=True, slots=True)
class Uploading:
    """What the use cases of uploads touch; every method blocks."""

    filing: Filing
    uploads: Uploads
    locks: UploadLocks
    keys: KeyRing
    objects: ObjectStore
    opener: Opener
    per_actor: int = UPLOADS_PER_ACTOR
    life: timedelta = UPLOAD_LIFE

    def begin(self, ticket: Ticket, length: int) -> Standing:
        """Begin the upload of the version that the ticket is about, or find the one that is under way.

        Raises EmptyFile, TooLarge, UploadLengthDiffers, AlreadyStored, TooManyUploads, UploadBusy.
        """
        self.filing.check_size(ticket)
        if length != ticket.size:
            raise UploadLengthDiffers
        if known := self.filing.known(ticket):
            return Standing(known.size, known.size)
        former = self.uploads.find(ticket.version_id)
        if former is not None:
            if _same(former, ticket) and former.expires_at > datetime.now(UTC):
                return standing(former)
            self._make_room(former)
        return standing(self._new(ticket))

    def find(self, ticket: Ticket) -> Standing:
        """Tell how far the upload has come. Raises NotFound and UploadExpired."""
        if known := self.filing.known(ticket):
            return Standing(known.size, known.size)
        return standing(self.open(ticket))

    def open(self, ticket: Ticket) -> OpenUpload:
        """Return the upload that the ticket is about. Raises NotFound and UploadExpired."""
        upload = self.uploads.find(ticket.version_id)
        if upload is None or not _same(upload, ticket):
            raise NotFound
        if upload.expires_at <= datetime.now(UTC):
            raise UploadExpired
        return upload

    def end(self, ticket: Ticket) -> None:
        """Give an upload up, in the name of whoever sends it. Raises NotFound and UploadBusy."""
        self.locks.take(ticket.version_id)
        try:
            self.give_up(self.open(ticket))
        finally:
            self.locks.give_back(ticket.version_id)

    def give_up(self, upload: OpenUpload) -> None:
        """Leave nothing of an upload; what cannot be removed now is removed by the reaper."""
        self.uploads.end(upload.version_id)
        with contextlib.suppress(StorageAway):
            self.objects.remove(self.objects.names(upload.object_key + "/"))
            self.keys.destroy(upload.object_key)

    def _new(self, ticket: Ticket) -> OpenUpload:
        address = Address(ticket.office_id, ticket.request_id, ticket.version_id)
        object_key, _ = self.keys.begin(address)
        upload = OpenUpload(
            version_id=ticket.version_id,
            object_key=object_key,
            office_id=ticket.office_id,
            request_id=ticket.request_id,
            issuer=ticket.issuer,
            actor_id=ticket.actor_id,
            size=ticket.size,
            sha256=ticket.sha256,
            expires_at=datetime.now(UTC) + self.life,
        )
        try:
            self.uploads.begin(upload, self.per_actor)
        except (TooManyUploads, UploadBusy):
            self.keys.destroy(object_key)
            raise
        sys.audit("scelle.crashpoint", "vault.after-upload")
        return upload

    def _make_room(self, former: OpenUpload) -> None:
        """Give up what was begun for another content, or too long ago, unless bytes of it are coming in just now."""
        self.locks.take(former.version_id)
        try:
            self.give_up(former)
        finally:
            self.locks.give_back(former.version_id)


def standing(upload: OpenUpload) -> Standing:
    """Return how far an upload has come."""
    return Standing(upload.received, upload.size, upload.expires_at)


def _same(upload: OpenUpload, ticket: Ticket) -> bool:
    """Tell whether the ticket is about the content that is being uploaded, filed at the same place."""
    filed = upload.issuer, upload.office_id, upload.request_id, upload.size, upload.sha256
    return filed == (ticket.issuer, ticket.office_id, ticket.request_id, ticket.size, ticket.sha256)
