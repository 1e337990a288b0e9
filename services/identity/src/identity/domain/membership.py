"""A membership: that a person belongs to an office, in a role, because a notary of the office says so."""

from enum import StrEnum
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

from identity.domain.refusals import AlreadyDecided, OwnMembership


class Role(StrEnum):
    """What a member may do in the office; the other services decide what that is."""

    NOTARY = "notary"
    COLLABORATOR = "collaborator"
    COMPLIANCE = "compliance"


class State(StrEnum):
    """Where a membership stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class Membership(Aggregate):
    """Requested by the person, decided by a notary (L-18, L-20)."""

    TOPIC = "identity.membership"

    class Created(AggregateCreated):
        """The person asks."""

        TOPIC = "identity.membership-requested"
        person_id: UUID
        office_id: UUID
        role: str

    class Approved(AggregateEvent):
        """The person belongs to the office; `approved_by` is None where the identity provider vouches."""

        TOPIC = "identity.membership-approved"
        person_id: UUID
        office_id: UUID
        role: str
        approved_by: UUID | None

    class Refused(AggregateEvent):
        """The person does not belong to the office."""

        TOPIC = "identity.membership-refused"
        person_id: UUID
        office_id: UUID
        role: str
        refused_by: UUID

    @event(Created)
    def __init__(self, person_id: UUID, office_id: UUID, role: str) -> None:
        self.person_id = person_id
        self.office_id = office_id
        self.role = role
        self.state = State.REQUESTED

    def approve(self, by: UUID) -> None:
        """Declare that the person belongs to the office (L-20)."""
        self._decidable(by)
        self._approve(by)

    def assert_notary(self) -> None:
        """Take the identity provider's word, which vouches for notaries and their offices; nobody else's."""
        if self.role != Role.NOTARY or self.state is not State.REQUESTED:
            raise AlreadyDecided
        self._approve(None)

    @event(Approved)
    def _approved(self) -> None:
        self.state = State.APPROVED

    def refuse(self, by: UUID) -> None:
        """Declare that the person does not belong to the office."""
        self._decidable(by)
        self._trigger(self.Refused, refused_by=by)

    @event(Refused)
    def _refused(self) -> None:
        self.state = State.REFUSED

    def _approve(self, by: UUID | None) -> None:
        self._trigger(self.Approved, approved_by=by)

    def _trigger(self, event_class: type[AggregateEvent], **facts: UUID | None) -> None:
        self.trigger_event(event_class, person_id=self.person_id, office_id=self.office_id, role=self.role, **facts)

    def _decidable(self, by: UUID) -> None:
        if self.state is not State.REQUESTED:
            raise AlreadyDecided
        if by == self.person_id:
            raise OwnMembership
