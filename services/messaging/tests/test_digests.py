"""Several pieces of news become one e-mail, and nobody waits long for the first word."""

from typing import Any
from uuid import uuid4

import pytest
from contracts.examples import CLIENT, DOSSIER, NOTARY, REQUEST

WINDOW, PAUSE = 60, 900


@pytest.fixture
def gathering(world: Any) -> Any:
    """Return messaging as an operator has it by default."""
    world.gather(WINDOW, PAUSE)
    return world


def mails(mailbox: Any, to: str) -> list[tuple[str, str]]:
    return [(mail["subject"], mail["text"].replace("\r\n", "\n")) for mail in mailbox.received(to)]


@pytest.mark.covers("S-17", "S-18", "L-04")
def test_several_deposits_are_told_in_one_mail_with_kinds_numbers_and_dossiers(
    gathering: Any, neighbours: Any, mailbox: Any
) -> None:
    other = uuid4()
    neighbours.readers[str(other)] = neighbours.readers[str(DOSSIER)] | {"number": "2026-0200", "title": "Vente Roux"}
    for _ in range(3):
        gathering.tell("dossier.document-deposited")
    gathering.tell("dossier.message-posted", dossier_id=other)
    assert gathering.sending.send_due() == 0  # more may come
    gathering.later(WINDOW)
    assert gathering.sending.send_due() == 2  # the notary's and the collaborator's
    ((subject, text),) = mails(mailbox, "anne@etude.example")
    assert subject == "2 dossiers : 3 documents déposés, 1 nouveau message"
    assert "- Dossier 2026-0142 (Bail Dupont) : 3 documents déposés\n" in text
    assert "- Dossier 2026-0200 (Vente Roux) : 1 nouveau message\n" in text
    assert mailbox.received("anne@etude.example")[0]["links"] == ["https://scelle.example/dossiers"]
    assert {row["state"] for row in gathering.rows() if row["channel"] == "email"} == {"sent"}


def test_the_first_word_comes_after_the_window_and_the_next_after_the_pause(gathering: Any, mailbox: Any) -> None:
    gathering.tell("dossier.document-deposited")
    gathering.later(WINDOW)
    gathering.sending.send_due()
    assert [subject for subject, _ in mails(mailbox, "anne@etude.example")] == [
        "Dossier 2026-0142 : un document attend votre décision"
    ]
    for _ in range(2):
        gathering.tell("dossier.document-deposited")
    gathering.later(WINDOW + 1)
    assert gathering.sending.send_due() == 0
    gathering.later(PAUSE)
    gathering.sending.send_due()
    subjects = [subject for subject, _ in mails(mailbox, "anne@etude.example")]
    assert subjects[1:] == ["Dossier 2026-0142 : 2 documents déposés"]


@pytest.mark.covers("L-06", "L-66")
def test_a_refusal_and_an_invitation_wait_for_nothing_and_keep_their_own_words(gathering: Any, mailbox: Any) -> None:
    gathering.tell("dossier.document-requested")
    gathering.tell("dossier.document-validated")
    gathering.tell("dossier.document-refused")
    assert gathering.sending.send_due() == 2
    received = mailbox.received("jeanne@example.org")
    assert sorted(mail["subject"] for mail in received) == [
        "Étude Morel : un document est à déposer de nouveau",
        "Étude Morel : votre dossier est en ligne",
    ]
    assert f"https://scelle.example/mes-dossiers/{DOSSIER}?demande={REQUEST}" in [
        link for mail in received for link in mail["links"]
    ]


@pytest.mark.covers("S-17", "S-18")
def test_a_client_is_told_of_requests_and_decisions_together(gathering: Any, neighbours: Any, mailbox: Any) -> None:
    gathering.tell("dossier.document-requested")
    gathering.sending.send_due()
    later = uuid4()
    left = [{"label": label, "batch_id": str(later), "due_on": None} for label in ("RIB", "DPE")]
    neighbours.outstanding[str(DOSSIER), str(CLIENT)] = left
    gathering.tell("dossier.document-requested", subject=uuid4(), batch_id=later)
    gathering.tell("dossier.document-validated")
    gathering.later(WINDOW)
    gathering.sending.send_due()
    subject, text = mails(mailbox, "jeanne@example.org")[-1]
    assert subject == "Dossier 2026-0142 : 2 documents demandés, 1 document validé"
    assert f"https://scelle.example/mes-dossiers/{DOSSIER}" in text


def test_each_attempt_tells_the_same_whatever_came_meanwhile(gathering: Any, mailbox: Any) -> None:
    for _ in range(2):
        gathering.tell("dossier.document-deposited")
    gathering.later(WINDOW)
    mailbox.admin.put("/faults", json={"greylist": 2})
    assert gathering.sending.send_due() == 2
    assert mailbox.received() == []
    gathering.tell("dossier.document-deposited")
    gathering.hurry()
    assert gathering.sending.send_due() == 2
    assert {subject for subject, _ in mails(mailbox, "anne@etude.example")} == {
        "Dossier 2026-0142 : 2 documents déposés"
    }
    assert sum(row["state"] == "queued" for row in gathering.rows() if row["channel"] == "email") == 2


def test_what_a_reader_may_not_know_any_more_is_left_out(gathering: Any, neighbours: Any, mailbox: Any) -> None:
    closed = uuid4()
    neighbours.readers[str(closed)] = neighbours.readers[str(DOSSIER)] | {"number": "2026-0300", "title": "Secret"}
    gathering.tell("dossier.document-deposited")
    gathering.tell("dossier.document-deposited", dossier_id=closed)
    neighbours.readers[str(closed)] = neighbours.readers[str(closed)] | {"staff_ids": []}
    gathering.later(WINDOW)
    gathering.sending.send_due()
    ((subject, text),) = mails(mailbox, "anne@etude.example")
    assert subject == "Dossier 2026-0142 : 1 document déposé"
    assert "Secret" not in text
    states = {
        (str(row["dossier_id"]), row["state"], row["cause"])
        for row in gathering.rows()
        if row["channel"] == "email" and row["person_id"] == NOTARY
    }
    assert states == {(str(DOSSIER), "sent", None), (str(closed), "failed", "erased")}


@pytest.mark.covers("S-21")
def test_a_message_is_announced_to_the_other_side_without_its_words(world: Any, mailbox: Any) -> None:
    world.tell("dossier.message-posted")
    world.tell("dossier.message-posted", side="office", subject=uuid4())
    world.tell("dossier.message-posted", side="office", subject=uuid4(), batch_id=uuid4())  # told with the documents
    world.sending.send_due()
    (to_client,) = mailbox.received("jeanne@example.org")
    assert to_client["links"] == [f"https://scelle.example/mes-dossiers/{DOSSIER}/messages"]
    (to_office,) = mailbox.received("anne@etude.example")
    assert to_office["links"] == [f"https://scelle.example/dossiers/{DOSSIER}/messages/{CLIENT}"]
    assert to_office["subject"] == "Dossier 2026-0142 : un nouveau message vous attend"
    in_app = {(row["person_id"], row["template"]) for row in world.rows() if row["channel"] == "in-app"}
    assert (CLIENT, "message-received") in in_app
    assert (NOTARY, "message-received") in in_app


def test_a_message_that_is_put_off_says_when_it_is_tried_again(
    gathering: Any, api: Any, keys: Any, mailbox: Any
) -> None:
    gathering.tell("dossier.document-refused")
    path, headers = {"dossier": str(DOSSIER)}, keys.bearer(NOTARY)
    (waiting,) = api.get("/deliveries", params=path, headers=headers).json()["items"]
    assert (waiting["state"], waiting["attempts"], waiting["again_at"]) == ("queued", 0, None)
    mailbox.admin.put("/faults", json={"greylist": 1})
    gathering.sending.send_due()
    (put_off,) = api.get("/deliveries", params=path, headers=headers).json()["items"]
    assert (put_off["state"], put_off["attempts"]) == ("queued", 1)
    assert put_off["again_at"] is not None


def test_what_failed_is_sent_again_once_the_address_is_corrected(
    world: Any, api: Any, keys: Any, mailbox: Any, neighbours: Any
) -> None:
    world.tell("dossier.document-refused")
    (delivery,) = api.get("/deliveries", params={"dossier": str(DOSSIER)}, headers=keys.bearer(NOTARY)).json()["items"]
    path = f"/deliveries/{delivery['id']}/resending"
    assert api.post(path, headers=keys.bearer(NOTARY)).json()["code"] == "not-failed"
    mailbox.admin.put("/faults", json={"refuse": ["jeanne@example.org"]})
    world.sending.send_due()
    neighbours.people[str(CLIENT)]["email"] = "jeanne.dupont@example.org"
    assert api.post(path, headers=keys.bearer(uuid4())).status_code == 404
    assert {api.post(path, headers=keys.bearer(NOTARY)).status_code for _ in range(2)} == {204}
    world.sending.send_due()
    assert [mail["to"] for mail in mailbox.received()] == [["jeanne.dupont@example.org"]]
    assert sorted(row["state"] for row in world.rows()) == ["failed", "sent"]
