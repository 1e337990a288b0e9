"""What dossier tells the others: dossiers, who may read them, and the life of every requested document."""

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


class RequestCancelled(_AboutARequest):
    """The office no longer asks for the document."""

    TOPIC: ClassVar[str] = "dossier.request-cancelled"
    actor_id: UUID


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
    DocumentRequested,
    DocumentOffered,
    DocumentDeposited,
    DocumentValidated,
    DocumentRefused,
    RequestCancelled,
    PersonKeysDestroyed,
)
