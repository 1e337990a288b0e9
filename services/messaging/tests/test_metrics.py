"""How many e-mails wait and how many came back, told to operators."""

from typing import Any
from uuid import UUID

from chassis.actor import Actor
from messaging.application.ports import Report, Reported
from messaging.application.reporting import Reporting
from messaging.readmodel.metrics import MAIL, readings


def test_e_mails_that_wait_are_counted_with_the_age_of_the_oldest(world: Any, mailbox: Any) -> None:
    read = readings(world.parts.store)

    def told() -> dict[str, float]:
        return {name: value for name, value, _labels in read()}

    assert told() == dict.fromkeys(MAIL, 0)
    world.tell("dossier.document-requested")
    waiting = told()
    assert waiting["messaging_emails_waiting"] == 1
    assert waiting["messaging_email_age_seconds"] > 0
    world.sending.send_due()
    (mail,) = mailbox.received()
    assert told() == dict.fromkeys(MAIL, 0)
    report = Report(UUID(mail["envelope_id"]), Reported.BOUNCED, "5.1.1")
    Reporting(world.store, world.parts.notifications, world.outbox).take(report, Actor.system())
    assert told() == dict.fromkeys(MAIL, 0) | {"messaging_emails_bounced": 1}
    world.later(24 * 3600)
    assert told() == dict.fromkeys(MAIL, 0)
