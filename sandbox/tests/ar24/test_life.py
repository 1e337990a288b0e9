from typing import Any

import pytest

MINUTE, HOUR, DAY = 60, 3600, 86400
DATES = ("ts_ev_date", "view_date", "refused_date", "negligence_date", "bounced_date")


def dates(letter: dict[str, Any]) -> dict[str, str]:
    return {name: letter[name] for name in DATES if letter[name]}


@pytest.mark.parametrize(
    ("email", "status", "said"),
    [
        ("accept+5m@client.fr", "AR", {"ts_ev_date": "2026-03-02 10:00:02", "view_date": "2026-03-02 10:05:02"}),
        ("refuse+2h.alice@client.fr", "refused", {"refused_date": "2026-03-02 12:00:02"}),
        ("bounce@client.fr", "bounced", {"bounced_date": "2026-03-02 10:01:02"}),
        ("never@client.fr", "negligence", {"negligence_date": "2026-03-18 00:00:00"}),
        ("denise@client.fr", "negligence", {"negligence_date": "2026-03-18 00:00:00"}),
        ("identify@client.fr", "AR", {"view_date": "2026-03-05 10:01:02"}),
    ],
)
def test_a_recipient_acts_as_the_address_says(ar24: Any, email: str, status: str, said: dict[str, str]) -> None:
    ar24.at("2026-03-02 10:00:00")
    sender = ar24.sender()
    ar24.admin("PUT", "/assumptions", {"send_delay_s": 2})
    number = ar24.letter(sender, email)["id"]
    assert ar24.read(number)["status"] == "waiting"
    ar24.advance(30)
    assert ar24.read(number)["status"] == "sent"
    ar24.advance(40 * DAY)
    letter = ar24.read(number)
    assert letter["status"] == status
    assert said.items() <= dates(letter).items() or _a_second_later(said, dates(letter))


def _a_second_later(said: dict[str, str], seen: dict[str, str]) -> bool:
    # The clock runs while the test does: a date may be a few seconds after the one that is written.
    return all(seen[name][:17] == date[:17] for name, date in said.items())


def test_a_failed_letter_was_never_sent(ar24: Any) -> None:
    number = ar24.letter(ar24.sender(), "fail@client.fr")["id"]
    ar24.advance(DAY)
    letter = ar24.read(number)
    assert (letter["status"], letter["send_fail"], dates(letter)) == ("error", 1, {})


@pytest.mark.parametrize(
    ("sent", "closed"),
    [
        ("2019-10-07 14:58:00", "2019-10-23 00:00:00"),
        ("2026-10-20 23:30:00", "2026-11-05 00:00:00"),
        ("2026-03-20 00:30:00", "2026-04-05 00:00:00"),
    ],
)
def test_the_window_closes_at_the_end_of_the_fifteenth_day_whatever_the_season(
    ar24: Any, sent: str, closed: str
) -> None:
    ar24.at(sent)
    number = ar24.letter(ar24.sender(), "never@client.fr")["id"]
    ar24.advance(20 * DAY)
    assert ar24.read(number)["negligence_date"] == closed


def test_the_window_may_be_the_one_of_the_sample_and_a_notice_has_its_own(ar24: Any) -> None:
    ar24.at("2017-11-15 18:15:10")
    ar24.admin("PUT", "/assumptions", {"negligence": "15x24h+1h", "send_delay_s": 0})
    sender = ar24.sender()
    number, notice = (ar24.letter(sender, "never@client.fr", **more)["id"] for more in ({}, {"type": "syndic_n"}))
    ar24.advance(16 * DAY)
    assert ar24.read(number)["negligence_date"].startswith("2017-11-30 19:15:")
    assert ar24.read(notice)["status"] == "sent"
    ar24.advance(6 * DAY)
    assert ar24.read(notice)["negligence_date"] == "2017-12-07 00:00:00"


def test_the_recipient_is_told_nothing_of_the_sender_of_a_letter(ar24: Any) -> None:
    ar24.at("2019-10-07 14:58:00")
    ar24.letter(ar24.sender(), "denise@client.fr", ref_dossier="SECRET", content="SECRET")
    ar24.advance(10)
    [mail] = ar24.admin("GET", "/mails?to=denise@client.fr")
    assert mail["subject"].endswith("à ouvrir avant le 23/10/2019")
    assert not [word for word in ("Dupont", "office.fr", "SECRET") if word in str(mail)]


def test_an_admin_acts_for_everybody(ar24: Any) -> None:
    sender = ar24.sender()
    for verb, status in [("accept", "AR"), ("refuse", "refused"), ("bounce", "bounced"), ("neglect", "negligence")]:
        number = ar24.letter(sender, "denise@client.fr")["id"]
        ar24.acts(number, "notify")
        ar24.acts(number, "identify")
        assert ar24.read(number)["status"] == "sent"
        ar24.acts(number, verb)
        assert ar24.read(number)["status"] == status
        assert ar24.refused("POST", f"/letters/{number}/accept", {}) == 409
    draft = ar24.letter(sender, eidas=1)["id"]
    assert ar24.refused("POST", f"/letters/{draft}/notify", {}) == 409
    assert ar24.acts(draft, "release")["state"] == "waiting"
    assert ar24.refused("POST", f"/letters/{draft}/fly", {}) == 404
    assert ar24.refused("POST", "/letters/7/accept", {}) == 404


def test_what_has_ended_may_be_made_to_end_again_and_at_another_instant(ar24: Any) -> None:
    ar24.at("2026-05-04 10:00:00")
    number = ar24.letter(ar24.sender(), "denise@client.fr")["id"]
    ar24.acts(number, "notify", at="2026-05-01T08:00:00Z")
    ar24.acts(number, "accept", at="2026-05-02T08:00:00Z")
    ar24.acts(number, "refuse", at="2026-05-03T08:00:00Z", force=True)
    letter = ar24.read(number)
    assert letter["status"] == "refused"
    assert dates(letter) == {
        "ts_ev_date": "2026-05-01 10:00:00",
        "view_date": "2026-05-02 10:00:00",
        "refused_date": "2026-05-03 10:00:00",
    }


def test_a_status_may_lag_behind_its_dates(ar24: Any) -> None:
    number = ar24.letter(ar24.sender())["id"]
    ar24.advance(HOUR)
    ar24.admin("PUT", "/faults", {"status_lags": True})
    letter = ar24.read(number)
    assert letter["status"] == "sent"
    assert letter["view_date"]


def test_somebody_else_may_ask_for_a_letter_and_be_let_or_not(ar24: Any) -> None:
    sender = ar24.sender()
    let, denied = (ar24.letter(sender, "change+5m@client.fr")["id"] for _ in range(2))
    ar24.advance(HOUR)
    for number, accept, status in ((let, 1, "AR"), (denied, 0, "sent")):
        letter = ar24.read(number)
        [update] = letter["update"]
        assert (letter["status"], update["lastname"]) == ("sent", "AUTRE")
        answer = {"id": number, "id_recipient_update": update["id_recipient_update"], "accept": accept}
        ar24.done("POST", "mail/recipient_update", answer)
        assert ar24.slug("POST", "mail/recipient_update", answer) == "recipient_update_not_exist"
        ar24.advance(HOUR)
        assert ar24.read(number)["status"] == status
    assert ar24.read(let)["to_lastname"] == "AUTRE"


def test_a_clock_that_jumps_dates_what_was_due_when_it_was_due(ar24: Any) -> None:
    ar24.at("2026-03-02 10:00:00")
    number = ar24.letter(ar24.sender(), "refuse+1d@client.fr")["id"]
    ar24.at("2026-06-01 10:00:00")
    letter = ar24.read(number)
    assert letter["ts_ev_date"].startswith("2026-03-02 10:00:0")
    assert letter["refused_date"].startswith("2026-03-03 10:00:0")
