"""Queued e-mails reach the mail server, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from contracts import envelope_of, fact
from contracts.examples import CLIENT, DOSSIER, REQUEST
from messaging.application import sending
from messaging.application.sending import pause_after


def states(world: Any) -> list[tuple[str, str | None]]:
    return [(row["state"], row["cause"]) for row in world.rows() if row["channel"] == "email"]


@pytest.mark.covers("L-46", "L-47")
def test_the_invitation_arrives_with_the_link_that_identity_made(world: Any, mailbox: Any) -> None:
    world.tell("dossier.document-requested")
    assert world.sending.send_due() == 1
    (mail,) = mailbox.received("jeanne@example.org")
    assert mail["subject"] == "Étude Morel : votre dossier est en ligne"
    assert mail["from"] == "Scellé <ne-pas-repondre@scelle.example>"
    assert mail["links"] == ["https://scelle.example/acces?invitation=secret"]
    assert "Accéder à la plateforme" in mail["html"]
    assert ["Auto-Submitted", "auto-generated"] in mail["headers"]
    assert states(world) == [("sent", None)]
    assert world.sending.send_due() == 0


@pytest.mark.covers("L-06", "L-66")
def test_the_refusal_arrives_with_its_reason_and_a_link_to_deposit_again(world: Any, mailbox: Any) -> None:
    world.tell("dossier.document-refused")
    world.sending.send_due()
    (mail,) = mailbox.received("jeanne@example.org")
    assert "« Justificatif de domicile »" in mail["text"]
    assert "> Illisible.\n> <b>Merci</b> de recommencer." in mail["text"].replace("\r\n", "\n")
    assert "&lt;b&gt;Merci" in mail["html"]
    assert mail["links"] == [f"https://scelle.example/mes-dossiers/{DOSSIER}?demande={REQUEST}"]


@pytest.mark.covers("L-04", "L-20")
def test_the_office_gets_its_messages(world: Any, neighbours: Any, mailbox: Any) -> None:
    neighbours.outstanding[str(DOSSIER), str(CLIENT)].append({"label": "RIB", "batch_id": str(CLIENT), "due_on": None})
    world.tell("dossier.document-deposited")
    world.tell("identity.membership-requested")
    world.tell("identity.membership-approved")
    world.tell("dossier.document-requested")
    world.tell("dossier.document-requested", batch_id=CLIENT)
    assert world.sending.send_due() == 7
    subjects = sorted(mail["subject"] for mail in mailbox.received())
    assert subjects == [
        "Confirmez votre adresse électronique",
        "Dossier 2026-0142 : un document attend votre décision",
        "Dossier 2026-0142 : un document attend votre décision",
        "Un compte attend votre décision : Camille Petit",
        "Votre compte est ouvert",
        "Étude Morel : de nouveaux documents vous sont demandés",
        "Étude Morel : votre dossier est en ligne",
    ]


def test_a_greylisted_message_is_tried_again_later(world: Any, mailbox: Any) -> None:
    mailbox.admin.put("/faults", json={"greylist": 1})
    world.tell("dossier.document-refused")
    assert world.sending.send_due() == 1
    assert states(world) == [("queued", None)]
    assert world.sending.send_due() == 0
    world.hurry()
    assert world.sending.send_due() == 1
    assert states(world) == [("sent", None)]
    assert len(mailbox.received()) == 1


def test_an_address_that_is_refused_for_good_fails_with_its_cause(world: Any, mailbox: Any) -> None:
    mailbox.admin.put("/faults", json={"refuse": ["jeanne@example.org"]})
    world.tell("dossier.document-refused")
    world.sending.send_due()
    assert states(world) == [("failed", "address-refused")]
    last = world.store.read(0, 100)[-1]
    assert fact(envelope_of(last)).model_dump() == {"cause": "address-refused"}


def test_a_mail_server_that_stays_away_is_given_up_after_many_attempts(
    world: Any, neighbours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sending._mailer._port = 1
    monkeypatch.setattr(sending, "ATTEMPTS", 3)
    world.tell("dossier.document-refused")
    asked_before = len(neighbours.asked)
    for _ in range(3):
        assert states(world) == [("queued", None)]
        world.sending.send_due()
        world.hurry()
    assert states(world) == [("failed", "unreachable")]
    assert len(neighbours.asked) == asked_before  # no link is made for a message that cannot leave
    assert world.rows("SELECT * FROM messaging.attempt") == []


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause_after(attempt) for attempt in (1, 2, 3, 12, 30)] == [2, 4, 8, 3600, 3600]


def test_a_message_waits_while_identity_is_away(world: Any, neighbours: Any, mailbox: Any) -> None:
    world.tell("dossier.document-refused")
    neighbours.away = True
    world.sending.send_due()
    assert states(world) == [("queued", None)]
    neighbours.away = False
    world.hurry()
    world.sending.send_due()
    assert len(mailbox.received()) == 1


@pytest.mark.parametrize("gone", ["person", "address", "reason"])
def test_nothing_is_sent_to_or_about_someone_who_was_erased(
    world: Any, neighbours: Any, mailbox: Any, gone: str
) -> None:
    world.tell("dossier.document-refused")
    if gone == "person":
        del neighbours.people[str(CLIENT)]
    elif gone == "address":
        neighbours.people[str(CLIENT)]["email"] = None
    else:
        neighbours.requests[str(REQUEST)]["refusals"] = {}
    world.sending.send_due()
    assert states(world) == [("failed", "erased")]
    assert mailbox.received() == []


def test_a_reader_who_lost_access_meanwhile_is_not_written_to(world: Any, neighbours: Any, mailbox: Any) -> None:
    world.tell("dossier.document-deposited")
    neighbours.readers[str(DOSSIER)]["staff_ids"].pop()
    world.sending.send_due()
    assert [mail["to"] for mail in mailbox.received()] == [["anne@etude.example"]]


@pytest.mark.bad_input("B30")
def test_an_address_that_would_forge_headers_is_refused_and_the_others_go_out(
    world: Any, neighbours: Any, mailbox: Any
) -> None:
    neighbours.people[str(CLIENT)]["email"] = "jeanne@example.org\r\nBcc: all@example.org"
    world.tell("dossier.document-refused")
    world.tell("dossier.document-deposited")
    world.sending.send_due()
    assert sorted(states(world)) == [("failed", "address-refused"), ("sent", None), ("sent", None)]
    assert len(mailbox.received()) == 2


@pytest.mark.fault("F19")
def test_a_crash_after_the_server_accepted_gives_one_duplicate_with_the_same_message_id(
    world: Any, mailbox: Any
) -> None:
    world.tell("dossier.document-refused")
    (claim,) = world.outbox.claim(10)
    told = [world.store.get(sending.Notification, one) for one in claim.notification_ids]
    with world.sending._mailer.connected() as send:
        send(world.sending._composer.compose(told).mail)  # and the process dies here
    assert world.sending.send_due() == 0  # its claim still holds
    world.hurry()
    assert world.sending.send_due() == 1
    first, second = mailbox.received()
    assert first["message_id"] == second["message_id"] == f"<{claim.mail_id}@scelle.example>"
    assert states(world) == [("sent", None)]


def test_several_senders_share_the_work_and_send_nothing_twice(world: Any, mailbox: Any) -> None:
    for _ in range(8):
        world.tell("identity.membership-requested")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: world.sending.send_due(), range(8)))
    assert sum(done) == 16
    assert len({mail["message_id"] for mail in mailbox.received()}) == 16
    assert len(mailbox.received()) == 16
