"""The provider's calls: hints, answered at once, believed never."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest


def call(world: Any, path: str, body: str = "id_mail=1&new_state=AR", **headers: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    with httpx.Client(trust_env=False, verify=False, timeout=10) as caller:  # noqa: S501 - it calls plain HTTP
        return caller.post(world.address + path, content=body, headers=form)


def path_of(world: Any, letter: str) -> str:
    return str(world.parts.webhooks.address(UUID(letter))).removeprefix(world.address)


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


def test_case_44_a_call_is_answered_in_time_while_the_store_is_slow_and_is_not_lost(world: Any) -> None:
    assert is_empty(world)
    letters = [str(uuid4()) for _ in range(12)]
    with slow_store(world), ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda letter: call(world, path_of(world, letter)), letters))
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 2.5
    deadline = time.monotonic() + 20
    while len(found := hints(world)) < len(letters):
        assert time.monotonic() < deadline, "hints were lost"
        time.sleep(0.05)
    assert {str(hint["letter_id"]) for hint in found} == set(letters)
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
