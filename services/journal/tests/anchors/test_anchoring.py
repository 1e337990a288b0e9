"""Public anchors, from the close of a day to level 5, on a calendar that is a real server with a chain of its own."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from journal.attest.anchoring import Anchorer, anchoring
from journal.attest.attestations import Attestations
from journal.attest.calendars import Calendars
from journal.attest.metrics import readings
from journal.attest.standing import Standings, status_command
from journal.log.bookkeeping import close_day
from journal.log.checkpoints import Sealed
from journal.log.database import Database
from proof.block import Block
from proof.checkpoint import imprint
from proof.note import Note
from proof.ots import Proof
from proof.policy import Policy
from psycopg.errors import InsufficientPrivilege
from sandbox.calendar.apps import Faults, Switches, calendar
from sandbox.calendar.ledger import Ledger
from testkit.serving import serving
from testkit.verifiers import opinion

if TYPE_CHECKING:
    from conftest import Platform

MONDAY = date(2026, 3, 2)
MINED = 1_772_500_000  # POSIX time


@dataclass
class Calendar:
    """A calendar that a test may break, and its chain."""

    url: str
    ledger: Ledger
    switches: Switches

    def mine(self) -> Block:
        """Mine a block, and return it as a policy pins it."""
        mined = self.ledger.mine(MINED)
        return Block(mined.height, mined.header)


@pytest.fixture
def calendars() -> Iterator[list[Calendar]]:
    """Serve two calendars."""
    made = [(Ledger(), Switches()) for _ in range(2)]
    with serving(calendar(*made[0])) as one, serving(calendar(*made[1])) as two:
        yield [Calendar(url, *parts) for url, parts in zip((one, two), made, strict=True)]


class Anchoring:
    """A platform with its log, and what anchors it."""

    def __init__(self, platform: "Platform", calendars: list[Calendar]) -> None:
        self.platform, self.database = platform, platform.database
        self.asked = Calendars([f"{one.url}/" for one in calendars])
        self.anchorer = Anchorer(platform.database, platform.checkpoints, self.asked)
        self.attestations = Attestations(platform.database)
        self.day = MONDAY

    def close_day(self) -> Sealed | None:
        """Close a day and sign what closed it; returns the state that is to be anchored."""
        close_day(self.platform.parts.records, self.day)
        self.day += timedelta(days=1)
        self.platform.checkpoints.seal()
        return self.anchorer.due()

    def anchor(self) -> Sealed:
        sealed = self.close_day()
        assert sealed
        assert self.anchorer.anchor(sealed)
        return sealed

    def rows(self) -> list[dict[str, Any]]:
        with self.database.transaction() as connection:
            return connection.execute("SELECT * FROM journal.anchor ORDER BY size").fetchall()

    def proofs(self) -> list[Proof]:
        return [Proof.parse(bytes(row["proof"])) for row in self.rows()]

    def standing(self) -> Standings:
        return Standings(self.database, self.attestations, None)


@pytest.fixture
def anchored(attested: "Platform", calendars: list[Calendar]) -> Iterator[Anchoring]:
    made = Anchoring(attested, calendars)
    yield made
    made.anchorer.close()


def bundle(platform: "Platform", **query: Any) -> bytes:
    answered = platform.get(f"/dossiers/{platform.dossier}/bundle", **query)
    assert answered.status_code == 200, answered.text
    return answered.content


@pytest.mark.covers("C-05")
def test_from_the_close_of_a_day_to_level_5(anchored: Anchoring, calendars: list[Calendar]) -> None:
    platform, sealed = anchored.platform, anchored.anchor()
    trusted = platform.policy()
    waiting = opinion(bundle(platform), trusted.encode())
    assert (waiting.verdict, waiting.level, waiting.said["anchors"]) == ("intact", 4, [f"{sealed.size}: pending"])
    assert anchored.anchorer.upgrade() == 0
    block = calendars[0].mine()
    assert anchored.anchorer.upgrade() == 1
    unpinned = opinion(bundle(platform), trusted.encode())
    assert (unpinned.level, unpinned.said["anchors"]) == (4, [f"{sealed.size}: unpinned {block.height}"])
    pinned = replace(trusted, blocks=(block,)).encode()
    public = opinion(bundle(platform), pinned, level=5)
    assert (public.verdict, public.level, public.state("public-anchor")) == ("intact", 5, "passed")
    assert public.said["anchors"] == [f"{sealed.size}: anchored {block.height}"]
    assert public.said["anchored_at"] == "2026-03-03T01:06:40.000000Z"


def test_what_was_written_after_the_anchor_is_not_under_it(anchored: Anchoring, calendars: list[Calendar]) -> None:
    sealed, platform = anchored.anchor(), anchored.platform
    block = calendars[0].mine()
    assert anchored.anchorer.upgrade() == 1
    platform.note(1)
    platform.take_in()
    policy = replace(platform.policy(), blocks=(block,)).encode()
    later = opinion(bundle(platform), policy)
    assert (later.level, later.said["anchors"]) == (4, [f"{sealed.size}: anchored {block.height}"])
    second = anchored.anchor()
    both = opinion(bundle(platform), policy)
    assert both.said["anchors"] == [f"{sealed.size}: anchored {block.height}", f"{second.size}: pending"]
    further = calendars[1].mine()
    assert anchored.anchorer.upgrade() == 1
    policy = replace(platform.policy(), blocks=(further,)).encode()
    covered = opinion(bundle(platform), policy)
    assert (covered.level, covered.said["anchors"]) == (5, [f"{second.size}: anchored {further.height}"])


def test_one_state_a_day_is_anchored_and_only_when_the_day_brought_something(anchored: Anchoring) -> None:
    assert anchored.anchorer.due() is None  # no day was closed
    first = anchored.anchor()
    assert (anchored.anchorer.due(), anchored.close_day()) == (None, None)
    anchored.platform.note(1)
    anchored.platform.take_in()
    anchored.platform.checkpoints.seal()
    assert anchored.anchorer.due() is None  # the day is not over
    second = anchored.anchor()
    assert second.size > first.size
    assert [row["size"] for row in anchored.rows()] == [first.size, second.size]
    assert len(anchored.platform.records("head")) == 2


def test_a_state_without_the_heads_of_its_day_is_not_anchored(anchored: Anchoring) -> None:
    anchored.platform.checkpoints.seal()
    close_day(anchored.platform.parts.records, MONDAY)
    assert anchored.anchorer.due() is None
    sealed = anchored.platform.checkpoints.seal()
    assert anchored.anchorer.due() == sealed


def test_calendars_learn_neither_the_imprint_nor_the_same_thing_twice(anchored: Anchoring) -> None:
    sealed = anchored.anchor()
    digest = imprint(Note.parse(sealed.note))
    (proof,) = anchored.proofs()
    assert proof.digest == digest
    assert len(proof.attestations) == 2
    (nonce, _), *_ = {one.path[:2] for one in proof.attestations}
    assert len(nonce) == 2 + 16
    assert all(one.message and digest not in one.message for one in proof.attestations)


def test_one_calendar_that_answers_is_enough(anchored: Anchoring, calendars: list[Calendar]) -> None:
    calendars[0].switches.faults = Faults(down=True)
    anchored.anchor()
    (proof,) = anchored.proofs()
    assert [one.calendar for one in proof.attestations] == [calendars[1].url]
    calendars[1].mine()
    assert anchored.anchorer.upgrade() == 1


@pytest.mark.parametrize("fault", ["down", "garbage", "endless", "elsewhere"])
def test_a_calendar_that_says_nothing_usable_is_asked_again(
    anchored: Anchoring, calendars: list[Calendar], fault: str
) -> None:
    for one in calendars:
        one.switches.faults = Faults.model_validate({fault: True})
    sealed = anchored.close_day()
    assert sealed
    assert not anchored.anchorer.anchor(sealed)
    assert anchored.anchorer.due() == sealed
    for one in calendars:
        one.switches.faults = Faults()
    assert anchored.anchorer.anchor(sealed)
    assert anchored.anchorer.due() is None
    for one in calendars:
        one.mine()
        one.switches.faults = Faults.model_validate({fault: True})
    assert anchored.anchorer.upgrade() == (1 if fault == "elsewhere" else 0)  # it names nobody when it proves
    for one in calendars:
        one.switches.faults = Faults()
    assert anchored.anchorer.upgrade() == (0 if fault == "elsewhere" else 1)


def test_a_calendar_that_lies_is_found_by_whoever_pins_the_block(
    anchored: Anchoring, calendars: list[Calendar]
) -> None:
    sealed, platform = anchored.anchor(), anchored.platform
    block = calendars[0].mine()
    calendars[0].switches.faults = Faults(wrong_root=True)
    assert anchored.anchorer.upgrade() == 1
    policy = replace(platform.policy(), blocks=(block,))
    said = opinion(bundle(platform), policy.encode())
    assert (said.verdict, said.failed) == ("tampered", {"public-anchor": [f"{sealed.size}: root {block.height}"]})


def test_what_is_proved_is_never_changed_and_nothing_is_removed(anchored: Anchoring, calendars: list[Calendar]) -> None:
    anchored.anchor()
    database = anchored.database
    for statement in (b"DELETE FROM journal.anchor", b"UPDATE journal.anchor SET size = size - 1"):
        with pytest.raises(InsufficientPrivilege), database.transaction() as connection:
            connection.execute(statement)
    calendars[0].mine()
    assert anchored.anchorer.upgrade() == 1
    with pytest.raises(InsufficientPrivilege), database.transaction() as connection:
        connection.execute("UPDATE journal.anchor SET proof = '\\x00'")


def test_the_operator_sees_the_last_anchor_and_what_waits(
    anchored: Anchoring, calendars: list[Calendar], capsys: pytest.CaptureFixture[str]
) -> None:
    status_command(anchored.standing(), [])
    assert "anchored     nothing\n" in capsys.readouterr().out
    sealed = anchored.anchor()
    status_command(anchored.standing(), [])
    assert "anchored     0, never; 1 wait\n" in capsys.readouterr().out
    calendars[0].mine()
    anchored.anchorer.upgrade()
    status_command(anchored.standing(), ["--json"])
    value = json.loads(capsys.readouterr().out)
    assert (value["anchored_size"], value["anchors_waiting"]) == (sealed.size, 0)
    standing = anchored.standing().read()
    gauges = {name: value for name, value, _ in readings(lambda: standing)()}
    assert gauges["journal_anchors_waiting"] == 0
    assert gauges["journal_anchor_age_seconds"] < timedelta(minutes=5).total_seconds()
    assert standing.anchored_at
    assert abs(standing.at - standing.anchored_at) < timedelta(minutes=5)


def test_the_task_anchors_what_is_due_and_asks_for_its_block(anchored: Anchoring, calendars: list[Calendar]) -> None:
    anchored.anchor()
    calendars[0].mine()
    anchored.platform.note(1)
    anchored.platform.take_in()
    assert anchored.close_day()

    def done() -> bool:
        rows = anchored.rows()
        return len(rows) == 2 and rows[0]["height"] is not None

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(anchoring(anchored.anchorer, anchored.platform.settings.database_url)(stop))
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(done):  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(scenario())


def test_the_policy_of_the_settings_pins_no_block(anchored: Anchoring) -> None:
    """Which chain is the real one is for whoever verifies to say, never for the operator."""
    assert Policy.parse(anchored.platform.policy().encode()).blocks == ()


def test_a_log_without_days_or_states_has_nothing_to_anchor(database: Database) -> None:
    assert Attestations(database).anchors(-1, 0) == []
    assert Standings(database, Attestations(database), None).read().anchors_waiting is None
