"""That a dossier is archived, as the dossier service said: its letters leave no more, and need not be kept for it."""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, event


class ArchivedDossier(Aggregate):
    """One for each archived dossier; its id is made from the dossier's. A dossier is never opened again."""

    TOPIC = "lre-gateway.archived-dossier"

    class Created(AggregateCreated):
        """The dossier service said so."""

        TOPIC = "lre-gateway.dossier-archive-noted"
        office_id: UUID
        dossier_id: UUID
        at: datetime

    @event(Created)
    def __init__(self, *, office_id: UUID, dossier_id: UUID, at: datetime) -> None:
        self.office_id, self.dossier_id, self.at = office_id, dossier_id, at

    @classmethod
    def create_id(cls, dossier_id: UUID) -> UUID:
        """Return the id of what is known of a dossier."""
        return uuid5(dossier_id, cls.TOPIC)
