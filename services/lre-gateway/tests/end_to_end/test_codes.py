"""Codes of senders, and the two ways in which letters wait for them."""

from typing import Any
from uuid import UUID

import pytest


@pytest.mark.covers("A-06", "A-53")
def test_case_25_of_thirteen_letters_the_three_ticked_ones_move_with_one_code(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    recipients = [world.recipient(staff, consents=False) for _ in range(13)]
    world.agree(staff, *recipients)
    letters = world.sends(staff, account, recipients)
    done = world.release(staff, account, letters[4:7])
    assert [one["letter_id"] for one in done] == letters[4:7]
    assert {one["outcome"] for one in done} == {"submitted"}
    waiting = [item["id"] for item in staff.get("/letters/awaiting-code").json()["items"]]
    assert sorted(waiting) == sorted(letters[:4] + letters[7:])


def test_case_26_wrong_codes_move_nothing_and_five_of_them_lock_for_a_quarter_of_an_hour(
    world: Any, office: UUID
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.sends(staff, account, [world.recipient(staff)])
    right = world.simulator.otp(account.number)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    answers = [staff.post("/releases", json={"letter_ids": [letter], "code": wrong}) for _ in range(5)]
    assert [(one.status_code, one.json()["code"], one.json()["left"]) for one in answers] == [
        (422, "code-refused", left) for left in (4, 3, 2, 1, 0)
    ]
    assert world.state(staff, letter) == "awaiting-sender-auth"
    locked = staff.post("/releases", json={"letter_ids": [letter], "code": right})
    assert (locked.status_code, locked.json()["code"]) == (423, "codes-locked")
    assert staff.get(f"/senders/{account.id}").json()["locked_until"]
    world.advance(15 * 60 + 1)
    assert world.release(staff, account, [letter])[0]["outcome"] == "submitted"


def test_case_28_a_grant_that_ends_in_the_middle_pauses_and_a_new_code_lets_the_rest_go_once_each(
    world: Any, office: UUID
) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    recipients = [world.recipient(staff, consents=False) for _ in range(12)]
    world.agree(staff, *recipients)
    letters = world.sends(staff, account, recipients)
    world.simulator.put("faults", grant_uses=5)
    first = world.release(staff, account, letters)
    gone = [one["letter_id"] for one in first if one["outcome"] == "submitted"]
    assert len(gone) == 5
    assert {one["problem"] for one in first if one["letter_id"] not in gone} == {"code-needed"}
    rest = [letter for letter in letters if letter not in gone]
    assert {world.state(staff, letter) for letter in rest} == {"awaiting-sender-auth"}
    assert sorted(item["id"] for item in staff.get("/letters/awaiting-code").json()["items"]) == sorted(rest)
    world.work()
    assert [world.simulator.get("letters", reference=UUID(letter).hex) for letter in rest] == [[]] * len(rest)
    world.simulator.put("faults")
    world.advance(31)  # a code is good once
    second = world.release(staff, account, rest)
    assert {one["outcome"] for one in second} == {"submitted"}
    world.advance(5)
    world.advance(world.parts.settings.poll_seconds + 1)
    assert {world.state(staff, letter) for letter in letters} == {"notified"}
    assert all(len(world.simulator.get("letters", reference=UUID(letter).hex)) == 1 for letter in letters)
    records = [world.evidence(staff, letter)["sender-auth-record"] for letter in letters]
    assert len({record["sha256"] for record in records}) == len(letters)


@pytest.mark.covers("A-05")
def test_case_29_who_prepares_without_the_key_cannot_release(world: Any, office: UUID) -> None:
    holder, preparer = world.staff(office), world.staff(office)
    account = world.account(holder)
    (letter,) = world.sends(preparer, account, [world.recipient(preparer)])
    body = {"letter_ids": [letter], "code": world.simulator.otp(account.number)}
    refused = preparer.post("/releases", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-the-holder")
    assert world.release(holder, account, [letter])[0]["outcome"] == "submitted"


def story(world: Any, office: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return the neutral events of one letter that is sent, read and acknowledged."""
    staff = world.staff(office)
    account = world.account(staff)
    recipient = world.recipient(staff)
    (letter,) = world.left(staff, account, [recipient])
    assert world.state(staff, letter) == "notified"
    world.simulator.act(letter, "accept")
    world.advance(200)
    shown = world.letter(staff, letter)
    assert shown["state"] == "acknowledged"
    return world.events(letter)


def kinds(events: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return the names of the steps, in order, each once."""
    steps = [name for name, _ in events if name.startswith("letter-") and name != "letter-priced"]
    return list(dict.fromkeys(steps))


STEPS = [
    "letter-prepared", "letter-ready", "letter-sender-auth-required", "letter-released", "letter-submission-started",
    "letter-accepted", "letter-sent", "letter-acknowledged",
]  # fmt: skip


def test_case_30_both_ways_to_wait_give_the_same_neutral_events(world: Any, drafting_world: Any, office: UUID) -> None:
    here, there = kinds(story(world, office)), kinds(story(drafting_world, office))
    assert sorted(here) == sorted(there) == sorted(STEPS)
    assert here == STEPS


def test_case_58_the_same_letter_has_the_same_neutral_events_at_the_other_provider(
    world: Any, other_world: Any, office: UUID
) -> None:
    one, other = story(world, office), story(other_world, office)
    assert sorted(kinds(one)) == sorted(kinds(other)) == sorted(STEPS)
    stored = [{plain["kind"] for name, plain in events if name == "evidence-stored"} for events in (one, other)]
    assert {"submission-manifest", "reception"} <= stored[0] & stored[1]
    fields = [{name: sorted(plain) for name, plain in events} for events in (one, other)]
    assert all(fields[0][name] == fields[1][name] for name in set(fields[0]) & set(fields[1]))
