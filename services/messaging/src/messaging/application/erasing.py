"""A person whom identity erased is erased here too."""

from contextlib import suppress
from uuid import UUID

from contracts.identity import PersonErased
from eventstore import Missing, Store

from messaging.application.announcing import Cause
from messaging.application.ports import Outbox, Register
from messaging.domain.erasure import Erasure
from messaging.domain.notification import Notification


class Erasing:
    """Gives up what waits to be sent to a person, and destroys the key.

    Messaging keeps no name, address or text: they are asked of their owners when a message is written. So there is as
    a rule no key to destroy, and the lists hold ids only.

    The key goes first, then the events say so, with the position of the message: a crash in between brings the message
    again, and destroying twice does no harm.
    """

    def __init__(self, store: Store, register: Register, outbox: Outbox) -> None:
        self._store = store
        self._register = register
        self._outbox = outbox

    def erase(self, cause: Cause, erased: PersonErased) -> None:
        """Do it and say so, once. Raises Changed if one of the messages leaves at this moment; the next try sees it."""
        keys = int(self._store.keys.destroy(erased.person_id))
        waiting = self._register.waiting_for(erased.person_id)
        if not self._said(erased.person_id):
            given_up = [self._given_up(notification_id) for notification_id in waiting]
            erasure = Erasure(person_id=erased.person_id, keys=keys)
            self._store.save(erasure, *given_up, actor=cause.system(), position=cause.position)
        self._outbox.settle(waiting)

    def _said(self, person_id: UUID) -> bool:
        with suppress(Missing):
            self._store.get(Erasure, Erasure.create_id(person_id))
            return True
        return False

    def _given_up(self, notification_id: UUID) -> Notification:
        notification = self._store.get(Notification, notification_id)
        notification.fail("erased")
        return notification
