"""What a client and the office write to each other about a dossier."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from dossier.domain.refusals import MessageEmpty
from dossier.domain.text import visible


class Side(StrEnum):
    """Who writes and who reads: the office is one side, whichever of its members acts."""

    CLIENT = "client"
    OFFICE = "office"

    @property
    def other(self) -> "Side":
        """The side that reads what this one writes."""
        return Side.OFFICE if self is Side.CLIENT else Side.CLIENT


class Purpose(StrEnum):
    """What a message asks for (S-22)."""

    APPOINTMENT = "appointment"
    INFORMATION = "information"
    OTHER = "other"


class Conversation(Aggregate):
    """One for each client of a dossier, so that no client reads another's messages."""

    TOPIC = "dossier.conversation"

    class Created(AggregateCreated):
        """One of both writes for the first time."""

        TOPIC = "dossier.conversation-opened"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID

    class Posted(AggregateEvent):
        """A message; its words are about the client, whoever wrote them (S-21)."""

        TOPIC = "dossier.message-posted"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        post_id: UUID
        side: str
        actor_id: UUID
        purpose: str
        batch_id: UUID | None
        subject: Annotated[str | None, Personal(of="client_id")]
        text: Annotated[str | None, Personal(of="client_id")]

    class Read(AggregateEvent):
        """Somebody of the other side saw these messages for the first time."""

        TOPIC = "dossier.messages-read"
        dossier_id: UUID
        office_id: UUID
        client_id: UUID
        side: str
        actor_id: UUID
        post_ids: list[str]

    @event(Created)
    def __init__(self, *, dossier_id: UUID, office_id: UUID, client_id: UUID) -> None:
        self.dossier_id = dossier_id
        self.office_id = office_id
        self.client_id = client_id
        self.unread: dict[UUID, Side] = {}
        """Messages that the side named has still to read, oldest first."""

    @classmethod
    def create_id(cls, dossier_id: UUID, client_id: UUID) -> UUID:
        """Return the id of a client's conversation about a dossier."""
        return uuid5(dossier_id, f"{cls.TOPIC}/{client_id}")

    def post(  # noqa: PLR0913 - what a message is made of
        self,
        post_id: UUID,
        side: Side,
        actor_id: UUID,
        *,
        text: str,
        subject: str | None = None,
        purpose: Purpose = Purpose.OTHER,
        batch_id: UUID | None = None,
    ) -> None:
        """Add a message; `batch_id` names the documents that were asked for with it."""
        if not visible(text):
            raise MessageEmpty
        self._trigger(
            self.Posted,
            post_id=post_id,
            side=side.value,
            actor_id=actor_id,
            purpose=purpose.value,
            batch_id=batch_id,
            subject=subject,
            text=text,
        )

    def read(self, side: Side, actor_id: UUID, until: UUID) -> None:
        """Record that a side saw what was written to it up to a message; nothing happens if it had before."""
        if until not in self.unread:
            return
        waiting = list(self.unread)
        seen = [one for one in waiting[: waiting.index(until) + 1] if self.unread[one] is side]
        if seen:
            self._trigger(self.Read, side=side.value, actor_id=actor_id, post_ids=[str(one) for one in seen])

    def _trigger(self, event_class: type[AggregateEvent], **facts: object) -> None:
        self.trigger_event(
            event_class, dossier_id=self.dossier_id, office_id=self.office_id, client_id=self.client_id, **facts
        )

    @event(Posted)
    def _posted(self, post_id: UUID, side: str) -> None:
        self.unread[post_id] = Side(side).other

    @event(Read)
    def _read(self, post_ids: list[str]) -> None:
        for post_id in post_ids:
            del self.unread[UUID(post_id)]
