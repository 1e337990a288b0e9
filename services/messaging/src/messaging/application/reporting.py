"""What mail servers report about an e-mail that was sent: it arrived, or it came back."""

from contextlib import suppress

from chassis.actor import Actor
from chassis.refusal import Refusal
from eventstore import Changed, Store

from messaging.application.ports import Outbox, Register, Report, Reported
from messaging.domain.notification import Notification


class MailUnderWay(Refusal):
    """This e-mail is being handed over at the moment; report again in a minute."""

    code, status = "mail-under-way", 503


class Reporting:
    """Keep the first report on each e-mail; one on an e-mail that is not ours, or too old, changes nothing."""

    def __init__(self, store: Store, register: Register, outbox: Outbox) -> None:
        self._store = store
        self._register = register
        self._outbox = outbox

    def take(self, report: Report, actor: Actor) -> None:
        """Record what a report says; a second time changes nothing.

        Raises MailUnderWay while the e-mail is not known to have left: a mail server may be faster than our commit.
        """
        if report.mail_id is None or report.reported is Reported.NOTHING_FINAL:
            return
        told = [self._store.get(Notification, one) for one in self._register.told_by(report.mail_id)]
        if not told and self._outbox.holds(report.mail_id):
            raise MailUnderWay(retry_after=60)
        for one in told:
            if report.reported is Reported.DELIVERED:
                one.delivered()
            else:
                one.bounced(report.status)
        changed = [one for one in told if one.pending_events]
        if changed:
            with suppress(Changed):  # the same report twice at once
                self._store.save(*changed, actor=actor)
