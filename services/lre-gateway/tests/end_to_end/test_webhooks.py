"""The provider's calls: hints, answered at once, believed never."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from lre_gateway.entrypoints.http.webhooks import WAIT_SECONDS

GIVES_UP_SECONDS = 2.5
"""How long AR24 waits for an answer."""


def call(world: Any, path: str, body: str = "id_mail=1&new_state=AR", **headers: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    with httpx.Client(trust_env=False, verify=False, timeout=10) as caller:  # noqa: S501 - it calls plain HTTP
        return caller.post(world.address + path, content=body, headers=form)


def path_of(world: Any, letter: str) -> str:
    return str(world.parts.webhooks.address(UUID(letter))).removeprefix(world.address)


def held(world: Any) -> bool:
    """Wait until a write waits for the store."""
    deadline = time.monotonic() + 20
    waiting = "SELECT count(*) AS found FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    while time.monotonic() < deadline:
        with world.parts.store.connection() as connection:
            if connection.execute(waiting, ("INSERT INTO letters.hint%",)).fetchone()["found"]:
                return True
    return False


def hints(world: Any) -> list[dict[str, Any]]:
    with world.parts.store.connection() as connection:
        return list(connection.execute("SELECT letter_id, headers, body FROM letters.hint ORDER BY id").fetchall())


def is_empty(world: Any) -> bool:
    deadline = time.monotonic() + 20
    while hints(world):
        assert time.monotonic() < deadline
        world.work()
    return True


@contextmanager
def slow_store(world: Any) -> Any:
    """Let nobody write hints down for the block."""
    with psycopg.connect(world.parts.settings.database_url) as connection:
        connection.execute("LOCK TABLE letters.hint IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def answered(world: Any, letters: list[str], callers: ThreadPoolExecutor) -> Iterator[httpx.Response]:
    return callers.map(lambda letter: call(world, path_of(world, letter)), letters)


def test_case_44_a_call_waits_for_a_slow_store_and_is_written_down_when_it_is_answered(world: Any) -> None:
    assert is_empty(world)
    letters = [str(uuid4()) for _ in range(12)]
    with ThreadPoolExecutor(4) as callers:
        with slow_store(world):
            answers = answered(world, letters, callers)
            assert held(world)
        assert {answer.status_code for answer in answers} == {200}
        assert {str(hint["letter_id"]) for hint in hints(world)} == set(letters)
    assert is_empty(world)


def test_case_44_a_store_that_takes_too_long_makes_the_provider_call_again_before_it_gives_up(world: Any) -> None:
    assert is_empty(world)
    letters = [str(uuid4()) for _ in range(12)]
    with slow_store(world), ThreadPoolExecutor(12) as callers:
        answers = list(answered(world, letters, callers))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "call-again")}
    assert all("Retry-After" in answer.headers for answer in answers)
    assert WAIT_SECONDS < GIVES_UP_SECONDS
    deadline = time.monotonic() + 20
    while {str(hint["letter_id"]) for hint in hints(world)} != set(letters):
        assert time.monotonic() < deadline, "what was in memory was not written"
        time.sleep(0.05)
    assert is_empty(world)


@pytest.mark.bad_input("B48")
@pytest.mark.parametrize("wrong", ["secret", "provider", "address", "forged address"])
def test_case_45_a_wrong_secret_or_address_finds_nothing_and_nothing_is_written(world: Any, wrong: str) -> None:
    assert is_empty(world)
    path = path_of(world, str(uuid4()))
    headers = {}
    if wrong == "secret":
        path = path[:-4] + ("AAAA" if not path.endswith("AAAA") else "BBBB")
    elif wrong == "provider":
        path = path.replace("/ar24/", "/maileva/")
    elif wrong == "address":
        headers = {"X-Forwarded-For": "203.0.113.7"}
    else:
        headers = {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}
    answer = call(world, path, **headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert call(world, "/api/letters/v1/webhooks/ar24/x").content == answer.content
    assert hints(world) == []


@pytest.mark.bad_input("B48")
def test_case_46_a_forged_body_moves_no_letter(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    before = [name for name, _ in world.events(letter)]
    number = world.simulator.letter(letter)["id"]
    for body in (
        f"id_mail={number}&new_state=AR&view_date=2026-01-01 10:00:00&proof_url=https://evil.example/x",
        f'{{"id_mail": {number}, "new_state": "refused"}}',
        "\x00\xff garbage",
        "a=" + "b" * 10_000,
    ):
        assert call(world, path_of(world, letter), body).status_code == 200
    assert is_empty(world)
    assert world.state(staff, letter) == "notified"
    assert [name for name, _ in world.events(letter)] == before


@pytest.mark.fault("F50", "F51")
def test_case_47_duplicated_reordered_or_missing_calls_lead_to_the_same_end(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    stories = []
    for faults in ({}, {"webhook_duplicate": True}, {"webhook_reorder": True}, {"webhook_missing": True}):
        world.simulator.put("faults", **faults)
        (letter,) = world.left(staff, account, [world.recipient(staff)])
        world.simulator.act(letter, "accept")
        world.advance(121)
        world.advance(24 * 3600)
        shown = world.letter(staff, letter)
        stories.append((shown["state"], [step["name"] for step in shown["history"] if "evidence" not in step["name"]]))
    assert all(one == stories[0] for one in stories)
    assert stories[0][0] == "acknowledged"


def test_case_48_the_other_provider_is_answered_201(other_world: Any) -> None:
    path = path_of(other_world, str(uuid4()))
    answer = call(other_world, path, '{"event_type": "ON_STATUS"}', **{"Content-Type": "application/json"})
    assert answer.status_code == 201


@pytest.mark.bad_input("B48")
def test_a_call_that_is_too_long_is_refused_and_one_without_a_body_is_a_hint(world: Any) -> None:
    path = path_of(world, str(uuid4()))
    assert call(world, path, "x" * 20_000).status_code == 413
    assert call(world, path, "").status_code == 200
    assert is_empty(world)
