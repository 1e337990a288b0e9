"""How many e-mails wait, told to operators."""

from typing import Any

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
    assert len(mailbox.received()) == 1
    assert told() == dict.fromkeys(MAIL, 0)
