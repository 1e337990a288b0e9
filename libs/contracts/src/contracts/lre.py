"""What lre-gateway tells the others: letters, their proofs, consents and senders; never to whom or what about."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from contracts.erasure import KeysDestroyed
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


LETTERS: tuple[type[Published], ...] = (
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
)


class _AboutABatch(Published):
    office_id: UUID
    dossier_id: UUID | None = None


class BatchCreated(_AboutABatch):
    """Somebody began a batch of letters."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-created"
    sender_id: UUID
    level: str
    hold_mode: str
    entity: str | None = None
    created_by: UUID
    at: datetime


class BatchExtended(_AboutABatch):
    """Letters were added to it."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-extended"
    letters: int
    asked: int


class BatchChecked(_AboutABatch):
    """A new report says how many of its letters can leave."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-checked"
    check: int
    asked: int
    compatible: int
    incompatible: int
    warned: int
    at: datetime


class BatchSubmitted(_AboutABatch):
    """The letters that are ready are to be sent."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-submitted"
    submission: int
    letters: int
    actor_id: UUID
    at: datetime


class BatchPaused(_AboutABatch):
    """Sending waits."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-paused"
    cause: str
    at: datetime


class BatchResumed(_AboutABatch):
    """Sending goes on."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-resumed"
    at: datetime


class BatchFinished(_AboutABatch):
    """Nothing of the submission is left to do."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-finished"
    submission: int
    at: datetime


class _AboutASender(Published):
    office_id: UUID


class SenderLinkRequested(_AboutASender):
    """The provider was asked for access to an account."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-link-requested"
    provider: str
    holder_id: UUID
    """Who holds the key of the account."""
    requested_by: UUID
    at: datetime


class SenderLinkRequestedAgain(_AboutASender):
    """Access was asked for again."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-link-requested-again"
    requested_by: UUID
    at: datetime


class SenderRefreshed(_AboutASender):
    """What the account lacks from now on."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-refreshed"
    linked: bool
    missing: tuple[str, ...] = ()
    """link, terms, payment, credential, confirmation."""
    at: datetime


class SenderAccessLost(_AboutASender):
    """An account that could be used no longer can."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-access-lost"
    at: datetime


class SenderRevoked(_AboutASender):
    """The office no longer uses the account."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-revoked"
    actor_id: UUID
    at: datetime


class PaymentMethodMapped(_AboutASender):
    """The letters of a billing entity are paid by a method of the account."""

    TOPIC: ClassVar[str] = "lre-gateway.payment-method-mapped"
    entity: str
    method: str
    actor_id: UUID


class SenderCodeRefused(_AboutASender):
    """A code was wrong."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-code-refused"
    wrong: int
    """In a row."""
    locked_until: datetime | None = None
    actor_id: UUID
    at: datetime


class SenderAuthenticated(_AboutASender):
    """The holder of the key gave a right code."""

    TOPIC: ClassVar[str] = "lre-gateway.sender-authenticated"
    means: str
    letters: int
    actor_id: UUID
    at: datetime


class _AboutARecipient(Published):
    office_id: UUID
    subject_id: UUID


class RecipientAdded(_AboutARecipient):
    """The office wrote a person into its register."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-added"
    person_id: UUID | None = None
    kind: str
    """individual or professional."""


class RecipientChanged(_AboutARecipient):
    """Who or where they are changed."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-changed"
    kind: str


class ConsentRecorded(_AboutARecipient):
    """What they answered, by the provider or by hand."""

    TOPIC: ClassVar[str] = "lre-gateway.consent-recorded"
    consent_id: UUID
    state: str
    source: str
    at: datetime
    author_id: UUID | None = None
    document_id: UUID | None = None


class ConsentWithdrawn(_AboutARecipient):
    """They took their agreement back."""

    TOPIC: ClassVar[str] = "lre-gateway.consent-withdrawn"
    consent_id: UUID
    author_id: UUID
    at: datetime


class RecipientOptedOut(_AboutARecipient):
    """They want paper instead of electronic notices, or no longer do."""

    TOPIC: ClassVar[str] = "lre-gateway.recipient-opted-out"
    opted_out: bool
    actor_id: UUID
    at: datetime


class _Settings(Published):
    office_id: UUID
    trade: str
    retention_years: int
    hold_mode: str
    actor_id: UUID


class OfficeSettingsChosen(_Settings):
    """The office chose for the first time how its letters are handled."""

    TOPIC: ClassVar[str] = "lre-gateway.office-settings-chosen"


class OfficeSettingsChanged(_Settings):
    """The office chose again."""

    TOPIC: ClassVar[str] = "lre-gateway.office-settings-changed"


class PersonKeysDestroyed(KeysDestroyed):
    """Lre-gateway destroyed its key of an erased person; the proofs of letters to them are kept."""

    TOPIC: ClassVar[str] = "lre-gateway.person-keys-destroyed"
    evidence_kept: int = 0


EVENTS: tuple[type[Published], ...] = (
    *LETTERS,
    BatchCreated,
    BatchExtended,
    BatchChecked,
    BatchSubmitted,
    BatchPaused,
    BatchResumed,
    BatchFinished,
    SenderLinkRequested,
    SenderLinkRequestedAgain,
    SenderRefreshed,
    SenderAccessLost,
    SenderRevoked,
    PaymentMethodMapped,
    SenderCodeRefused,
    SenderAuthenticated,
    RecipientAdded,
    RecipientChanged,
    ConsentRecorded,
    ConsentWithdrawn,
    RecipientOptedOut,
    OfficeSettingsChosen,
    OfficeSettingsChanged,
    PersonKeysDestroyed,
)
