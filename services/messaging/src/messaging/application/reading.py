"""People read what they were told, and an office sees whether its messages arrived. Access is decided here."""

from contextlib import suppress
from uuid import UUID, uuid5

from chassis.actor import Actor
from chassis.refusal import NotAllowed, NotFound, Refusal
from eventstore import Changed, Missing, Store

from messaging.application.ports import Dossiers
from messaging.domain.notification import CAME_TO_NOTHING, Channel, Notification


class NotFailed(Refusal):
    """This message has left or is about to; only one that failed or came back can be sent again."""

    code, status = "not-failed", 409


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

    def send_again(self, actor: Actor, notification_id: UUID) -> None:
        """Queue once more what failed or came back, for instance once the address is corrected.

        A second time changes nothing.

        Raises NotFailed for anything else, NotFound for what the actor may not see, NotAllowed for who only reads.
        """
        if actor.role == "compliance":
            raise NotAllowed
        try:
            failed = self._store.get(Notification, notification_id)
        except Missing:
            raise NotFound from None
        notice = failed.notice
        if notice.dossier_id is None or notice.channel is not Channel.EMAIL:
            raise NotFound
        self.may_see_deliveries(actor, notice.dossier_id)
        if failed.state not in CAME_TO_NOTHING:
            raise NotFailed
        again = Notification.queue(uuid5(failed.id, "again"), notice, f"messaging:{failed.id}")
        with suppress(Changed):  # it was asked for before
            self._store.save(again, actor=actor)

    def may_see_deliveries(self, actor: Actor, dossier_id: UUID) -> None:
        """Raise NotFound unless the actor is of the dossier's office and may read the dossier."""
        readers = self._dossiers.readers(dossier_id)
        if readers is None or readers.office_id != actor.office_id or actor.person_id not in readers.staff_ids:
            raise NotFound
