"""A letter, from its writing to the answer of its recipient; fifteen states, seven of them ends."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateEvent, event

from lre_gateway.domain import letter_events as told
from lre_gateway.domain import letter_side_events as noted
from lre_gateway.domain.document import Document
from lre_gateway.domain.evidence import Evidence, Release
from lre_gateway.domain.following import Sighting, follow
from lre_gateway.domain.noting import Noting
from lre_gateway.domain.refusals import NotCancellable, NotReissuable, WrongState
from lre_gateway.domain.state import NEXT, UNSENT, State
from lre_gateway.domain.vocabulary import EvidenceKind, HoldMode, Level, Status

REISSUABLE = frozenset(
    {State.BOUNCED, State.FAILED, State.NOT_CLAIMED, State.REFUSED, State.AUTH_LAPSED, State.CANCELLED}
)


class Letter(Noting, Aggregate):
    """One letter to one recipient."""

    TOPIC = "lre-gateway.letter"

    Created = told.Created  # type: ignore[assignment]  # the library's own `Created` is of another family
    Incompatible = told.Incompatible
    Ready = told.Ready
    SubmissionStarted = told.SubmissionStarted
    SubmissionUnknown = told.SubmissionUnknown
    NotExecuted = told.NotExecuted
    SenderAuthRequired = told.SenderAuthRequired
    Accepted = told.Accepted
    Sent = told.Sent
    Acknowledged = told.Acknowledged
    Refused = told.Refused
    NotClaimed = told.NotClaimed
    Bounced = told.Bounced
    Failed = told.Failed
    AuthLapsed = told.AuthLapsed
    Cancelled = told.Cancelled
    ChangeRequested = noted.ChangeRequested
    ChangeAccepted = noted.ChangeAccepted
    ChangeRefused = noted.ChangeRefused
    IdentityPending = noted.IdentityPending
    EvidenceStored = noted.EvidenceStored
    EvidenceMissing = noted.EvidenceMissing
    StatusUnrecognized = noted.StatusUnrecognized
    DeadlineNear = noted.DeadlineNear
    DeadlineOverdue = noted.DeadlineOverdue
    FactConflict = noted.FactConflict
    StaleFact = noted.StaleFact
    Breach = noted.Breach
    Priced = noted.Priced
    AttentionNeeded = noted.AttentionNeeded
    Reissued = noted.Reissued
    Released = noted.Released
    RetentionEnded = noted.RetentionEnded
    FilesDestroyed = noted.FilesDestroyed

    @event(told.Created)
    def __init__(  # noqa: PLR0913 - what a letter is made of
        self,
        *,
        office_id: UUID,
        dossier_id: UUID | None,
        batch_id: UUID,
        sender_id: UUID,
        recipient_id: UUID,
        subject_id: UUID,
        level: str,
        hold_mode: str,
        entity: str | None,
        payment_method: str | None,
        print: dict[str, Any] | None,  # noqa: A002 - the word of the office
        documents: list[dict[str, Any]],
        names: list[str] | None,
        subject: str | None,
        dossier_reference: str | None,
        chars: int,
        markup: bool,
        fingerprint: str,
        prepared_by: UUID,
        reissued_from: UUID | None,
        at: datetime,
    ) -> None:
        self.office_id, self.dossier_id, self.batch_id = office_id, dossier_id, batch_id
        self.sender_id, self.recipient_id, self.subject_id = sender_id, recipient_id, subject_id
        self.level, self.hold_mode = Level(level), HoldMode(hold_mode)
        self.entity, self.payment_method, self.print = entity, payment_method, print
        self.documents = tuple(Document.of(document) for document in documents)
        self.names, self.subject, self.dossier_reference = names, subject, dossier_reference
        self.chars, self.markup, self.fingerprint = chars, markup, fingerprint
        self.prepared_by, self.reissued_from, self.prepared_at = prepared_by, reissued_from, at
        self.state = State.DRAFT
        self.problems: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.attempt = 0
        self.changed_at = at
        """When the last submission began, or its outcome was found to be unknown."""
        self.sent_to: tuple[str | None, str | None, UUID | None] = (None, None, None)
        self.provider_ref: str | None = None
        self.submitted_at: datetime | None = None
        self.sent_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.deadline: datetime | None = None
        self.near_at: datetime | None = None
        self.overdue_at: datetime | None = None
        self.pending: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self.evidence: tuple[Evidence, ...] = ()
        self.changes: dict[str, str] = {}
        self.identity_pending = False
        self.seen: set[tuple[str, datetime | None]] = set()
        """Facts that were told and had their effect, or none: none has it twice."""
        self.said: set[tuple[str, str]] = set()
        self.price: Decimal | None = None
        self.successor_id: UUID | None = None
        self.release: Release | None = None
        self.retention_ended_at: datetime | None = None
        self.destroyed_at: datetime | None = None

    @classmethod
    def begin(cls, letter_id: UUID, **facts: Any) -> Self:
        """Return a new one with an id of the caller's, the same at every try."""
        return cls._create(cls.Created, id=letter_id, **facts)

    @classmethod
    def standing(cls, letter_id: UUID, version: int, at: datetime, **known: Any) -> Self:
        """Return a letter with only what `check` looks at, as of its event `version`, instead of all its past.

        Saving it is refused if anything happened to the letter since, so nothing is decided on what was.
        `known`: office_id, dossier_id, batch_id, state, problems, warnings.
        """
        letter = cls.__new__(cls)
        letter.__base_init__(originator_id=letter_id, originator_version=version, timestamp=at)
        vars(letter).update(known)
        return letter

    def check(self, problems: Sequence[str], warnings: Sequence[str], at: datetime) -> bool:
        """Record what a check found, if that is news; tell whether it was."""
        if self.state not in UNSENT:
            return False
        known = (self.state is State.DRAFT, tuple(self.problems), tuple(self.warnings))
        if known == (False, tuple(problems), tuple(warnings)):
            return False
        if problems:
            self._step(told.Incompatible, at, problems=list(problems), warnings=list(warnings), rejected=False)
        else:
            self._step(told.Ready, at, warnings=list(warnings))
        return True

    def hold(self, at: datetime) -> None:
        """Let it wait here for the code of its sender; the provider knows nothing of it."""
        if self.hold_mode is not HoldMode.DEFERRED_SUBMIT or self.level is not Level.QUALIFIED_LRE:
            raise WrongState
        self._refuse_unless(self.state is State.READY)
        self._step(
            told.SenderAuthRequired, at, provider_ref=None, reconstructed=False, pending=list(self.pending)
        )  # fmt: skip

    @property
    def held_here(self) -> bool:
        """Whether it waits for a code without its provider knowing of it."""
        return self.state is State.AWAITING_SENDER_AUTH and self.provider_ref is None

    def released(self, release: Release) -> None:
        """Record that a code was given for it, before it leaves; a letter that comes back waits for another one."""
        self._refuse_unless(self.state is State.AWAITING_SENDER_AUTH)
        self._note(
            noted.Released,
            release.at,
            sender_id=self.sender_id,
            actor_id=release.actor_id,
            means=release.means,
            authenticated_at=release.authenticated_at,
        )

    def start(self, at: datetime, *, name: str | None, email: str | None, consent_id: UUID | None) -> None:
        """Record that the provider is about to be called; saved before the call, so that a crash can be told."""
        self._refuse_unless(self.state is State.READY or self.held_here)
        self._step(
            told.SubmissionStarted,
            at,
            attempt=self.attempt + 1,
            subject_id=self.subject_id,
            recipient_name=name,
            recipient_email=email,
            consent_id=consent_id,
        )

    def submitted(self, ref: str, status: Status, at: datetime, obtainable: frozenset[EvidenceKind]) -> None:
        """Record that the provider has it, or that it let a draft go."""
        self.tell(Sighting(ref=ref, status=status, obtainable=obtainable), at)

    def outcome_unknown(self, cause: str, at: datetime) -> None:
        """Record that nobody knows whether the provider has it."""
        self._step(told.SubmissionUnknown, at, attempt=self.attempt, cause=cause)

    def not_executed(self, cause: str, at: datetime) -> None:
        """Record that the provider certainly does not have it; one that was released waits for a new code."""
        self._refuse_unless(self.state is State.SUBMITTING)
        state = State.AWAITING_SENDER_AUTH if self.said_to_wait else State.READY
        self._note(told.NotExecuted, at, attempt=self.attempt, cause=cause, state=state.value)

    def absent(self, at: datetime) -> None:
        """Record that a search proved its absence at the provider, long enough after the attempt."""
        self._refuse_unless(self.state is State.SUBMISSION_UNKNOWN)
        self._note(told.NotExecuted, at, attempt=self.attempt, cause="proven-absent", state=State.READY.value)

    def rejected(self, problems: Sequence[str], at: datetime, *, by_provider: bool = True) -> None:
        """Record that the provider refuses it as it is; or that the last look at a released letter did."""
        self._refuse_unless(self.state is State.SUBMITTING)
        self._step(told.Incompatible, at, problems=list(problems), warnings=list(self.warnings), rejected=by_provider)

    def blocked(self, problems: Sequence[str], at: datetime) -> None:
        """Record what the last look before leaving found."""
        self._refuse_unless(self.state is State.READY)
        self._step(told.Incompatible, at, problems=list(problems), warnings=list(self.warnings), rejected=False)

    def cancel(self, actor_id: UUID | None, at: datetime) -> None:
        """Give it up before it leaves; a draft at the provider is dropped there first."""
        if State.CANCELLED not in NEXT[self.state]:
            raise NotCancellable
        self._step(told.Cancelled, at, actor_id=actor_id, reconstructed=False, pending=list(self.pending))

    @property
    def said_to_wait(self) -> bool:
        """Whether it goes through the hands of a code here."""
        return self.hold_mode is HoldMode.DEFERRED_SUBMIT and self.level is Level.QUALIFIED_LRE

    def tell(self, sighting: Sighting, at: datetime) -> None:
        """Follow the provider; what was told before does nothing."""
        for event_class, facts in follow(self, sighting, at):
            self._note(event_class, **facts)

    def refuse_unless_reissuable(self) -> None:
        """Raise NotReissuable unless a new letter may take its place."""
        if self.state not in REISSUABLE or self.successor_id is not None:
            raise NotReissuable

    def reissue(self, successor_id: UUID, at: datetime) -> None:
        """Record that another letter takes its place."""
        self.refuse_unless_reissuable()
        self._note(noted.Reissued, at, successor_id=successor_id)

    def _refuse_unless(self, right: bool) -> None:  # noqa: FBT001 - a condition, read aloud
        if not right:
            raise WrongState

    def _step(self, event_class: type[Any], at: datetime, **facts: object) -> None:
        self._refuse_unless(event_class.STATE in NEXT[self.state])
        self._note(event_class, at, **facts)

    def _note(self, event_class: type[AggregateEvent], at: datetime, **facts: object) -> None:
        own = getattr(self, event_class.__name__)  # the library makes each event class the aggregate's own
        self.trigger_event(
            own, office_id=self.office_id, dossier_id=self.dossier_id, batch_id=self.batch_id, at=at, **facts
        )
