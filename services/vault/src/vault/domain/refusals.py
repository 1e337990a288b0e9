"""Why the vault turns a deposit or a reading down."""

from chassis.refusal import Refusal


class EmptyFile(Refusal):
    """The file is empty."""

    code, status = "empty-file", 422


class TooLarge(Refusal):
    """The file is larger than was declared or than is allowed; nothing of it was kept."""

    code, status = "too-large", 413


class SizeMismatch(Refusal):
    """Fewer bytes arrived than were declared; nothing of them was kept. Send the whole file again."""

    code, status = "size-mismatch", 400


class DigestMismatch(Refusal):
    """The bytes that arrived are not the ones that were declared (SHA-256); nothing of them was kept."""

    code, status = "digest-mismatch", 460


class UnsupportedType(Refusal):
    """The content is not a PDF, JPEG or PNG file, whatever its name says."""

    code, status = "unsupported-type", 415


class AlreadyStored(Refusal):
    """Another content is already stored for this version; a version never changes."""

    code, status = "already-stored", 409


class DepositTooSlow(Refusal):
    """The bytes came too slowly; nothing of them was kept. Send the whole file again."""

    code, status = "deposit-too-slow", 408


class StorageAway(Refusal):
    """The storage does not answer; try again in a moment."""

    code, status = "storage-away", 503


class Damaged(Refusal):
    """What the storage holds is not what was deposited; nothing of it is shown."""

    code, status = "document-damaged", 502
