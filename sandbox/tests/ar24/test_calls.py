from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import BaseModel
from sandbox.ar24 import crypto
from sandbox.ar24.truth.assumptions import Assumptions
from sandbox.ar24.truth.faults import Faults

PARIS = ZoneInfo("Europe/Paris")


def paris(**shift: float) -> str:
    return f"{(datetime.now(UTC) + timedelta(**shift)).astimezone(PARIS):%Y-%m-%d %H:%M:%S}"


def test_what_is_answered_is_encrypted_and_what_is_refused_is_not(ar24: Any) -> None:
    sender = ar24.sender()
    answer = ar24.raw("GET", "user", {"id_user": sender})
    assert answer.status_code == 200
    assert not answer.text.startswith("{")
    assert ar24.raw("GET", "user", {"id_user": 7}).json()["slug"] == "user_not_exist"
    assert ar24.done("GET", "user", {"id_user": sender})["id"] == str(sender)


@pytest.mark.parametrize("path", ["user", "user/", "/user"])
def test_a_slash_more_or_less_is_the_same_address(ar24: Any, path: str) -> None:
    ar24.sender()
    assert ar24.done("GET", path, {"email": "marie@office.fr"})["email"] == "marie@office.fr"


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"token": ""}, "token_missing"),
        ({"token": "other"}, "token_invalid"),
        ({"date": ""}, "empty_date"),
        ({"date": "15/01/2026 10:00"}, "invalid_date"),
        ({"date": "2026-1-15 10:00:00"}, "invalid_date"),
        ({"date": "2026-02-30 10:00:00"}, "invalid_date"),
    ],
)
def test_a_call_without_its_token_or_date_is_refused(ar24: Any, fields: dict[str, str], slug: str) -> None:
    assert ar24.raw("GET", "user", fields).json()["slug"] == slug


@pytest.mark.parametrize(("minutes", "slug"), [(-11, "expired_date"), (-9, None), (9, None), (11, "date_in_future")])
def test_a_date_counts_for_ten_minutes(ar24: Any, minutes: int, slug: str | None) -> None:
    envelope = ar24.call("GET", "user/list", date=paris(minutes=minutes))
    assert envelope.get("slug") == slug


def test_the_window_follows_its_switches_and_the_clock_that_is_skewed(ar24: Any) -> None:
    ar24.admin("PUT", "/assumptions", {"date_backward_s": 30})
    assert ar24.slug("GET", "user/list", date=paris(seconds=-60)) == "expired_date"
    ar24.admin("PUT", "/assumptions", {})
    ar24.admin("PUT", "/faults", {"clock_skew_s": 3600})
    assert ar24.slug("GET", "user/list") == "expired_date"


@pytest.mark.parametrize(
    ("now", "date"),
    [
        ("2026-01-15T09:00:00Z", "2026-01-15 10:00:00"),
        ("2026-07-15T08:00:00Z", "2026-07-15 10:00:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25 02:30:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25 02:30:00"),
    ],
)
def test_a_date_is_the_wall_clock_of_paris_even_in_the_hour_that_comes_twice(ar24: Any, now: str, date: str) -> None:
    ar24.admin("PUT", "/assumptions", {"call_date_clock": "virtual"})
    ar24.admin("PUT", "/clock", {"now": now})
    assert ar24.done("GET", "user/list", date=date) == {"users": []}


def test_a_signature_is_asked_for_and_checked(ar24: Any) -> None:
    date = paris()
    without = ar24.http("GET", "/api/user/list", params={"token": "token-0001", "date": date})
    assert without.json()["slug"] == "empty_signature"
    wrong = {"signature": crypto.signature("another key", date)}
    assert ar24.raw("GET", "user/list", date=date, headers=wrong).json()["slug"] == "invalid_signature"
    ar24.admin("PUT", "/assumptions", {"wrong_signature_slug": "bad_signature"})
    assert ar24.raw("GET", "user/list", date=date, headers=wrong).json()["slug"] == "bad_signature"


def test_an_old_application_calls_with_its_token_alone_and_is_answered_in_clear(ar24: Any) -> None:
    ar24.admin("POST", "/applications", {"uuid": "old", "private_key": "k", "encrypted": False})
    ar24.sender()
    answer: httpx.Response = ar24.http("GET", "/api/user/", params={"token": "old", "email": "marie@office.fr"})
    assert answer.json()["result"]["email"] == "marie@office.fr"


@pytest.mark.parametrize(
    ("language", "message"),
    [("fr-FR,fr;q=0.9", "Votre token n'est pas valide"), ("en", "Your token is not valid"), ("", "Votre token")],
)
def test_the_language_changes_the_sentence_and_not_the_slug(ar24: Any, language: str, message: str) -> None:
    refusal = ar24.raw("GET", "user", {"token": "x"}, headers={"Accept-Language": language}).json()
    assert refusal["slug"] == "token_invalid"
    assert refusal["message"].startswith(message)


def test_maintenance_is_said_in_clear_with_200(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"maintenance": True})
    answer = ar24.raw("GET", "user/list")
    assert (answer.status_code, answer.json()) == (200, {"status": "maintenance"})


def test_an_unknown_address_is_a_page_that_is_not_found(ar24: Any) -> None:
    assert ar24.raw("GET", "api/v1/lre/send").status_code == 404


def test_counted_faults_strike_the_next_calls_of_their_route(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"server_error": 2, "server_error_code": 502, "route": "GET user/list"})
    assert ar24.raw("GET", "user").status_code == 200
    assert [ar24.raw("GET", "user/list").status_code for _ in range(3)] == [502, 502, 200]


def test_an_answer_may_come_in_clear_cut_short_or_under_a_wrong_vector(ar24: Any) -> None:
    ar24.admin("PUT", "/faults", {"clear_json": 1})
    assert ar24.raw("GET", "user/list").json()["status"] == "SUCCESS"
    date = paris()
    ar24.admin("PUT", "/faults", {"wrong_iv": 1})
    whole = ar24.decrypted(date, ar24.raw("GET", "user/list", date=date).text)
    assert not whole.startswith(b'{"status": "SUCC')
    assert b'"result": {"users": []}}' in whole
    full = ar24.raw("GET", "user/list", date=date).text
    ar24.admin("PUT", "/faults", {"truncated": 1})
    assert ar24.raw("GET", "user/list", date=date).text == full[: len(full) // 2]


def test_calls_are_counted_by_route_without_their_secrets(ar24: Any) -> None:
    ar24.raw("GET", "user/list/")
    ar24.raw("GET", "user", {"email": "marie@office.fr"})
    assert ar24.admin("GET", "/calls") == {"GET user/list": 1, "GET user": 1}
    ar24.admin("DELETE", "/calls")
    assert ar24.admin("GET", "/calls") == {}


@pytest.mark.parametrize(("path", "body"), [("/faults", {"no_such": 1}), ("/assumptions", {"no_such": 1})])
def test_an_unknown_switch_is_refused(ar24: Any, path: str, body: dict[str, int]) -> None:
    assert ar24.refused("PUT", path, body) == 422


def test_the_world_begins_again_when_an_admin_says_so(ar24: Any) -> None:
    ar24.at("2030-01-01 00:00:00")
    ar24.letter(ar24.sender())
    ar24.admin("PUT", "/faults", {"maintenance": True})
    ar24.admin("PUT", "/assumptions", {"date_backward_s": 0})
    ar24.admin("DELETE", "/world")
    assert ar24.admin("GET", "/letters") == ar24.admin("GET", "/senders") == ar24.admin("GET", "/mails") == []
    assert ar24.admin("GET", "/clock")["now"][:4] != "2030"
    assert ar24.admin("GET", "/assumptions")["date_backward_s"] == 600
    assert ar24.done("GET", "user/list") == {"users": []}


@pytest.mark.parametrize("switches", [Assumptions, Faults])
def test_the_readme_explains_every_switch(switches: type[BaseModel]) -> None:
    text = resources.files("sandbox.ar24").joinpath("README.md").read_text()
    assert [name for name in switches.model_fields if f"`{name}`" not in text] == []


def test_the_readme_gives_the_true_defaults_of_routes(ar24: Any) -> None:
    text = resources.files("sandbox.ar24").joinpath("README.md").read_text()
    routes = [value for name, value in ar24.admin("GET", "/assumptions").items() if name.endswith("_route")]
    assert [route for route in routes if f"`{route}`" not in text] == []
