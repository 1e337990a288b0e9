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
    """The content is not a PDF, JPEG or PNG, whatever the file's name says. Convert the file to one of these first."""

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
