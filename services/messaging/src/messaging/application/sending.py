"""Queued e-mails go out: once, or twice with the same Message-ID after a crash at the worst moment, never zero."""

import logging
import sys

from chassis.actor import Actor
from chassis.client import Unavailable
from eventstore import Store

from messaging.application.composing import Composer, NobodyToWriteTo
from messaging.application.ports import Claim, Mailer, MailPostponed, MailRefused, Outbox
from messaging.domain.notification import Notification, State

log = logging.getLogger(__name__)

BATCH = 10
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 3600.0
ATTEMPTS = 40
"""With the pauses doubling up to an hour: a mail server may be away for more than a day."""


class Sending:
    """Send what is due."""

    def __init__(self, store: Store, outbox: Outbox, composer: Composer, mailer: Mailer) -> None:
        self._store = store
        self._outbox = outbox
        self._composer = composer
        self._mailer = mailer

    def send_due(self) -> int:
        """Try some of the e-mails that are due; return how many were tried."""
        claims = self._outbox.claim(BATCH)
        for claim in claims:
            try:
                self._send(claim)
            except Exception:
                # The claim runs out in a minute and the next attempt begins; the others must not wait for it.
                log.exception("notification-not-sent")
        return len(claims)

    def _send(self, claim: Claim) -> None:
        notification = self._store.get(Notification, claim.notification_id)
        try:
            if notification.state is State.QUEUED:
                with self._mailer.connected() as send:
                    send(self._composer.compose(notification))
                sys.audit("scelle.crashpoint", "messaging.after-smtp")
                notification.sent()
        except NobodyToWriteTo:
            notification.fail("erased")
        except MailRefused as refused:
            notification.fail(str(refused))
        except (MailPostponed, Unavailable):
            if claim.attempt < ATTEMPTS:
                self._outbox.postpone(claim.notification_id, pause_after(claim.attempt))
                return
            notification.fail("unreachable")
        self._store.save(notification, actor=Actor.system(office_id=notification.notice.office_id))
        self._outbox.settle(claim.notification_id)


def pause_after(attempt: int) -> float:
    """Return the seconds to wait after an attempt in vain."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
