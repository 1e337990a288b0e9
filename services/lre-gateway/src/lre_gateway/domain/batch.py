"""Letters written, checked and sent together."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

from lre_gateway.domain.vocabulary import HoldMode, Level


class Batch(Aggregate):
    """What letters share, the reports of their checks, and how far sending them has come."""

    TOPIC = "lre-gateway.batch"

    class Created(AggregateCreated):
        """Somebody began it (A-31)."""

        TOPIC = "lre-gateway.batch-created"
        office_id: UUID
        dossier_id: UUID | None
        sender_id: UUID
        level: str
        hold_mode: str
        entity: str | None
        payment_method: str | None
        print: dict[str, Any] | None
        created_by: UUID
        at: datetime

    class Extended(AggregateEvent):
        """Letters were added; `asked` is how many it has now."""

        TOPIC = "lre-gateway.batch-extended"
        office_id: UUID
        dossier_id: UUID | None
        letters: int
        asked: int

    class Checked(AggregateEvent):
        """A new report: how many of its letters can leave (A-38)."""

        TOPIC = "lre-gateway.batch-checked"
        office_id: UUID
        dossier_id: UUID | None
        check: int
        asked: int
        compatible: int
        incompatible: int
        warned: int
        at: datetime

    class Rechecked(AggregateEvent):
        """A new report that nobody asked for: something that the check depends on changed (`causes`)."""

        TOPIC = "lre-gateway.batch-rechecked"
        office_id: UUID
        dossier_id: UUID | None
        check: int
        asked: int
        compatible: int
        incompatible: int
        warned: int
        letters: int
        causes: list[str]
        at: datetime

    class Submitted(AggregateEvent):
        """The letters that are ready now are to be sent (A-48)."""

        TOPIC = "lre-gateway.batch-submitted"
        office_id: UUID
        dossier_id: UUID | None
        submission: int
        letters: int
        actor_id: UUID
        at: datetime

    class Paused(AggregateEvent):
        """Sending waits, for a reason that mends itself or that the sender mends."""

        TOPIC = "lre-gateway.batch-paused"
        office_id: UUID
        dossier_id: UUID | None
        cause: str
        at: datetime

    class Resumed(AggregateEvent):
        """Sending goes on."""

        TOPIC = "lre-gateway.batch-resumed"
        office_id: UUID
        dossier_id: UUID | None
        at: datetime

    class Finished(AggregateEvent):
        """Every letter of the submission was handed to the provider, or will not be."""

        TOPIC = "lre-gateway.batch-finished"
        office_id: UUID
        dossier_id: UUID | None
        submission: int
        at: datetime

    @event(Created)
    def __init__(  # noqa: PLR0913 - what the form asks for
        self,
        *,
        office_id: UUID,
        dossier_id: UUID | None,
        sender_id: UUID,
        level: str,
        hold_mode: str,
        entity: str | None,
        payment_method: str | None,
        print: dict[str, Any] | None,  # noqa: A002 - the word of the office
        created_by: UUID,
        at: datetime,
    ) -> None:
        self.office_id, self.dossier_id, self.sender_id = office_id, dossier_id, sender_id
        self.level, self.hold_mode = Level(level), HoldMode(hold_mode)
        self.entity, self.payment_method, self.print = entity, payment_method, print
        self.created_by, self.created_at = created_by, at
        self.asked = 0
        self.check = 0
        """The number of the last report."""
        self.report: tuple[int, int, int] = (0, 0, 0)
        """Compatible, incompatible, warned."""
        self.redone: tuple[datetime | None, tuple[str, ...]] = (None, ())
        """When the last report that nobody asked for was made, and for what."""
        self.submission = 0
        self.submitted_at: datetime | None = None
        self.submitted_by: UUID | None = None
        self.paused: str | None = None
        self.finished = True

    @classmethod
    def begin(cls, batch_id: UUID, **facts: Any) -> Self:
        """Return a new one with an id of the caller's, the same at every try."""
        return cls._create(cls.Created, id=batch_id, **facts)

    def extend(self, letters: int) -> None:
        """Record that letters were added."""
        self._trigger(self.Extended, letters=letters, asked=self.asked + letters)

    def checked(self, compatible: int, incompatible: int, warned: int, at: datetime) -> None:
        """Record a report, if it says anything new."""
        if (compatible, incompatible, warned) != self.report or not self.check:
            self._trigger(
                self.Checked,
                check=self.check + 1,
                asked=self.asked,
                compatible=compatible,
                incompatible=incompatible,
                warned=warned,
                at=at,
            )

    def rechecked(self, report: tuple[int, int, int], letters: int, causes: Collection[str], at: datetime) -> None:
        """Record a report (compatible, incompatible, warned) that nobody asked for, if it is news of any letter."""
        if letters or report != self.report:
            compatible, incompatible, warned = report
            self._trigger(
                self.Rechecked,
                check=self.check + 1,
                asked=self.asked,
                compatible=compatible,
                incompatible=incompatible,
                warned=warned,
                letters=letters,
                causes=sorted(causes),
                at=at,
            )

    def submit(self, letters: int, actor_id: UUID, at: datetime) -> None:
        """Record that the letters that are ready are to be sent."""
        self._trigger(self.Submitted, submission=self.submission + 1, letters=letters, actor_id=actor_id, at=at)

    def pause(self, cause: str, at: datetime) -> None:
        """Record that sending waits; once for each cause."""
        if not self.finished and self.paused != cause:
            self._trigger(self.Paused, cause=cause, at=at)

    def resume(self, at: datetime) -> None:
        """Record that sending goes on."""
        if self.paused is not None:
            self._trigger(self.Resumed, at=at)

    def finish(self, at: datetime) -> None:
        """Record that nothing of the submission is left to do."""
        if not self.finished:
            self._trigger(self.Finished, submission=self.submission, at=at)

    def _trigger(self, event_class: type[AggregateEvent], **facts: object) -> None:
        self.trigger_event(event_class, office_id=self.office_id, dossier_id=self.dossier_id, **facts)

    @event(Extended)
    def _extended(self, asked: int) -> None:
        self.asked = asked

    @event(Checked)
    def _checked(self, check: int, compatible: int, incompatible: int, warned: int) -> None:
        self.check, self.report = check, (compatible, incompatible, warned)

    @event(Rechecked)
    def _rechecked(  # noqa: PLR0913, PLR0917 - the facts of the event
        self, check: int, compatible: int, incompatible: int, warned: int, causes: list[str], at: datetime
    ) -> None:
        self.check, self.report = check, (compatible, incompatible, warned)
        self.redone = (at, tuple(causes))

    @event(Submitted)
    def _submitted(self, submission: int, actor_id: UUID, at: datetime) -> None:
        self.submission, self.submitted_by, self.submitted_at = submission, actor_id, at
        self.paused, self.finished = None, False

    @event(Paused)
    def _paused(self, cause: str) -> None:
        self.paused = cause

    @event(Resumed)
    def _resumed(self) -> None:
        self.paused = None

    @event(Finished)
    def _finished(self) -> None:
        self.finished, self.paused = True, None
