"""What is said of a letter while it stays where it is."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from eventstore import Personal
from typing_extensions import override

from lre_gateway.domain.evidence import Release
from lre_gateway.domain.letter_events import AboutALetter


class ChangeRequested(AboutALetter):
    """The recipient asks to be accepted under another name."""

    TOPIC = "lre-gateway.recipient-change-requested"
    change_id: str
    subject_id: UUID
    last_name: Annotated[str | None, Personal(of="subject_id")]
    first_name: Annotated[str | None, Personal(of="subject_id")]
    company: Annotated[str | None, Personal(of="subject_id")]

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.changes[self.change_id] = "asked"


class ChangeAccepted(AboutALetter):
    """The sender accepts the other name."""

    TOPIC = "lre-gateway.recipient-change-accepted"
    change_id: str
    actor_id: UUID

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.changes[self.change_id] = "accepted"


class ChangeRefused(AboutALetter):
    """The sender refuses the other name."""

    TOPIC = "lre-gateway.recipient-change-refused"
    change_id: str
    actor_id: UUID

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.changes[self.change_id] = "refused"


class IdentityPending(AboutALetter):
    """The provider still looks at who the recipient is."""

    TOPIC = "lre-gateway.recipient-identity-pending"

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.identity_pending = True


class EvidenceStored(AboutALetter):
    """A proof is in the vault; `at` is when it was fetched, `provider_at` the provider's date of what it proves."""

    TOPIC = "lre-gateway.evidence-stored"
    kind: str
    version_id: UUID
    size: int
    sha256: str
    sha512: str
    media_type: str
    manifest_sha256: str | None
    provider_at: datetime | None
    seal: str
    host: str | None
    pending: list[str]

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.pending = tuple(self.pending)
        aggregate.keep(self)


class EvidenceMissing(AboutALetter):
    """A proof did not come in time: somebody has to ask the provider for it."""

    TOPIC = "lre-gateway.evidence-missing"
    kind: str
    pending: list[str]

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.pending = tuple(self.pending)
        aggregate.missing = (*aggregate.missing, self.kind)


class StatusUnrecognized(AboutALetter):
    """The provider used a word that this version does not know."""

    TOPIC = "lre-gateway.provider-status-unrecognized"
    word: str

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.said.add(("word", self.word))


class DeadlineNear(AboutALetter):
    """The window of the recipient closes soon."""

    TOPIC = "lre-gateway.deadline-near"
    deadline: datetime

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.said.add(("deadline", "near"))


class DeadlineOverdue(AboutALetter):
    """The window closed and the provider says nothing."""

    TOPIC = "lre-gateway.deadline-overdue"
    deadline: datetime

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.said.add(("deadline", "overdue"))


class FactConflict(AboutALetter):
    """The provider told another end after the first; the first stands, a person has to look."""

    TOPIC = "lre-gateway.terminal-fact-conflict"
    status: str
    fact_at: datetime | None

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.seen.add((self.status, self.fact_at))


class StaleFact(AboutALetter):
    """The provider told late what the letter is past already."""

    TOPIC = "lre-gateway.stale-fact-ignored"
    status: str
    fact_at: datetime | None

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.seen.add((self.status, self.fact_at))


class Breach(AboutALetter):
    """The provider contradicts itself or its contract; `cause` is a constant sentence or code."""

    TOPIC = "lre-gateway.contract-breach-noted"
    cause: str

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.said.add(("breach", self.cause))


class Priced(AboutALetter):
    """What the provider asks for it, in euros before tax."""

    TOPIC = "lre-gateway.letter-priced"
    price: Decimal
    payment_method: str | None

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.price = self.price


class AttentionNeeded(AboutALetter):
    """A person has to decide; nothing more happens by itself."""

    TOPIC = "lre-gateway.letter-attention-needed"
    cause: str

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.said.add(("attention", self.cause))


class Reissued(AboutALetter):
    """Another letter takes its place."""

    TOPIC = "lre-gateway.letter-reissued"
    successor_id: UUID

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.successor_id = self.successor_id


class Released(AboutALetter):
    """The holder of the sender's key gave a right code for it; of the code itself nothing is kept."""

    TOPIC = "lre-gateway.letter-released"
    sender_id: UUID
    actor_id: UUID
    means: str
    authenticated_at: datetime

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.release = Release(self.actor_id, self.means, self.authenticated_at, self.at)


class RetentionEnded(AboutALetter):
    """Its office keeps it no longer: `retention_years` have passed since its end, and its dossier is archived."""

    TOPIC = "lre-gateway.letter-retention-ended"
    retention_years: int

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.retention_ended_at = self.at


class FilesDestroyed(AboutALetter):
    """Its proofs are destroyed, and its other files that no other letter needs; the digests stay where they are.

    The name is one that verifiers know (docs/spec/journal.md, `object-bytes`): there is nothing left to compare.
    """

    TOPIC = "lre-gateway.document-destroyed"
    version_ids: list[str]

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.destroyed_at = self.at
