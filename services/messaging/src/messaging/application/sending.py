"""Queued e-mails go out: once, or twice with the same Message-ID after a crash at the worst moment, never zero."""

import logging
import sys
from collections.abc import Sequence

from chassis.actor import Actor
from chassis.client import Unavailable
from eventstore import Store

from messaging.application.addressing import NobodyToWriteTo, NothingLeft
from messaging.application.composing import Composer
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
        told = [self._store.get(Notification, one) for one in claim.notification_ids]
        told = [one for one in told if one.state is State.QUEUED]
        if told and not self._sent(claim, told):
            self._outbox.postpone(claim.mail_id, pause_after(claim.attempt))
            return
        if told:
            self._store.save(*told, actor=Actor.system(office_id=told[0].notice.office_id))
        self._outbox.settle(claim.notification_ids)

    def _sent(self, claim: Claim, told: Sequence[Notification]) -> bool:
        """Tell whether it is settled what became of an e-mail; if not, it is to be tried again."""
        try:
            with self._mailer.connected() as send:
                composed = self._composer.compose(told)
                send(composed.mail)
            sys.audit("scelle.crashpoint", "messaging.after-smtp")
            dropped = {one.id for one in composed.dropped}
            for one in told:
                if one.id in dropped:
                    one.fail("erased")
                else:
                    one.sent(composed.mail.id)
        except NobodyToWriteTo:
            _fail(told, "erased")
        except NothingLeft:
            _fail(told, "settled")
        except MailRefused as refused:
            _fail(told, str(refused))
        except (MailPostponed, Unavailable):
            if claim.attempt < ATTEMPTS:
                return False
            _fail(told, "unreachable")
        return True


def _fail(told: Sequence[Notification], cause: str) -> None:
    for one in told:
        one.fail(cause)


def pause_after(attempt: int) -> float:
    """Return the seconds to wait after an attempt in vain."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
