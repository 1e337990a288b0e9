"""The fifteen days of a recipient. The first file of all: every letter that other tests leave open ends in them too."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

PARIS = ZoneInfo("Europe/Paris")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.covers("A-61")
def test_case_36_a_letter_nobody_claims_ends_when_its_window_closes_in_paris(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    account = world.account(staff)
    (letter,) = world.left(staff, account, [world.recipient(staff)])
    sent = world.letter(staff, letter)
    closes = instant(sent["deadline"]).astimezone(PARIS)
    told = instant(sent["sent_at"]).astimezone(PARIS)
    assert (closes.hour, closes.minute) == (0, 0)
    assert (closes.date() - told.date()).days == 16
    world.advance((closes - world.clock()).total_seconds() - 60)
    assert world.state(staff, letter) == "notified"
    assert "deadline-near" in [step["name"] for step in world.letter(staff, letter)["history"]]
    world.advance(120)
    world.advance(4 * 3600)
    shown = world.letter(staff, letter)
    assert shown["state"] == "not-claimed"
    assert instant(shown["ended_at"]) >= closes.astimezone(UTC)
    assert "non-claim" in world.evidence(staff, letter)
