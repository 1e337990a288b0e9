"""Guessing, repeating and ordering codes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest


def answer(platform: Any, challenge: str, code: str) -> httpx.Response:
    return platform.post(f"/sign-in/codes/{challenge}/answer", {"code": code})


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06}"


@pytest.mark.bad_input("B33")
@pytest.mark.covers("L-50")
def test_of_a_thousand_parallel_guesses_at_most_five_are_evaluated(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    url = f"{platform.http.base_url}".rstrip("/") + f"/api/identity/v1/sign-in/codes/{challenge}/answer"

    async def guess_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=1000), timeout=120) as http:
            return await asyncio.gather(*(http.post(url, json={"code": wrong(code, by)}) for by in range(1, 1001)))

    answers = asyncio.run(guess_all())
    assert {one.status_code for one in answers} == {401}
    assert len({one.json()["detail"] for one in answers}) == 1
    assert [one["cause"] for one in platform.events("code-refused")] == ["wrong"] * 5
    assert platform.sql("SELECT tries FROM identity.challenge") == [(5,)]
    assert answer(platform, challenge, code).status_code == 401


@pytest.mark.covers("L-50")
def test_of_many_right_answers_at_once_one_counts(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(pool.map(lambda _: answer(platform, challenge, code).status_code, range(5)))
    assert statuses == [200, 401, 401, 401, 401]
    assert [one["cause"] for one in platform.events("code-refused")] == ["used"] * 4


@pytest.mark.covers("L-50")
def test_a_code_works_once(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    assert answer(platform, challenge, wrong(code)).status_code == 401
    assert answer(platform, challenge, code).status_code == 200
    assert answer(platform, challenge, code).status_code == 401
    assert [one["cause"] for one in platform.events("code-refused")] == ["wrong", "used"]


def test_an_old_code_is_refused(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    platform.sql("UPDATE identity.challenge SET expires_at = now() - interval '1 second'")
    assert answer(platform, challenge, code).status_code == 401
    assert [one["cause"] for one in platform.events("code-refused")] == ["expired"]


@pytest.mark.bad_input("B32")
def test_a_new_code_kills_the_one_before(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    first = platform.asked(client, invitation)
    old = platform.code(client)
    second = platform.asked(client, invitation)
    new = platform.code(client, 2)
    assert answer(platform, first, old).status_code == 401
    assert answer(platform, second, old).status_code == (200 if old == new else 401)
    assert answer(platform, second, new).status_code == 200


@pytest.mark.bad_input("B32")
def test_a_code_is_good_for_its_own_challenge_only(platform: Any) -> None:
    notary = platform.notary()
    one, other = platform.new_client(notary), platform.new_client(notary)
    platform.asked(one, platform.invitation(one))
    challenge = platform.asked(other, platform.invitation(other))
    stolen = platform.code(one)
    if stolen != platform.code(other):
        assert answer(platform, challenge, stolen).status_code == 401


@pytest.mark.bad_input("B32")
@pytest.mark.parametrize("shape", ["12345", "abcdef", "12 345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_counts_as_a_try(platform: Any, shape: str) -> None:
    client = platform.new_client(platform.notary())
    challenge = platform.asked(client, platform.invitation(client))
    assert answer(platform, challenge, shape).json()["code"] == "code-refused"
    assert platform.sql("SELECT tries FROM identity.challenge") == [(1,)]


def test_an_unknown_challenge_answers_like_a_wrong_code(platform: Any) -> None:
    unknown = answer(platform, str(uuid4()), "123456")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "code-refused")


def test_a_second_code_has_to_wait_for_known_and_unknown_people(start: Any) -> None:
    platform = start()
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    for email in (client["email"], "nobody@example.org"):
        body = {"email": email, "invitation": invitation}
        assert platform.post("/sign-in/codes", body).status_code == 201
        again = platform.post("/sign-in/codes", body)
        assert (again.status_code, again.json()["code"]) == (429, "too-many-attempts")
        assert 50 <= int(again.headers["Retry-After"]) <= 60


def test_an_answered_code_does_not_make_the_next_one_wait(start: Any) -> None:
    platform = start()
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    platform.client_session(client, nth=2)
    platform.client_session(client, nth=3)


def test_codes_are_capped_by_address(start: Any) -> None:
    platform = start(code_resend_seconds="0", codes_per_hour="3")
    client = platform.new_client(platform.notary())
    invitation = platform.invitation(client)
    for email in (client["email"], "nobody@example.org"):
        body = {"email": email, "invitation": invitation}
        assert [platform.post("/sign-in/codes", body).status_code for _ in range(4)] == [201, 201, 201, 429]


def test_a_number_that_had_its_share_gets_no_more_and_the_answer_does_not_tell(start: Any) -> None:
    platform = start(code_resend_seconds="0", codes_per_hour="2")
    notary = platform.notary()
    for email in ("a@example.org", "b@example.org", "c@example.org"):
        client = platform.new_client(notary, email=email, phone="06 12 34 04 64")
        platform.asked(client, platform.invitation(client))
    platform.code(client, 2)
    platform.identity.sms.close()
    assert len(platform.sms.admin.get("/messages").json()) == 2
    assert [one["cause"] for one in platform.events("code-refused")] == ["too-many-for-number"]


def test_codes_are_capped_by_the_address_that_the_gateway_saw(start: Any) -> None:
    platform = start(code_resend_seconds="0", codes_per_ip_hour="2")

    invitation = platform.invitation(platform.new_client(platform.notary()))

    def ask(forwarded: str, number: int) -> int:
        body = {"email": f"nobody.{number}@example.org", "invitation": invitation}
        return platform.post("/sign-in/codes", body, headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask(f"10.0.0.{number}, 192.0.2.1", number) for number in range(3)] == [201, 201, 429]
    assert ask("192.0.2.1, 192.0.2.2", 4) == 201
    twice = [("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-For", "192.0.2.1")]  # the gateway's line comes last
    body = {"email": "nobody.5@example.org", "invitation": invitation}
    assert platform.http.post("/api/identity/v1/sign-in/codes", json=body, headers=twice).status_code == 429


def test_a_provider_that_is_away_for_a_moment_gets_the_message_later(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.sms.admin.put("/faults", json={"down": True})
    platform.asked(client, platform.invitation(client))
    platform.sms.admin.put("/faults", json={})
    assert platform.code(client)


def test_a_number_that_the_network_refuses_leaves_no_sent_event(platform: Any) -> None:
    client = platform.new_client(platform.notary(), phone="0611111111")
    platform.sms.admin.put("/faults", json={"refuse": ["+33611111111"]})
    platform.asked(client, platform.invitation(client))
    platform.identity.sms.close()
    assert platform.events("code-sent") == []
