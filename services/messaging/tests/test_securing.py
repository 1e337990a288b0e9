"""People learn by e-mail what changed about how they sign in."""

from typing import Any

import pytest
from contracts.examples import CLIENT, OFFICE

SUBJECTS = {
    "identity.password-set": "Votre mot de passe a été changé",
    "identity.second-factor-enabled": "Une application d'authentification a été activée",
    "identity.second-factor-removed": "L'application d'authentification a été désactivée",
}


@pytest.mark.parametrize("topic", SUBJECTS)
def test_a_person_is_told_what_changed_when_and_what_to_do_and_gets_no_link(
    world: Any, mailbox: Any, topic: str
) -> None:
    told = world.tell(topic, office=OFFICE)
    assert world.sending.send_due() == 1
    (mail,) = mailbox.received("jeanne@example.org")
    assert mail["subject"] == SUBJECTS[topic]
    assert told.time.isoformat() == "2026-03-02T09:30:00+00:00"
    assert "2 mars 2026 à 10 h 30 (heure de Paris)" in mail["text"]
    assert "Si ce n'est pas vous, prévenez tout de suite l'Étude Morel par téléphone" in mail["text"]
    assert mail["links"] == []
    assert "href" not in mail["html"]


def test_what_the_office_did_is_said(world: Any, mailbox: Any) -> None:
    world.tell("identity.second-factor-removed", office=OFFICE, cause="office")
    world.sending.send_due()
    (mail,) = mailbox.received("jeanne@example.org")
    assert "L'Étude Morel a retiré l'application d'authentification" in mail["text"]


def test_a_first_password_is_no_news(world: Any) -> None:
    world.tell("identity.password-set", office=OFFICE, first=True)
    assert world.rows() == []


def test_each_change_is_told_once_and_waits_for_no_other_news(world: Any, mailbox: Any) -> None:
    world.gather(window_seconds=60, pause_seconds=900)
    world.tell("dossier.document-validated")
    envelope = world.tell("identity.password-set", office=OFFICE)
    world.inbox.receive([envelope])
    world.tell("identity.password-set", office=OFFICE)
    assert world.sending.send_due() == 2
    assert [mail["subject"] for mail in mailbox.received()] == [SUBJECTS["identity.password-set"]] * 2


def test_an_erased_person_is_not_written_to(world: Any, neighbours: Any, mailbox: Any) -> None:
    world.tell("identity.password-set", office=OFFICE)
    del neighbours.people[str(CLIENT)]
    world.sending.send_due()
    assert mailbox.received() == []
    assert [(row["state"], row["cause"]) for row in world.rows()] == [("failed", "erased")]
