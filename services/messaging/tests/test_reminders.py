"""Clients are reminded around a due date, once each time, and only of what they have still to send."""

from typing import Any

import pytest
from chassis.actor import Actor
from contracts.examples import CLIENT, DOSSIER, NOTARY, OFFICE, REQUEST
from eventstore import Changed, rebuild
from messaging.domain.deadline import Deadline

DUE = "2099-03-20"
WEEK_BEFORE, DAY_BEFORE, AFTER = ("2099-03-13T09:30:00+01:00", "2099-03-19T09:30:00+01:00", "2099-03-23T09:30:00+01:00")


@pytest.fixture
def asked(world: Any, neighbours: Any) -> Any:
    """Return messaging once documents were asked for by a day, and the invitation has left."""
    for one in neighbours.outstanding[str(DOSSIER), str(CLIENT)]:
        one["due_on"] = DUE
    world.tell("dossier.document-requested", due_on=DUE)
    world.sending.send_due()
    return world


def reminded(world: Any) -> list[tuple[str, str, str]]:
    """Return who was told what by which channel, the invitation apart."""
    return [
        (str(row["person_id"]), row["template"], row["channel"])
        for row in world.rows()
        if row["template"] != "invitation"
    ]


@pytest.mark.covers("C-04", "C-46")
def test_a_client_is_reminded_before_and_after_and_the_office_told_when_it_passed(asked: Any, mailbox: Any) -> None:
    assert asked.reminds("2099-03-12T20:00:00+01:00") == 0
    assert asked.reminds("2099-03-13T08:59:00+01:00") == 0
    assert asked.reminds(WEEK_BEFORE) == 1
    assert reminded(asked) == [(str(CLIENT), "reminder", "email")]
    asked.sending.send_due()
    mail = mailbox.received("jeanne@example.org")[-1]
    assert mail["subject"] == "Étude Morel : documents attendus avant le 20 mars 2099"
    assert "- DPE\n- CNI recto-verso" in mail["text"].replace("\r\n", "\n")
    assert mail["links"] == [f"https://scelle.example/mes-dossiers/{DOSSIER}"]
    assert asked.reminds(WEEK_BEFORE) == 0
    assert asked.reminds(DAY_BEFORE) == 1
    assert asked.reminds(AFTER) == 1
    assert (str(CLIENT), "reminder-overdue", "email") in reminded(asked)
    assert {one for one in reminded(asked) if one[0] == str(NOTARY)} == {
        (str(NOTARY), "deadline-passed", "email"),
        (str(NOTARY), "deadline-passed", "in-app"),
    }
    asked.sending.send_due()
    subjects = {mail["subject"] for mail in mailbox.received()}
    assert "Étude Morel : documents attendus depuis le 20 mars 2099" in subjects
    assert "Dossier 2026-0142 : des documents manquent après l'échéance" in subjects
    assert asked.reminds("2099-04-20T09:30:00+02:00") == 0


@pytest.mark.covers("C-04")
def test_nobody_is_reminded_of_what_was_sent_or_called_off_or_moved(asked: Any, neighbours: Any) -> None:
    neighbours.outstanding[str(DOSSIER), str(CLIENT)] = [{"label": "DPE", "batch_id": None, "due_on": "2099-05-01"}]
    assert asked.reminds(WEEK_BEFORE) == 1
    assert reminded(asked) == []
    neighbours.outstanding[str(DOSSIER), str(CLIENT)] = [{"label": "DPE", "batch_id": None, "due_on": DUE}]
    assert asked.reminds(DAY_BEFORE) == 1  # refused meanwhile, so expected again
    assert reminded(asked) == [(str(CLIENT), "reminder", "email")]


def test_a_reminder_that_was_overtaken_before_it_left_is_not_sent(asked: Any, neighbours: Any, mailbox: Any) -> None:
    asked.reminds(WEEK_BEFORE)
    neighbours.outstanding.clear()
    asked.sending.send_due()
    assert [mail["subject"] for mail in mailbox.received()] == ["Étude Morel : votre dossier est en ligne"]
    assert {(row["state"], row["cause"]) for row in asked.rows() if row["template"] == "reminder"} == {
        ("failed", "settled")
    }


def test_after_an_absence_only_the_latest_of_the_missed_reminders_leaves(asked: Any) -> None:
    assert asked.reminds("2099-03-25T12:00:00+01:00") == 1
    assert [one for one in reminded(asked) if one[0] == str(CLIENT)] == [(str(CLIENT), "reminder-overdue", "email")]
    assert asked.reminds("2099-03-26T12:00:00+01:00") == 0


def test_what_is_to_come_is_in_the_events_alone(asked: Any) -> None:
    asked.reminds(WEEK_BEFORE)
    rebuild(asked.store)
    assert asked.reminds(WEEK_BEFORE) == 0
    assert asked.reminds(DAY_BEFORE) == 1


def test_two_processes_remind_once(asked: Any) -> None:
    deadline = asked.rows("SELECT id FROM read.deadline")[0]["id"]
    first, second = (asked.store.get(Deadline, deadline) for _ in range(2))
    asked.reminds(WEEK_BEFORE)
    first.reach(-7, reminded=True)
    second.reach(-7, reminded=True)
    for one in (first, second):
        with pytest.raises(Changed):
            asked.store.save(one, actor=Actor.system())
    assert reminded(asked) == [(str(CLIENT), "reminder", "email")]


def test_a_reminder_waits_while_dossier_is_away(asked: Any, neighbours: Any) -> None:
    neighbours.away = True
    assert asked.reminds(WEEK_BEFORE) == 0
    neighbours.away = False
    assert asked.reminds(WEEK_BEFORE) == 1


def test_an_erased_client_is_not_reminded(asked: Any) -> None:
    asked.tell("identity.person-erased", person_id=CLIENT)
    assert asked.reminds(WEEK_BEFORE) == 0


def test_a_day_that_changes_is_a_new_deadline_and_no_reminder_is_older_than_the_request(
    asked: Any, neighbours: Any
) -> None:
    asked.tell("dossier.due-date-changed", subject=REQUEST, due_on="2099-06-01")
    neighbours.outstanding[str(DOSSIER), str(CLIENT)] = [{"label": "DPE", "batch_id": None, "due_on": "2099-06-01"}]
    assert asked.reminds(WEEK_BEFORE) == 1
    assert reminded(asked) == []
    assert asked.reminds("2099-05-25T10:00:00+02:00") == 1
    assert reminded(asked) == [(str(CLIENT), "reminder", "email")]
    with asked.store.connection() as connection:
        connection.execute("UPDATE read.deadline SET noted_at = '2099-05-31T10:00:00+02:00', reached = NULL")
    assert asked.reminds("2099-05-31T12:00:00+02:00") == 0  # asked the same day: the week and the day before are past


@pytest.mark.covers("C-04")
def test_an_office_chooses_when_it_reminds(asked: Any, api: Any, keys: Any) -> None:
    headers = keys.bearer(NOTARY)
    assert api.get("/reminders", headers=headers).json() == {"days": [-7, -1, 3]}
    assert api.put("/reminders", json={"days": [0, -10, 0]}, headers=headers).status_code == 204
    assert api.get("/reminders", headers=headers).json() == {"days": [-10, 0]}
    assert asked.reminds("2099-03-10T10:00:00+01:00") == 1
    assert api.put("/reminders", json={"days": []}, headers=headers).status_code == 204
    assert asked.reminds("2099-03-21T10:00:00+01:00") == 0
    for wrong in ([61], [-61], ["3"], list(range(7)), [1.5]):
        assert api.put("/reminders", json={"days": wrong}, headers=headers).status_code == 422
    for nobody in (keys.bearer(CLIENT, kind="client", office_id=None),):
        assert api.put("/reminders", json={"days": [1]}, headers=nobody).status_code == 403
    assert str(OFFICE) in {str(row["id"]) for row in asked.rows("SELECT id FROM read.reminders")}
