"""What was done here about a person who was erased (RGPD art. 17)."""

from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, event


class Erasure(Aggregate):
    """One for each erased person: its id is made from theirs."""

    TOPIC = "lre-gateway.erasure"

    class Created(AggregateCreated):
        """The key is destroyed: who they were can be read by nobody here; proofs of letters are kept by law."""

        TOPIC = "lre-gateway.person-keys-destroyed"
        person_id: UUID
        keys: int
        evidence_kept: int

    @event(Created)
    def __init__(self, person_id: UUID, keys: int, evidence_kept: int) -> None:
        self.person_id, self.keys, self.evidence_kept = person_id, keys, evidence_kept

    @classmethod
    def create_id(cls, person_id: UUID) -> UUID:
        """Return the id of what was done about a person."""
        return uuid5(person_id, cls.TOPIC)
