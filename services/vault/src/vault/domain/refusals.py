"""Why the vault turns a deposit or a reading down."""

from chassis.refusal import NotAllowed, Refusal


class EmptyFile(Refusal):
    """The file is empty. Open it to see whether it holds the document, then choose it again, or another one."""

    code, status = "empty-file", 422


class TooLarge(Refusal):
    """The file has more bytes than `limit`, the most that is taken; nothing of it was kept. Send a smaller file."""

    code, status = "too-large", 413


class LargerThanDeclared(TooLarge):
    """More bytes arrived than the file had when it was chosen; nothing of them was kept. Choose the file again."""


class SizeMismatch(Refusal):
    """Fewer bytes arrived than were declared; nothing of them was kept. Send the whole file again."""

    code, status = "size-mismatch", 400


class DigestMismatch(Refusal):
    """Other bytes arrived than were declared (SHA-256); nothing of them was kept. Choose the file again and send it."""

    code, status = "digest-mismatch", 460


class UnsupportedType(Refusal):
    """The content is not a PDF, JPEG, PNG or HEIC, whatever the file's name says. Convert the file to one of these."""

    code, status = "unsupported-type", 415


class TicketForAnotherAction(NotAllowed):
    """This ticket does not allow it; ask for a new one."""


class AlreadyStored(Refusal):
    """Another content is already stored for this version, which never changes; ask for a new ticket to send yours."""

    code, status = "already-stored", 409


class DepositTooSlow(Refusal):
    """The bytes came too slowly; nothing of them was kept. Send the whole file again."""

    code, status = "deposit-too-slow", 408


class OwnerErased(Refusal):
    """The person whom this document is about was erased; nothing new is kept about them."""

    code, status = "person-erased", 410


class StorageAway(Refusal):
    """The storage does not answer; try again in a moment."""

    code, status = "storage-away", 503


class Damaged(Refusal):
    """What the storage holds is not what was deposited; nothing of it is shown."""

    code, status = "document-damaged", 502


class NotScannedYet(Refusal):
    """The document is being checked for malware; try again in a moment."""

    code, status = "not-scanned-yet", 409


class NotScanned(Refusal):
    """The document could not be checked for malware, for the reason `cause`; until it can be, nobody opens it."""

    code, status = "not-scanned", 409


class Infected(Refusal):
    """Malware was found in this document; nobody can open it. Ask for another file."""

    code, status = "infected", 403


class UploadLengthDiffers(Refusal):
    """The announced length is not that of the ticket; choose the file again and ask for a new ticket."""

    code, status = "upload-length-differs", 400


class WrongOffset(Refusal):
    """The upload stands at `offset`; go on from there."""

    code, status = "wrong-offset", 409


class PartTooSmall(Refusal):
    """Send at least `part` bytes in one request, or all that remain; what came was not kept."""

    code, status = "part-too-small", 400


class UploadBusy(Refusal):
    """Another request is sending bytes of this upload; ask for its offset again in a moment."""

    code, status = "upload-busy", 423


class UploadExpired(Refusal):
    """This upload was not finished in time and is given up; begin it again."""

    code, status = "upload-expired", 410


class TooManyUploads(Refusal):
    """You have `limit` unfinished uploads; finish or give up one of them first."""

    code, status = "too-many-uploads", 429


class UploadTooSlow(Refusal):
    """The bytes came too slowly; the parts that had come whole are kept. Ask for the offset and go on from there."""

    code, status = "upload-too-slow", 408


class TusVersionUnknown(Refusal):
    """Uploads speak version 1.0.0 of the tus protocol: say so in the header Tus-Resumable."""

    code, status = "tus-version-unknown", 412


class OffsetStreamExpected(Refusal):
    """The bytes of an upload are sent raw, as application/offset+octet-stream."""

    code, status = "offset-stream-expected", 415


class ChecksumUnreadable(Refusal):
    """Upload-Checksum must be `sha256`, a space, and the digest in base64."""

    code, status = "checksum-unreadable", 400


class ChecksumMismatch(Refusal):
    """The bytes of this request are not those of its Upload-Checksum; none were kept. Send them again."""

    code, status = "checksum-mismatch", 460


class NoPreview(Refusal):
    """No page images can be made of this document, for the reason `cause`; download it to read it."""

    code, status = "no-preview", 422


class PreviewFailed(Refusal):
    """The page image could not be made this time; try again in a moment."""

    code, status = "preview-failed", 503
