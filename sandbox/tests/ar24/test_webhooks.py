from typing import Any

import pytest
from sandbox.ar24.skin.webhooks import timeout

HOUR = 3600


def states(listener: Any) -> list[str]:
    return [body["new_state"] for body in listener.forms()]


def test_every_change_of_state_is_posted_as_a_form(ar24: Any, listener: Any) -> None:
    number = ar24.letter(ar24.sender(), "accept+5m@client.fr", webhook=listener.url)["id"]
    ar24.advance(HOUR)
    assert states(listener) == ["waiting", "sent", "AR"]
    last, letter = listener.forms()[-1], ar24.read(number)
    assert last["id_mail"] == str(number)
    assert last["proof_url"] == letter["proof_ar_url"]
    assert (last["ts_ev_date"], last["view_date"]) == (letter["ts_ev_date"], letter["view_date"])
    assert {one["Content-Type"] for one in listener.headers} == {"application/x-www-form-urlencoded"}


@pytest.mark.parametrize(("email", "state"), [("change@client.fr", "recipient_update"), ("fail@client.fr", "error")])
def test_other_facts_have_their_words(ar24: Any, listener: Any, email: str, state: str) -> None:
    ar24.letter(ar24.sender(), email, webhook=listener.url)
    ar24.advance(HOUR)
    assert states(listener)[-1] == state


def test_a_notice_may_be_json(ar24: Any, listener: Any) -> None:
    ar24.admin("PUT", "/assumptions", {"webhook_json": True})
    number = ar24.letter(ar24.sender(), webhook=listener.url)["id"]
    ar24.advance(1)
    assert [body["id_mail"] for body in listener.json()] == [number]


def test_what_is_not_answered_with_200_is_tried_every_quarter_of_an_hour_48_times(ar24: Any, listener: Any) -> None:
    ar24.admin("PUT", "/assumptions", {"send_delay_s": 86400})
    listener.status = 201
    ar24.letter(ar24.sender(), webhook=listener.url)
    ar24.advance(0)
    assert len(listener.bodies) == 1
    ar24.advance(15 * 60)
    assert len(listener.bodies) == 2
    ar24.advance(23 * HOUR)
    assert len(listener.bodies) == 48


def test_a_try_that_succeeds_is_the_last(ar24: Any, listener: Any) -> None:
    ar24.admin("PUT", "/assumptions", {"send_delay_s": 86400})
    ar24.letter(ar24.sender(), webhook=listener.url)
    ar24.advance(12 * HOUR)
    assert len(listener.bodies) == 1


def test_an_address_where_nobody_listens_stops_nothing(ar24: Any) -> None:
    number = ar24.letter(ar24.sender(), "accept@client.fr", webhook="http://127.0.0.1:1/x")["id"]
    ar24.advance(HOUR)
    assert ar24.read(number)["status"] == "AR"


def test_the_patience_of_the_provider_grows() -> None:
    assert [timeout(tried) for tried in (0, 8, 9, 10, 11, 12, 47)] == [2.5, 2.5, 4.5, 6.5, 8.5, 11.0, 11.0]


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ({"webhook_missing": True}, []),
        ({"webhook_duplicate": True}, ["waiting", "waiting", "sent", "sent", "AR", "AR"]),
        ({"webhook_reorder": True}, ["sent", "waiting", "AR"]),
        ({"webhook_late_s": 7200}, []),
    ],
)
def test_notices_may_be_lost_doubled_late_or_out_of_order(
    ar24: Any, listener: Any, fault: dict[str, Any], heard: list[str]
) -> None:
    ar24.admin("PUT", "/faults", fault)
    ar24.letter(ar24.sender(), "accept+5m@client.fr", webhook=listener.url)
    ar24.advance(HOUR)
    assert states(listener) == heard


def test_a_late_notice_comes_in_the_end(ar24: Any, listener: Any) -> None:
    ar24.admin("PUT", "/faults", {"webhook_late_s": 7200})
    ar24.letter(ar24.sender(), "accept+5m@client.fr", webhook=listener.url)
    ar24.advance(3 * HOUR)
    assert states(listener) == ["waiting", "sent", "AR"]
