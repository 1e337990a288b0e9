"""The erasure of a person (RGPD art. 17)."""

from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, event


class Basis(StrEnum):
    """Why a person is erased; the office answers for it."""

    SUBJECT_REQUEST = "subject-request"
    """The person asks for it or objects (art. 17(1)(b) and (c))."""
    RETENTION_ENDED = "retention-ended"
    """The data is no longer needed for what it was collected for (art. 17(1)(a))."""
    UNLAWFUL_PROCESSING = "unlawful-processing"
    """It ought not to have been collected, or a law asks for its erasure (art. 17(1)(d) and (e))."""


class Erasure(Aggregate):
    """What was done here about an erased person; one for each: its id is made from theirs."""

    TOPIC = "identity.erasure"

    class Created(AggregateCreated):
        """The key is destroyed, and all secrets: who the person was can be read by nobody."""

        TOPIC = "identity.person-keys-destroyed"
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
