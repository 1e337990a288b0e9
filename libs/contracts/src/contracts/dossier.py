"""What dossier tells the others: dossiers, who may read them, and the life of every requested document."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from contracts.erasure import KeysDestroyed
from contracts.published import Published


class DossierOpened(Published):
    """An office opened a dossier; its title and note stay with the dossier service."""

    TOPIC: ClassVar[str] = "dossier.dossier-opened"
    office_id: UUID
    number: str
    """Unique in the office."""
    deed_type: str
    whole_office: bool
    member_ids: tuple[UUID, ...] = ()
    """Who of the office may read it when it is not open to the whole office."""
    opened_by: UUID


class DossierEdited(Published):
    """Title, number, deed type or note changed."""

    TOPIC: ClassVar[str] = "dossier.dossier-edited"
    office_id: UUID
    number: str
    deed_type: str


class AccessChanged(Published):
    """Who of the office may read the dossier changed."""

    TOPIC: ClassVar[str] = "dossier.access-changed"
    whole_office: bool
    member_ids: tuple[UUID, ...] = ()


class ClientAdded(Published):
    """A client takes part in the dossier."""

    TOPIC: ClassVar[str] = "dossier.client-added"
    client_id: UUID


class DossierCompleted(Published):
    """Every requested document is validated."""

    TOPIC: ClassVar[str] = "dossier.dossier-completed"
    office_id: UUID


class DossierArchived(Published):
    """The dossier is closed; nothing is deposited any more."""

    TOPIC: ClassVar[str] = "dossier.dossier-archived"
    office_id: UUID


class PresetsChanged(Published):
    """The office changed the documents it usually asks for a deed type."""

    TOPIC: ClassVar[str] = "dossier.presets-changed"
    office_id: UUID
    deed_type: str
    documents: tuple[str, ...]
    """Codes or labels of document types, in the order shown."""


class DeedTypeWithdrawn(Published):
    """The office offers a deed type no longer; dossiers that have it keep it."""

    TOPIC: ClassVar[str] = "dossier.deed-type-withdrawn"
    office_id: UUID
    deed_type: str


class DeedTypeOfferedAgain(Published):
    """The office offers a deed type again that it had withdrawn."""

    TOPIC: ClassVar[str] = "dossier.deed-type-offered-again"
    office_id: UUID
    deed_type: str


class BankDetailsAdded(Published):
    """A notary added bank details of the office; the account itself stays with the dossier service."""

    TOPIC: ClassVar[str] = "dossier.bank-details-added"
    office_id: UUID


class BankDetailsRemoved(Published):
    """A notary removed bank details of the office: nobody is shown them any more."""

    TOPIC: ClassVar[str] = "dossier.bank-details-removed"
    office_id: UUID


class BankDetailsHanded(Published):
    """Which bank details the client of a dossier is shown from now on."""

    TOPIC: ClassVar[str] = "dossier.bank-details-handed"
    office_id: UUID
    dossier_id: UUID
    client_id: UUID
    details_id: UUID | None = None
    """None where they were taken back."""


class RefusalReasonsChanged(Published):
    """The office changed the reasons that its colleagues choose from when they refuse a document."""

    TOPIC: ClassVar[str] = "dossier.refusal-reasons-changed"
    office_id: UUID


class _AboutARequest(Published):
    dossier_id: UUID
    office_id: UUID
    client_id: UUID


class DocumentRequested(_AboutARequest):
    """The office asks a client for a document; requests made together share the batch."""

    TOPIC: ClassVar[str] = "dossier.document-requested"
    document_type: str | None = None
    """Code of the preset type, or none for a document described in words."""
    batch_id: UUID
    due_on: date | None = None
    """The day it is expected by; none for at any time."""


class DueDateChanged(_AboutARequest):
    """The office expects the document by another day."""

    TOPIC: ClassVar[str] = "dossier.due-date-changed"
    actor_id: UUID
    due_on: date | None = None


class DocumentOffered(_AboutARequest):
    """A client sends a document that the office did not ask for."""

    TOPIC: ClassVar[str] = "dossier.document-offered"


class DocumentDeposited(_AboutARequest):
    """The vault holds a version; the office has to decide."""

    TOPIC: ClassVar[str] = "dossier.document-deposited"
    version_id: UUID
    size: int
    """Bytes of the document in clear."""
    media_type: str
    replaces: UUID | None = None
    """The refused version it follows."""


class DocumentValidated(_AboutARequest):
    """The office accepts the version."""

    TOPIC: ClassVar[str] = "dossier.document-validated"
    version_id: UUID
    actor_id: UUID


class DocumentRefused(_AboutARequest):
    """The office refuses the version; the reason is written about the client and stays with dossier."""

    TOPIC: ClassVar[str] = "dossier.document-refused"
    version_id: UUID
    actor_id: UUID


class DocumentWithdrawn(_AboutARequest):
    """The client takes a version back before a decision; its bytes are destroyed."""

    TOPIC: ClassVar[str] = "dossier.document-withdrawn"
    version_id: UUID


class RequestCancelled(_AboutARequest):
    """The office no longer asks for the document."""

    TOPIC: ClassVar[str] = "dossier.request-cancelled"
    actor_id: UUID


class ConversationOpened(_AboutARequest):
    """A client and the office write to each other about a dossier for the first time."""

    TOPIC: ClassVar[str] = "dossier.conversation-opened"


class MessagePosted(_AboutARequest):
    """A client wrote to the office, or the office to a client; subject and text stay with dossier."""

    TOPIC: ClassVar[str] = "dossier.message-posted"
    post_id: UUID
    side: str
    """Who wrote: client or office."""
    actor_id: UUID
    purpose: str
    """What it asks for: appointment, information or other."""
    batch_id: UUID | None = None
    """The documents asked for with it; they are told of together."""


class MessagesRead(_AboutARequest):
    """Somebody of the other side saw messages for the first time."""

    TOPIC: ClassVar[str] = "dossier.messages-read"
    side: str
    """Who read: client or office."""
    actor_id: UUID
    post_ids: tuple[UUID, ...]


class PersonKeysDestroyed(KeysDestroyed):
    """Dossier destroyed its key of an erased person: labels and reasons about them are gone."""

    TOPIC: ClassVar[str] = "dossier.person-keys-destroyed"


EVENTS: tuple[type[Published], ...] = (
    DossierOpened,
    DossierEdited,
    AccessChanged,
    ClientAdded,
    DossierCompleted,
    DossierArchived,
    PresetsChanged,
    DeedTypeWithdrawn,
    DeedTypeOfferedAgain,
    RefusalReasonsChanged,
    BankDetailsAdded,
    BankDetailsRemoved,
    BankDetailsHanded,
    DocumentRequested,
    DocumentOffered,
    DocumentDeposited,
    DocumentValidated,
    DocumentRefused,
    DocumentWithdrawn,
    RequestCancelled,
    DueDateChanged,
    ConversationOpened,
    MessagePosted,
    MessagesRead,
    PersonKeysDestroyed,
)
