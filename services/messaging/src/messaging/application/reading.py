"""People read what they were told, and an office sees whether its messages arrived. Access is decided here."""

from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Missing, Store

from messaging.application.ports import Dossiers
from messaging.domain.notification import Channel, Notification


class Reading:
    """What persons may do with notifications."""

    def __init__(self, store: Store, dossiers: Dossiers) -> None:
        self._store = store
        self._dossiers = dossiers

    def read(self, actor: Actor, notification_id: UUID) -> None:
        """Mark one of the actor's own notifications as read; a second time changes nothing."""
        try:
            notification = self._store.get(Notification, notification_id)
        except Missing:
            raise NotFound from None
        if notification.notice.person_id != actor.person_id or notification.notice.channel is not Channel.IN_APP:
            raise NotFound
        notification.read()
        self._store.save(notification, actor=actor)

    def may_see_deliveries(self, actor: Actor, dossier_id: UUID) -> None:
        """Raise NotFound unless the actor is of the dossier's office and may read the dossier."""
        readers = self._dossiers.readers(dossier_id)
        if readers is None or readers.office_id != actor.office_id or actor.person_id not in readers.staff_ids:
            raise NotFound
