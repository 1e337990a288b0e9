"""The day by which a client is to send documents of a dossier, and what is told around it (C-04)."""

from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

USUAL_DAYS = (-7, -1, 3)
"""When reminders leave, in days from the due date, in an office that chose nothing else."""


class Deadline(Aggregate):
    """One for all documents that a client is to send by the same day; what they are is asked of dossier in time."""

    TOPIC = "messaging.deadline"

    class Created(AggregateCreated):
        """Documents are expected by that day."""

        TOPIC = "messaging.deadline-noted"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        due_on: str

    class Reached(AggregateEvent):
        """A day for a reminder has come; `outcome` is reminded, or nothing-left when all was sent or called off."""

        TOPIC = "messaging.deadline-reached"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        days: int
        outcome: str

    @event(Created)
    def __init__(self, *, dossier_id: UUID, office_id: UUID, client_id: UUID, due_on: str) -> None:
        self.dossier_id = dossier_id
        self.office_id = office_id
        self.client_id = client_id
        self.due_on = due_on
        self.reached: int | None = None
        """The latest reminder that was dealt with, in days from the due date."""

    @classmethod
    def create_id(cls, dossier_id: UUID, client_id: UUID, due_on: str) -> UUID:
        """Return the id of a client's deadline in a dossier."""
        return uuid5(dossier_id, f"{cls.TOPIC}/{client_id}/{due_on}")

    def reach(self, days: int, *, reminded: bool) -> None:
        """Record what became of a reminder, and of every earlier one that was missed; each comes once."""
        if self.reached is None or days > self.reached:
            self.trigger_event(
                self.Reached,
                dossier_id=self.dossier_id,
                office_id=self.office_id,
                client_id=self.client_id,
                days=days,
                outcome="reminded" if reminded else "nothing-left",
            )

    @event(Reached)
    def _reach(self, days: int) -> None:
        self.reached = days


class Reminders(Aggregate):
    """When an office reminds its clients; the latest choice stands."""

    TOPIC = "messaging.reminders"

    class Created(AggregateCreated):
        """The office chose the days."""

        TOPIC = "messaging.reminders-chosen"
        office_id: UUID
        actor_id: UUID
        days: list[int]

    @event(Created)
    def __init__(self, *, office_id: UUID, actor_id: UUID, days: list[int]) -> None:
        self.office_id = office_id
        self.actor_id = actor_id
        self.days = days
