"""What vault tells the others: documents stored and read; names and clear hashes stay with the vault."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.erasure import KeysDestroyed
from contracts.published import Published


class DocumentStored(Published):
    """All bytes of a version are encrypted and stored, and match what the depositor declared."""

    TOPIC: ClassVar[str] = "vault.document-stored"
    office_id: UUID
    dossier_id: UUID
    request_id: UUID
    owner_id: UUID
    """The client the document is about."""
    version_id: UUID
    size: int
    """Bytes of the document in clear."""
    media_type: str
    """Found in the content, never taken from the name."""
    manifest_sha256: str
    """SHA-256 of the manifest of encrypted parts, hexadecimal."""


class LetterDocumentStored(Published):
    """A file of a letter is encrypted and stored: a text or a file to send, what was sent, or a proof of it."""

    TOPIC: ClassVar[str] = "vault.letter-document-stored"
    office_id: UUID
    dossier_id: UUID | None
    request_id: UUID
    """The letter, or the file's own id when several letters have it."""
    owner_id: UUID
    """The person the file is about, or the office when it is about nobody."""
    version_id: UUID
    size: int
    """Bytes of the file in clear."""
    media_type: str
    """Found in the content, never taken from the name."""
    manifest_sha256: str
    """SHA-256 of the manifest of encrypted parts, hexadecimal."""
    legal_hold: bool
    """Whether it stays when its owner is erased."""


class CopyStored(Published):
    """A PDF was made of a picture and stored, so that anyone can open it; the picture stays as it came."""

    TOPIC: ClassVar[str] = "vault.copy-stored"
    office_id: UUID
    dossier_id: UUID | None
    request_id: UUID
    owner_id: UUID
    version_id: UUID
    """The copy's own."""
    copy_of: UUID
    """The version that was deposited."""
    size: int
    media_type: str
    manifest_sha256: str
    """SHA-256 of the manifest of encrypted parts of the copy, hexadecimal."""


class DocumentScanned(Published):
    """A scanner looked at a version, or could not; only a clean one is given to anyone.

    `clean` and `infected` are final. After `not-scanned` it is tried again, and another event tells of it.
    """

    TOPIC: ClassVar[str] = "vault.document-scanned"
    office_id: UUID
    dossier_id: UUID | None
    request_id: UUID
    owner_id: UUID
    """The client the document is about."""
    version_id: UUID
    verdict: Literal["clean", "infected", "not-scanned"]
    scanner: Literal["basic", "clamd"]
    """basic is the built-in check of types and of the EICAR signature."""
    signature: str | None
    """What was found, by the scanner's name for it."""
    cause: Literal["limits", "timeout", "failed"] | None
    """Why it was not scanned."""


class LegalHoldLifted(Published):
    """The time for which the law had a version kept is over."""

    TOPIC: ClassVar[str] = "vault.legal-hold-lifted"
    version_id: UUID


class DocumentDestroyed(Published):
    """The key of a version is destroyed: nobody can read it again."""

    TOPIC: ClassVar[str] = "vault.document-destroyed"
    version_id: UUID
    cause: Literal["person-erased", "retention-ended"]


class DocumentWithdrawn(Published):
    """The key of a version that its depositor took back is destroyed: nobody can read it again."""

    TOPIC: ClassVar[str] = "vault.document-withdrawn"
    version_id: UUID


class DocumentRead(Published):
    """Someone opened or downloaded a version."""

    TOPIC: ClassVar[str] = "vault.document-read"
    version_id: UUID
    actor_id: UUID
    purpose: str
    """view or download."""


class PersonKeysDestroyed(KeysDestroyed):
    """The vault destroyed its key of an erased person: the names of their files are gone, the documents stay."""

    TOPIC: ClassVar[str] = "vault.person-keys-destroyed"


EVENTS: tuple[type[Published], ...] = (
    DocumentStored,
    LetterDocumentStored,
    CopyStored,
    DocumentScanned,
    DocumentRead,
    LegalHoldLifted,
    DocumentDestroyed,
    DocumentWithdrawn,
    PersonKeysDestroyed,
)
