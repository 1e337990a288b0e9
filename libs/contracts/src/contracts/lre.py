"""What lre-gateway tells the others of letters and their proofs; never to whom or what about."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from contracts.published import Published


class _AboutALetter(Published):
    office_id: UUID
    dossier_id: UUID | None = None
    batch_id: UUID
    at: datetime
    """When it happened: the provider's date if it gave one."""


class _Told(_AboutALetter):
    reconstructed: bool = False
    """Nobody saw this step; a later one that was seen implies it."""


class _Held(_Told):
    provider_ref: str | None = None
    """The provider's name for the letter."""


class LetterPrepared(_AboutALetter):
    """A letter is written and its files are frozen by their digests."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-prepared"
    sender_id: UUID
    recipient_id: UUID
    subject_id: UUID
    """The person it goes to, as identity knows them; the recipient's own id if identity does not."""
    level: str
    """qualified-lre, simple-erds, copro-notice or paper; only the first is a registered letter electronically."""
    hold_mode: str
    entity: str | None = None
    """Billing entity of the office."""
    prepared_by: UUID
    reissued_from: UUID | None = None


class LetterIncompatible(_AboutALetter):
    """It cannot leave as it is."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-incompatible"
    problems: tuple[str, ...]
    """Codes."""
    warnings: tuple[str, ...] = ()
    rejected: bool
    """The provider said so, not our check."""


class LetterReady(_AboutALetter):
    """Nothing that can be told beforehand keeps it from leaving."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-ready"
    warnings: tuple[str, ...] = ()


class LetterSubmissionStarted(_AboutALetter):
    """The provider is about to be called."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-submission-started"
    attempt: int
    subject_id: UUID
    consent_id: UUID | None = None
    """The entry of the consent register on which it leaves."""


class LetterSubmissionUnknown(_AboutALetter):
    """Nobody knows whether the provider has it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-submission-unknown"
    attempt: int
    cause: str


class LetterSubmissionNotExecuted(_AboutALetter):
    """The provider certainly does not have it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-submission-not-executed"
    attempt: int
    cause: str
    state: str
    """ready or awaiting-sender-auth."""


class LetterSenderAuthRequired(_Held):
    """It waits for the code of its sender."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-sender-auth-required"


class LetterAccepted(_Held):
    """The provider took it in charge: the deposit."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-accepted"


class LetterSent(_Held):
    """The recipient was told that a letter waits."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-sent"
    deadline: datetime | None = None
    """Until when the recipient may answer; indicative."""


class LetterAcknowledged(_Told):
    """The recipient accepted it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-acknowledged"


class LetterRefused(_Told):
    """The recipient refused it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-refused"


class LetterNotClaimed(_Told):
    """The recipient let the window pass."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-not-claimed"


class LetterBounced(_Told):
    """The recipient could not be told."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-bounced"


class LetterFailed(_Told):
    """The provider could not carry it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-failed"


class LetterAuthLapsed(_Told):
    """The sender's code never came."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-auth-lapsed"


class LetterCancelled(_Told):
    """It was given up before it left."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-cancelled"
    actor_id: UUID | None = None


class RecipientChangeRequested(_AboutALetter):
    """The recipient asks to be accepted under another name."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-change-requested"
    change_id: str
    subject_id: UUID


class _ChangeAnswered(_AboutALetter):
    change_id: str
    actor_id: UUID


class RecipientChangeAccepted(_ChangeAnswered):
    """The sender accepts the other name."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-change-accepted"


class RecipientChangeRefused(_ChangeAnswered):
    """The sender refuses the other name."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-change-refused"


class RecipientIdentityPending(_AboutALetter):
    """The provider still looks at who the recipient is."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-identity-pending"


class EvidenceStored(_AboutALetter):
    """A proof is in the vault; its clear hash stays with the services that hold it."""

    TOPIC: ClassVar[str] = "lre-gateway.evidence-stored"
    kind: str
    version_id: UUID
    size: int
    """Bytes in clear."""
    media_type: str
    manifest_sha256: str | None = None
    """SHA-256 of what the vault stores, hexadecimal."""
    provider_at: datetime | None = None
    seal: str
    """What checking the seal of the file gave: trusted, untrusted, unknown or none."""


class EvidenceMissing(_AboutALetter):
    """A proof did not come in time."""

    TOPIC: ClassVar[str] = "lre-gateway.evidence-missing"
    kind: str


class ProviderStatusUnrecognized(_AboutALetter):
    """The provider used a word that this version does not know."""

    TOPIC: ClassVar[str] = "lre-gateway.provider-status-unrecognized"
    word: str


class _AboutADeadline(_AboutALetter):
    deadline: datetime


class DeadlineNear(_AboutADeadline):
    """The window of the recipient closes soon."""

    TOPIC: ClassVar[str] = "lre-gateway.deadline-near"


class DeadlineOverdue(_AboutADeadline):
    """The window closed and the provider says nothing."""

    TOPIC: ClassVar[str] = "lre-gateway.deadline-overdue"


class _LateFact(_AboutALetter):
    status: str
    fact_at: datetime | None = None


class TerminalFactConflict(_LateFact):
    """The provider told another end after the first; the first stands."""

    TOPIC: ClassVar[str] = "lre-gateway.terminal-fact-conflict"


class StaleFactIgnored(_LateFact):
    """The provider told late what the letter is past already."""

    TOPIC: ClassVar[str] = "lre-gateway.stale-fact-ignored"


class ContractBreachNoted(_AboutALetter):
    """The provider contradicts itself or its contract."""

    TOPIC: ClassVar[str] = "lre-gateway.contract-breach-noted"
    cause: str


class LetterPriced(_AboutALetter):
    """What the provider asks for it, in euros before tax."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-priced"
    price: Decimal
    payment_method: str | None = None


class LetterAttentionNeeded(_AboutALetter):
    """A person has to decide."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-attention-needed"
    cause: str


class LetterReissued(_AboutALetter):
    """Another letter takes its place."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-reissued"
    successor_id: UUID


class LetterReleased(_AboutALetter):
    """The holder of the sender's key gave a right code for it."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-released"
    sender_id: UUID
    actor_id: UUID
    means: str
    """Which kind of code: otp."""
    authenticated_at: datetime
    """When the provider took the code."""


class LetterRetentionEnded(_AboutALetter):
    """Its office keeps it no longer; its files are about to be destroyed."""

    TOPIC: ClassVar[str] = "lre-gateway.letter-retention-ended"
    retention_years: int


class DocumentDestroyed(_AboutALetter):
    """The proofs of a letter are destroyed, and its other files that no other letter needs; their hashes stay."""

    TOPIC: ClassVar[str] = "lre-gateway.document-destroyed"
    version_ids: tuple[UUID, ...]


EVENTS: tuple[type[Published], ...] = (
    LetterPrepared,
    LetterIncompatible,
    LetterReady,
    LetterSubmissionStarted,
    LetterSubmissionUnknown,
    LetterSubmissionNotExecuted,
    LetterSenderAuthRequired,
    LetterAccepted,
    LetterSent,
    LetterAcknowledged,
    LetterRefused,
    LetterNotClaimed,
    LetterBounced,
    LetterFailed,
    LetterAuthLapsed,
    LetterCancelled,
    RecipientChangeRequested,
    RecipientChangeAccepted,
    RecipientChangeRefused,
    RecipientIdentityPending,
    EvidenceStored,
    EvidenceMissing,
    ProviderStatusUnrecognized,
    DeadlineNear,
    DeadlineOverdue,
    TerminalFactConflict,
    StaleFactIgnored,
    ContractBreachNoted,
    LetterPriced,
    LetterAttentionNeeded,
    LetterReissued,
    LetterReleased,
    LetterRetentionEnded,
    DocumentDestroyed,
)
