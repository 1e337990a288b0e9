"""What lre-gateway tells the others beside letters: batches, sending accounts, recipients, what an office chose."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.erasure import KeysDestroyed
from contracts.published import Published


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


class BatchRechecked(_AboutABatch):
    """A new report that nobody asked for: something that the check depends on changed."""

    TOPIC: ClassVar[str] = "lre-gateway.batch-rechecked"
    check: int
    asked: int
    compatible: int
    incompatible: int
    warned: int
    letters: int
    """Of how many something else was found than before."""
    causes: tuple[str, ...]
    """What changed: cancellation, dossier, office, recipient, sender."""
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


class DossierArchiveNoted(Published):
    """A dossier is archived, as the dossier service said: no letter leaves from it any more."""

    TOPIC: ClassVar[str] = "lre-gateway.dossier-archive-noted"
    office_id: UUID
    dossier_id: UUID
    at: datetime


class PersonKeysDestroyed(KeysDestroyed):
    """Lre-gateway destroyed its key of an erased person; the proofs of letters to them are kept."""

    TOPIC: ClassVar[str] = "lre-gateway.person-keys-destroyed"
    evidence_kept: int = 0


EVENTS: tuple[type[Published], ...] = (
    BatchCreated,
    BatchExtended,
    BatchChecked,
    BatchRechecked,
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
    DossierArchiveNoted,
    PersonKeysDestroyed,
)
