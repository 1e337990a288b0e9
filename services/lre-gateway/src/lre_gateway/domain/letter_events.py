"""The steps of a letter, in the order of its life. Whether one may happen is the letter's to say."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent
from eventstore import Personal
from typing_extensions import override

from lre_gateway.domain.state import State


class AboutALetter(AggregateEvent):
    """`at` is when it happened: by the provider's date if it gave one, by our clock otherwise; always UTC."""

    office_id: UUID
    dossier_id: UUID | None
    batch_id: UUID
    at: datetime


class _Step(AboutALetter):
    """Enters a state."""

    STATE: ClassVar[State]

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.state = self.STATE


class _Seen(_Step):
    """A step that the provider told. `reconstructed`: nobody saw it, what was told later implies it."""

    reconstructed: bool
    pending: list[str]
    """Kinds of evidence still to be fetched after this."""

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.pending = tuple(self.pending)
        aggregate.seen.add((self.STATE.value, self.at))


class _Accepted(_Seen):
    """A step by which we may learn the provider's name for the letter."""

    provider_ref: str | None

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        if self.provider_ref is not None:
            aggregate.provider_ref = self.provider_ref
            aggregate.submitted_at = aggregate.submitted_at or self.at


class _End(_Seen):
    """The last step."""

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.ended_at = self.at


class Created(AggregateCreated):
    """The letter is written and its files are frozen by their digests."""

    TOPIC = "lre-gateway.letter-prepared"
    office_id: UUID
    dossier_id: UUID | None
    batch_id: UUID
    sender_id: UUID
    recipient_id: UUID
    subject_id: UUID
    level: str
    hold_mode: str
    entity: str | None
    payment_method: str | None
    print: dict[str, Any] | None
    documents: list[dict[str, Any]]
    names: Annotated[list[str] | None, Personal(of="office_id")]
    subject: Annotated[str | None, Personal(of="office_id")]
    dossier_reference: Annotated[str | None, Personal(of="office_id")]
    chars: int
    markup: bool
    fingerprint: str
    prepared_by: UUID
    reissued_from: UUID | None
    at: datetime


class Incompatible(_Step):
    """It cannot leave as it is; `rejected` if the provider said so, and not our check."""

    TOPIC = "lre-gateway.letter-incompatible"
    STATE = State.INCOMPATIBLE
    problems: list[str]
    warnings: list[str]
    rejected: bool

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.problems, aggregate.warnings = tuple(self.problems), tuple(self.warnings)


class Ready(_Step):
    """Nothing that can be told beforehand keeps it from leaving."""

    TOPIC = "lre-gateway.letter-ready"
    STATE = State.READY
    warnings: list[str]

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.problems, aggregate.warnings = (), tuple(self.warnings)


class SubmissionStarted(_Step):
    """The provider is about to be called; from here on nothing is sent again before it was searched."""

    TOPIC = "lre-gateway.letter-submission-started"
    STATE = State.SUBMITTING
    attempt: int
    subject_id: UUID
    recipient_name: Annotated[str | None, Personal(of="subject_id")]
    recipient_email: Annotated[str | None, Personal(of="subject_id")]
    consent_id: UUID | None

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.attempt, aggregate.changed_at = self.attempt, self.at
        aggregate.sent_to = (self.recipient_name, self.recipient_email, self.consent_id)


class SubmissionUnknown(_Step):
    """Nobody knows whether the provider has it."""

    TOPIC = "lre-gateway.letter-submission-unknown"
    STATE = State.SUBMISSION_UNKNOWN
    attempt: int
    cause: str

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.changed_at = self.at


class NotExecuted(AboutALetter):
    """The provider certainly does not have it: the call was not made, or a search proved the absence."""

    TOPIC = "lre-gateway.letter-submission-not-executed"
    attempt: int
    cause: str
    state: str

    @override
    def apply(self, aggregate: Any) -> None:
        aggregate.state = State(self.state)


class SenderAuthRequired(_Accepted):
    """It waits for the code of its sender, at the provider or here."""

    TOPIC = "lre-gateway.letter-sender-auth-required"
    STATE = State.AWAITING_SENDER_AUTH


class Accepted(_Accepted):
    """The provider took it in charge: the deposit."""

    TOPIC = "lre-gateway.letter-accepted"
    STATE = State.IN_TRANSIT


class Sent(_Accepted):
    """The recipient was told that a letter waits; the window to answer is open."""

    TOPIC = "lre-gateway.letter-sent"
    STATE = State.NOTIFIED
    deadline: datetime | None
    near_at: datetime | None
    overdue_at: datetime | None

    @override
    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.sent_at = self.at
        aggregate.deadline, aggregate.near_at, aggregate.overdue_at = self.deadline, self.near_at, self.overdue_at


class Acknowledged(_End):
    """The recipient accepted it."""

    TOPIC = "lre-gateway.letter-acknowledged"
    STATE = State.ACKNOWLEDGED


class Refused(_End):
    """The recipient refused it."""

    TOPIC = "lre-gateway.letter-refused"
    STATE = State.REFUSED


class NotClaimed(_End):
    """The recipient let the window pass."""

    TOPIC = "lre-gateway.letter-not-claimed"
    STATE = State.NOT_CLAIMED


class Bounced(_End):
    """The recipient could not be told: the address does not work."""

    TOPIC = "lre-gateway.letter-bounced"
    STATE = State.BOUNCED


class Failed(_End):
    """The provider could not carry it; it is not billed."""

    TOPIC = "lre-gateway.letter-failed"
    STATE = State.FAILED


class AuthLapsed(_End):
    """The sender's code never came; the provider dropped it."""

    TOPIC = "lre-gateway.letter-auth-lapsed"
    STATE = State.AUTH_LAPSED


class Cancelled(_End):
    """Given up before it left."""

    TOPIC = "lre-gateway.letter-cancelled"
    STATE = State.CANCELLED
    actor_id: UUID | None
