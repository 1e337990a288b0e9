"""One version of a document, from the moment all of it is stored."""

from typing import Annotated, Any, Literal
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

Issuer = Literal["dossier", "lre-gateway"]
"""Which service keeps it: nobody reaches it with a ticket of the other."""


class Document(Aggregate):
    """A version that is stored for good; its id is the one its depositor was given."""

    TOPIC = "vault.document"

    class Created(AggregateCreated):
        """All parts and the manifest are durable, and are what the depositor declared."""

        TOPIC = "vault.document-stored"
        office_id: UUID
        dossier_id: UUID
        request_id: UUID
        owner_id: UUID
        version_id: UUID
        size: int
        media_type: str
        sha256: str
        manifest_sha256: str
        object_key: str
        name: Annotated[str | None, Personal(of="owner_id")]

    class StoredOfLetter(AggregateCreated):
        """The same of a file of a letter; under legal hold, it stays when its owner is erased."""

        TOPIC = "vault.letter-document-stored"
        office_id: UUID
        dossier_id: UUID | None
        request_id: UUID
        owner_id: UUID
        version_id: UUID
        size: int
        media_type: str
        sha256: str
        manifest_sha256: str
        object_key: str
        legal_hold: bool
        name: Annotated[str | None, Personal(of="owner_id")]

        def apply(self, aggregate: Any) -> None:
            """Tell the letter's file from one of a dossier."""
            aggregate.issuer, aggregate.legal_hold = "lre-gateway", self.legal_hold

    class Destroyed(AggregateEvent):
        """Its key is gone: nobody can read it again."""

        TOPIC = "vault.document-destroyed"
        version_id: UUID
        cause: str

    class Read(AggregateEvent):
        """Someone is about to receive the clear bytes."""

        TOPIC = "vault.document-read"
        version_id: UUID
        actor_id: UUID
        purpose: str

    @staticmethod
    def create_id(version_id: UUID) -> UUID:
        """Return the id of the aggregate: a version can be stored once only."""
        return version_id

    @event(Created)
    def __init__(  # noqa: PLR0913 - everything that is known of a stored version
        self,
        *,
        office_id: UUID,
        dossier_id: UUID | None,
        request_id: UUID,
        owner_id: UUID,
        version_id: UUID,
        size: int,
        media_type: str,
        sha256: str,
        manifest_sha256: str,
        object_key: str,
        name: str | None,
    ) -> None:
        self.office_id = office_id
        self.dossier_id = dossier_id
        self.request_id = request_id
        self.owner_id = owner_id
        self.version_id = version_id
        self.size = size
        self.media_type = media_type
        self.sha256 = sha256
        self.manifest_sha256 = manifest_sha256
        self.object_key = object_key
        self.name = name
        self.issuer: Issuer = "dossier"
        self.legal_hold = False
        self.destroyed = False

    @classmethod
    def of_letter(cls, *, legal_hold: bool, **stored: Any) -> "Document":
        """Store a file of a letter; `stored` is what every version has."""
        return cls._create(cls.StoredOfLetter, legal_hold=legal_hold, **stored)

    def destroy(self, cause: str) -> None:
        """Note that the key is gone; once."""
        if not self.destroyed:
            self._destroy(self.version_id, cause)

    @event(Destroyed)
    def _destroy(self, version_id: UUID, cause: str) -> None:  # noqa: ARG002 - the event's own fields
        self.destroyed = True

    def read(self, actor_id: UUID, purpose: str) -> None:
        """Note that someone views or downloads it."""
        self._read(self.version_id, actor_id, purpose)

    @event(Read)
    def _read(self, version_id: UUID, actor_id: UUID, purpose: str) -> None:
        pass
