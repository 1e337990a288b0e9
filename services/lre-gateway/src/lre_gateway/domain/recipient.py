"""A recipient of letters, with the register of what they agreed to."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from lre_gateway.domain.party import Consent, Party, Postal
from lre_gateway.domain.refusals import NothingWithdrawn
from lre_gateway.domain.vocabulary import ConsentState, Kind

HAND, PROVIDER = "hand", "provider"
PERSONAL = ("last_name", "first_name", "company", "email", "postal")


class Recipient(Aggregate):
    """One person an office writes to; `subject_id` is the person of identity where there is one, or the recipient."""

    TOPIC = "lre-gateway.recipient"

    class Created(AggregateCreated):
        """The office wrote them into its register."""

        TOPIC = "lre-gateway.recipient-added"
        office_id: UUID
        subject_id: UUID
        person_id: UUID | None
        kind: str
        last_name: Annotated[str | None, Personal(of="subject_id")]
        first_name: Annotated[str | None, Personal(of="subject_id")]
        company: Annotated[str | None, Personal(of="subject_id")]
        email: Annotated[str | None, Personal(of="subject_id")]
        postal: Annotated[dict[str, Any] | None, Personal(of="subject_id")]

    class Changed(AggregateEvent):
        """Who and where they are from now on."""

        TOPIC = "lre-gateway.recipient-changed"
        office_id: UUID
        subject_id: UUID
        kind: str
        last_name: Annotated[str | None, Personal(of="subject_id")]
        first_name: Annotated[str | None, Personal(of="subject_id")]
        company: Annotated[str | None, Personal(of="subject_id")]
        email: Annotated[str | None, Personal(of="subject_id")]
        postal: Annotated[dict[str, Any] | None, Personal(of="subject_id")]

    class ConsentRecorded(AggregateEvent):
        """What they answered, by the provider or by hand; `at` is when they said so."""

        TOPIC = "lre-gateway.consent-recorded"
        office_id: UUID
        subject_id: UUID
        consent_id: UUID
        state: str
        source: str
        at: datetime
        author_id: UUID | None
        document_id: UUID | None

    class ConsentWithdrawn(AggregateEvent):
        """They took it back, told to the office."""

        TOPIC = "lre-gateway.consent-withdrawn"
        office_id: UUID
        subject_id: UUID
        consent_id: UUID
        author_id: UUID
        at: datetime

    class OptedOut(AggregateEvent):
        """They want paper instead of electronic notices, or no longer do."""

        TOPIC = "lre-gateway.recipient-opted-out"
        office_id: UUID
        subject_id: UUID
        opted_out: bool
        actor_id: UUID
        at: datetime

    @event(Created)
    def __init__(  # noqa: PLR0913 - what the form asks for
        self,
        *,
        office_id: UUID,
        subject_id: UUID,
        person_id: UUID | None,
        kind: str,
        last_name: str | None,
        first_name: str | None,
        company: str | None,
        email: str | None,
        postal: dict[str, Any] | None,
    ) -> None:
        self.office_id, self.subject_id, self.person_id = office_id, subject_id, person_id
        self.kind = Kind(kind)
        self.last_name, self.first_name, self.company = last_name, first_name, company
        self.email, self.postal = email, postal
        self.consent: Consent | None = None
        self.opted_out = False

    @classmethod
    def begin(cls, recipient_id: UUID, **facts: Any) -> Self:
        """Return a new one with an id of the caller's, the same at every try."""
        return cls._create(cls.Created, id=recipient_id, **facts)

    @property
    def party(self) -> Party:
        """Return them as the rules see them."""
        return Party(
            kind=self.kind,
            last_name=self.last_name,
            first_name=self.first_name,
            company=self.company,
            email=self.email,
            postal=None if self.postal is None else Postal(**self.postal),
            opted_out=self.opted_out,
            consent=self.consent,
        )

    def change(self, **changes: Any) -> None:
        """Change some of kind, last_name, first_name, company, email and postal; nothing happens if nothing differs."""
        now = {"kind": self.kind.value, **{name: getattr(self, name) for name in PERSONAL}}
        if {**now, **changes} != now:
            self._trigger(self.Changed, **{**now, **changes})

    def answered(self, consent_id: UUID, state: ConsentState, at: datetime) -> bool:
        """Record what the provider says they answered; tell whether that is news.

        The provider holds the truth (A-15), but only for the time it speaks of: what the office wrote down by hand
        later stands. A refusal or an end wins over everything not younger than it.
        """
        known = self.consent
        if known is not None:
            same = known.state is state and (known.source == PROVIDER or known.at >= at)
            only_asked = state is ConsentState.REQUESTED and known.state is not ConsentState.EXPIRED
            if same or only_asked or known.at > at:
                return False
        self._record(consent_id, state, PROVIDER, at)
        return True

    def record_consent(self, consent_id: UUID, at: datetime, author_id: UUID, document_id: UUID) -> None:
        """Write down by hand that they agreed, with who wrote it and the document that shows it (A-16)."""
        self._record(consent_id, ConsentState.ACCEPTED, HAND, at, author_id=author_id, document_id=document_id)

    def asked(self, consent_id: UUID, at: datetime, author_id: UUID) -> None:
        """Record that the provider was asked to ask them; an answer that stands is not touched."""
        if self.consent is None or self.consent.state is not ConsentState.ACCEPTED:
            self._record(consent_id, ConsentState.REQUESTED, PROVIDER, at, author_id=author_id)

    def withdraw_consent(self, consent_id: UUID, author_id: UUID, at: datetime) -> None:
        """Record that they took it back (A-17)."""
        if self.consent is None or self.consent.state is not ConsentState.ACCEPTED:
            raise NothingWithdrawn
        self._trigger(self.ConsentWithdrawn, consent_id=consent_id, author_id=author_id, at=at)

    def opt_out(self, *, opted_out: bool, actor_id: UUID, at: datetime) -> None:
        """Record that they want paper instead of electronic notices, or no longer do."""
        if opted_out != self.opted_out:
            self._trigger(self.OptedOut, opted_out=opted_out, actor_id=actor_id, at=at)

    def _record(self, consent_id: UUID, state: ConsentState, source: str, at: datetime, **by: UUID | None) -> None:
        by = {"author_id": None, "document_id": None, **by}
        self._trigger(self.ConsentRecorded, consent_id=consent_id, state=state.value, source=source, at=at, **by)

    def _trigger(self, event_class: type[AggregateEvent], **facts: object) -> None:
        self.trigger_event(event_class, office_id=self.office_id, subject_id=self.subject_id, **facts)

    @event(Changed)
    def _changed(  # noqa: PLR0913 - the facts of the event
        self,
        *,
        kind: str,
        last_name: str | None,
        first_name: str | None,
        company: str | None,
        email: str | None,
        postal: dict[str, Any] | None,
    ) -> None:
        self.kind = Kind(kind)
        self.last_name, self.first_name, self.company = last_name, first_name, company
        self.email, self.postal = email, postal

    @event(ConsentRecorded)
    def _consent_recorded(self, consent_id: UUID, state: str, source: str, at: datetime) -> None:
        self.consent = Consent(id=consent_id, state=ConsentState(state), source=source, at=at)

    @event(ConsentWithdrawn)
    def _consent_withdrawn(self, consent_id: UUID, at: datetime) -> None:
        self.consent = Consent(id=consent_id, state=ConsentState.WITHDRAWN, source=HAND, at=at)

    @event(OptedOut)
    def _opted_out(self, *, opted_out: bool) -> None:
        self.opted_out = opted_out
