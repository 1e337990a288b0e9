"""Who prepared a letter is told how it ended, and that its recipient waits for an answer."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.examples import BATCH, COLLABORATOR, DOSSIER, NOTARY, OFFICE

ENDS = {
    "lre-gateway.letter-acknowledged": "letter-acknowledged",
    "lre-gateway.letter-refused": "letter-refused",
    "lre-gateway.letter-not-claimed": "letter-not-claimed",
    "lre-gateway.letter-bounced": "letter-bounced",
}


def told(world: Any) -> list[tuple[str, str, str]]:
    return sorted((str(row["person_id"]), row["template"], row["channel"]) for row in world.rows())


@pytest.mark.parametrize(("topic", "template"), ENDS.items())
def test_who_prepared_a_letter_is_told_how_it_ended(
    world: Any, mailbox: Any, letter: UUID, topic: str, template: str
) -> None:
    world.tell(topic, subject=letter)
    assert told(world) == sorted(
        [(str(COLLABORATOR), template, "in-app"), (str(COLLABORATOR), "letters-ended", "email")]
    )
    shown = next(row for row in world.rows() if row["channel"] == "in-app")
    assert (shown["letter_id"], shown["dossier_id"], shown["office_id"]) == (letter, DOSSIER, OFFICE)
    assert world.sending.send_due() == 1
    (mail,) = mailbox.received("camille@etude.example")
    assert mail["subject"] == "Étude Morel : des nouvelles de vos lettres"
    text = mail["text"].replace("\r\n", "\n")
    assert "Sur les 14 lettres de ce lot, 12 sont arrivées à leur terme" in text
    assert "- acceptées : 9\n- refusées : 1\n- non réclamées : 2\n- adresse injoignable : 0" in text
    assert mail["links"] == [f"https://scelle.example/lettres?lot={BATCH}"]


def test_the_ends_of_one_batch_make_one_e_mail_a_day_and_each_is_shown(
    world: Any, neighbours: Any, letter: UUID
) -> None:
    others = [uuid4() for _ in range(3)]
    neighbours.letters |= {str(one): neighbours.letters[str(letter)] for one in others}
    for one in (letter, *others):
        world.tell("lre-gateway.letter-acknowledged", subject=one)
    assert [channel for _, _, channel in told(world)].count("email") == 1
    assert [channel for _, _, channel in told(world)].count("in-app") == 4
    world.tell("lre-gateway.letter-refused", subject=letter, at="2026-03-03T08:00:00Z")
    assert [channel for _, _, channel in told(world)].count("email") == 2
    world.sending.send_due()
    world.tell("lre-gateway.letter-bounced", subject=others[0], at="2026-03-03T18:00:00Z")
    assert [channel for _, _, channel in told(world)].count("email") == 2


def test_a_recipient_who_waits_for_an_answer_is_told_of_at_once(world: Any, mailbox: Any, letter: UUID) -> None:
    world.tell("lre-gateway.recipient-change-requested", subject=letter)
    assert told(world) == [(str(COLLABORATOR), "letter-change-requested", channel) for channel in ("email", "in-app")]
    world.sending.send_due()
    (mail,) = mailbox.received("camille@etude.example")
    assert "demande à la recevoir sous un autre nom" in mail["text"]
    assert mail["links"] == [f"https://scelle.example/lettres/{letter}"]


@pytest.mark.parametrize("left", ["dossier", "office"])
def test_who_left_the_office_or_the_dossier_is_told_nothing(
    world: Any, neighbours: Any, letter: UUID, left: str
) -> None:
    if left == "dossier":
        neighbours.readers[str(DOSSIER)]["staff_ids"] = [str(NOTARY)]
    else:
        neighbours.letters[str(letter)]["dossier_id"] = None
        neighbours.offices[str(OFFICE)]["member_ids"] = [str(NOTARY)]
    world.tell("lre-gateway.letter-refused", subject=letter)
    assert told(world) == []


def test_who_leaves_the_office_before_the_message_is_written_gets_none(
    world: Any, neighbours: Any, letter: UUID
) -> None:
    world.tell("lre-gateway.letter-refused", subject=letter)
    neighbours.offices[str(OFFICE)]["member_ids"] = [str(NOTARY)]
    world.sending.send_due()
    assert [row["cause"] for row in world.rows() if row["channel"] == "email"] == ["erased"]


def test_a_letter_outside_dossiers_is_told_of_and_an_unknown_one_is_not(
    world: Any, neighbours: Any, letter: UUID
) -> None:
    world.tell("lre-gateway.letter-refused", subject=uuid4())
    assert told(world) == []
    neighbours.letters[str(letter)]["dossier_id"] = None
    world.tell("lre-gateway.letter-refused", subject=letter)
    assert len(told(world)) == 2


def test_what_is_stored_about_letters_is_ids_only(world: Any, letter: UUID) -> None:
    world.tell("lre-gateway.letter-refused", subject=letter)
    world.tell("lre-gateway.recipient-change-requested", subject=letter)
    world.sending.send_due()
    stored = " ".join(str(recorded.plain) + recorded.state.decode() for recorded in world.store.read(0, 100))
    for secret in ("example.org", "etude.example", "Camille", "Petit", "Étude"):
        assert secret not in stored
