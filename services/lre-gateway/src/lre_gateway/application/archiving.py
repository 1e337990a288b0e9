"""A dossier is archived: its letters leave no more, and need be kept only for as long as the office chose."""

from contextlib import suppress
from uuid import UUID

from chassis.actor import Actor
from contracts.dossier import DossierArchived
from eventstore import Changed, Position, Store

from lre_gateway.application.clock import Clock
from lre_gateway.domain.archiving import ArchivedDossier


class Archiving:
    """Notes what the dossier service said."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def note(self, archived: DossierArchived, dossier_id: UUID, actor: Actor, position: Position) -> None:
        """Note that a dossier is archived, once."""
        noted = ArchivedDossier(office_id=archived.office_id, dossier_id=dossier_id, at=self._clock())
        with suppress(Changed):  # it was said before: the message came under another number
            self._store.save(noted, actor=actor, position=position)
