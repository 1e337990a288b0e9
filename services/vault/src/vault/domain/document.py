"""One version of a document, from the moment all of it is stored."""

from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from vault.domain.scanning import Finding, Verdict

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

    class CopyStored(AggregateCreated):
        """A PDF made of a picture, which anyone can open; the picture stays as it came."""

        TOPIC = "vault.copy-stored"
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
        copy_of: UUID
        copy_of_sha256: str
        name: Annotated[str | None, Personal(of="owner_id")]

        def apply(self, aggregate: Any) -> None:
            """Tell the copy from what was deposited."""
            aggregate.copy_of = self.copy_of

    class Scanned(AggregateEvent):
        """A scanner looked at it, or could not; only what is clean is given to anyone."""

        TOPIC = "vault.document-scanned"
        office_id: UUID
        dossier_id: UUID | None
        request_id: UUID
        owner_id: UUID
        version_id: UUID
        verdict: Verdict
        scanner: str
        signature: str | None
        cause: str | None

    class HoldLifted(AggregateEvent):
        """The time for which the law has it kept is over."""

        TOPIC = "vault.legal-hold-lifted"
        version_id: UUID

    class Destroyed(AggregateEvent):
        """Its key is gone: nobody can read it again."""

        TOPIC = "vault.document-destroyed"
        version_id: UUID
        cause: str

    class Withdrawn(AggregateEvent):
        """Its depositor took it back before anyone decided on it, and its key is gone: nobody can read it again."""

        TOPIC = "vault.document-withdrawn"
        version_id: UUID

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
        self.copy_of: UUID | None = None
        self.scan: Verdict | None = None
        """None until a scanner has looked at it."""

    @classmethod
    def of_letter(cls, *, legal_hold: bool, **stored: Any) -> "Document":
        """Store a file of a letter; `stored` is what every version has."""
        return cls._create(cls.StoredOfLetter, legal_hold=legal_hold, **stored)

    @classmethod
    def as_copy(cls, *, copy_of: UUID, copy_of_sha256: str, **stored: Any) -> "Document":
        """Store a copy of the version `copy_of`, whose bytes have that SHA-256; `stored` is what every version has."""
        return cls._create(cls.CopyStored, copy_of=copy_of, copy_of_sha256=copy_of_sha256, **stored)

    def scanned(self, finding: Finding) -> None:
        """Note what a scanner says: clean and infected are final, and the same said again changes nothing."""
        if self.destroyed or self.scan in {"clean", "infected", finding.verdict}:
            return
        self.trigger_event(
            self.Scanned,
            office_id=self.office_id,
            dossier_id=self.dossier_id,
            request_id=self.request_id,
            owner_id=self.owner_id,
            version_id=self.version_id,
            verdict=finding.verdict,
            scanner=finding.scanner,
            signature=finding.signature,
            cause=finding.cause,
        )

    @event(Scanned)
    def _scanned(self, verdict: Verdict) -> None:
        self.scan = verdict

    def end_retention(self) -> None:
        """Note that it had to be kept no longer, and that its key is gone; once."""
        if self.legal_hold:
            self._lift(self.version_id)
        self.destroy("retention-ended")

    @event(HoldLifted)
    def _lift(self, version_id: UUID) -> None:  # noqa: ARG002 - the event's own fields
        self.legal_hold = False

    def destroy(self, cause: str) -> None:
        """Note that the key is gone; once."""
        if not self.destroyed:
            self._destroy(self.version_id, cause)

    @event(Destroyed)
    def _destroy(self, version_id: UUID, cause: str) -> None:  # noqa: ARG002 - the event's own fields
        self.destroyed = True

    def withdraw(self) -> None:
        """Note that its depositor took it back, and that its key is gone; once."""
        if not self.destroyed:
            self._withdraw(self.version_id)

    @event(Withdrawn)
    def _withdraw(self, version_id: UUID) -> None:  # noqa: ARG002 - the event's own fields
        self.destroyed = True

    def read(self, actor_id: UUID, purpose: str) -> None:
        """Note that someone views or downloads it."""
        self._read(self.version_id, actor_id, purpose)

    @event(Read)
    def _read(self, version_id: UUID, actor_id: UUID, purpose: str) -> None:
        pass


def copy_id(version_id: UUID) -> UUID:
    """Return the id of the PDF copy of a picture, if there is one."""
    return uuid5(version_id, "pdf")
