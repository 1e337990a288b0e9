"""What was done here about a person whom identity erased (RGPD art. 17)."""

from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, event


class Erasure(Aggregate):
    """One for each erased person: its id is made from theirs."""

    TOPIC = "messaging.erasure"

    class Created(AggregateCreated):
        """Nothing waits to be sent to the person, and nothing of this service opens that is sealed for them."""

        TOPIC = "messaging.person-keys-destroyed"
        person_id: UUID
        keys: int

    @event(Created)
    def __init__(self, person_id: UUID, keys: int) -> None:
        self.person_id = person_id
        self.keys = keys

    @classmethod
    def create_id(cls, person_id: UUID) -> UUID:
        """Return the id of what was done about a person."""
        return uuid5(person_id, cls.TOPIC)
