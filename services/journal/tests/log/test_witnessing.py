"""Witnesses: real ones, which remember; silent ones; and ones that have seen more than the log says it ever was."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from fastapi import FastAPI, Response
from journal.attest.attestations import Attestations
from journal.attest.witnessing import Witnesses, witnessing
from journal.log.checkpoints import Checkpoints, LogSigner, Sealed
from journal.log.database import Database
from journal.log.records import Records
from launcher.ports import free_ports
from proof.cosignature import Cosigner, Quorum, cosignatures
from proof.note import Note
from testkit.serving import serving

if TYPE_CHECKING:
    from conftest import Keys, Outside, Platform

KEY = {"vkeys": [], "retired": []}


class Log:
    """A log that grows by records, with the witnesses that a test gives it."""

    def __init__(self, database: Database, signer: LogSigner) -> None:
        self.database = database
        self.records = Records(database)
        self.checkpoints = Checkpoints(database, signer)
        self.attestations = Attestations(database)
        self.asked: list[Witnesses] = []

    def grow(self, amount: int = 1) -> Sealed:
        for _ in range(amount):
            self.records.append("key", KEY)
        sealed = self.checkpoints.seal()
        assert sealed
        return sealed

    def witnesses(self, *known: tuple[str, Cosigner], threshold: int) -> Witnesses:
        cosigners = [cosigner for _, cosigner in known]
        self.attestations = Attestations(self.database, cosigners)
        quorum = Quorum(threshold, tuple(cosigners))
        self.asked.append(Witnesses(self.database, self.checkpoints, self.attestations, known, quorum))
        return self.asked[-1]

    def alarms(self) -> list[tuple[str, int]]:
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT cause, store_seq FROM journal.alarm ORDER BY id").fetchall()
        return [(row["cause"], row["store_seq"]) for row in rows]


@pytest.fixture
def log(database: Database, keys: "Keys") -> Iterator[Log]:
    made = Log(database, LogSigner("journal.example/test", keys.file("log"), keys.file("mldsa")))
    yield made
    for asked in made.asked:
        asked.close()


@pytest.fixture
def known(attesters: "Outside") -> list[tuple[str, Cosigner]]:
    return [(one.url, Cosigner.parse(one.vkey)) for one in attesters.witnesses]


def test_every_witness_cosigns_and_the_note_has_their_lines_in_the_order_of_the_policy(
    log: Log, known: list[tuple[str, Cosigner]]
) -> None:
    witnesses = log.witnesses(*known, threshold=3)
    for size in (2, 5):
        sealed = log.grow(size - (size == 5) * 2)
        assert witnesses.ask(sealed, 5)
        note = Note.parse(log.attestations.last() or b"")
        assert [line.name for line in note.signatures[2:]] == [cosigner.name for _, cosigner in known]
        assert len(cosignatures(note, [cosigner for _, cosigner in known])) == 3
        assert note.encode().startswith(sealed.note)
    assert log.alarms() == []


def test_a_log_that_forgot_what_was_cosigned_learns_the_size_from_the_witness(
    log: Log, known: list[tuple[str, Cosigner]]
) -> None:
    assert log.witnesses(*known, threshold=3).ask(log.grow(3), 5)
    forget(log.database)
    assert log.witnesses(*known, threshold=3).ask(log.grow(4), 5)
    assert log.alarms() == []


def test_a_silent_witness_delays_nothing_once_the_quorum_is_there(log: Log, known: list[tuple[str, Cosigner]]) -> None:
    silent = (f"http://127.0.0.1:{free_ports(1)[0]}", known[0][1])
    assert log.witnesses(silent, *known[1:], threshold=2).ask(log.grow(), 5)
    assert not log.witnesses(silent, *known[1:], threshold=3).ask(log.grow(), 5)
    assert log.alarms() == []


def test_a_witness_that_has_seen_more_than_the_log_raises_the_alarm(
    log: Log, known: list[tuple[str, Cosigner]]
) -> None:
    """As after the journal's database was put back to yesterday's."""
    witnesses = log.witnesses(known[0], threshold=1)
    assert witnesses.ask(log.grow(9), 5)
    set_back(log.database, 4)
    assert not witnesses.ask(log.grow(1), 5)
    assert log.alarms() == [("witness-contradicts", 9)]
    assert not witnesses.ask(log.grow(1), 5)
    assert log.alarms() == [("witness-contradicts", 9)]


def test_a_witness_that_saw_another_history_raises_the_alarm(log: Log, known: list[tuple[str, Cosigner]]) -> None:
    witnesses = log.witnesses(known[0], threshold=1)
    assert witnesses.ask(log.grow(9), 5)
    set_back(log.database, 4)
    log.records.append("access", {"purpose": "control", "reference": None, "query": {}})
    assert not witnesses.ask(log.grow(9), 5)
    assert log.alarms() == [("witness-contradicts", 9)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        "— somebody AAAAAAAAAAAA\n".encode(),
        "— witness-0.example AAAAAAAAAAAA\n".encode(),
        b"x" * 99_999,
    ],
)
def test_an_answer_that_is_no_cosignature_is_kept_nowhere(
    log: Log, known: list[tuple[str, Cosigner]], body: bytes
) -> None:
    app = FastAPI()
    app.post("/add-checkpoint")(lambda: Response(body))
    sealed = log.grow()
    with serving(app) as url:
        assert not log.witnesses((url, known[0][1]), threshold=1).ask(sealed, 5)
    assert log.attestations.last() == sealed.note


def test_a_cosignature_of_another_checkpoint_is_kept_nowhere(log: Log, known: list[tuple[str, Cosigner]]) -> None:
    assert log.witnesses(known[0], threshold=1).ask(log.grow(), 5)
    with log.database.transaction() as connection:
        row = connection.execute("SELECT line FROM journal.cosignature").fetchone()
    assert row
    app = FastAPI()
    app.post("/add-checkpoint")(lambda: Response(row["line"].encode()))
    sealed = log.grow()
    with serving(app) as url:
        assert not log.witnesses((url, known[0][1]), threshold=1).ask(sealed, 5)
    assert log.attestations.note(sealed.size) == sealed.note


def test_the_task_brings_every_checkpoint_to_the_witnesses(log: Log, known: list[tuple[str, Cosigner]]) -> None:
    silent = (f"http://127.0.0.1:{free_ports(1)[0]}", known[0][1])
    witnesses = log.witnesses(silent, *known[1:], threshold=2)

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(witnessing(witnesses)(stop))
        for _ in range(2):
            sealed = await asyncio.to_thread(log.grow)
            async with asyncio.timeout(20):
                while not await asyncio.to_thread(witnesses.quorum_met, sealed.size):  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(scenario())


def test_the_status_names_each_witness_and_how_far_it_came(attested: "Platform") -> None:
    sealed = attested.checkpoints.seal()
    assert sealed
    attested.parts.witnesses.ask(sealed, 5)
    status = attested.get("/status").json()
    assert sorted(witness["size"] for witness in status["witnesses"])[1:] == [6, 6]
    assert [witness["name"] for witness in status["witnesses"]] == [f"witness-{number}.example" for number in range(3)]
    assert attested.get("/checkpoint").content == attested.parts.attestations.last()


def forget(database: Database) -> None:
    """Lose what witnesses answered."""
    with database.transaction() as connection:
        connection.execute("ALTER TABLE journal.cosignature DISABLE TRIGGER never_changed")
        connection.execute("DELETE FROM journal.cosignature")


def set_back(database: Database, size: int) -> None:
    """Put the log back to the state that it had with `size` leaves, as a restored copy would be."""
    with database.transaction() as connection:
        for table in ("cosignature", "checkpoint", "entry", "node"):
            connection.execute(
                psycopg.sql.SQL("ALTER TABLE journal.{} DISABLE TRIGGER USER").format(psycopg.sql.Identifier(table))
            )
        connection.execute("DELETE FROM journal.cosignature WHERE size > %s", (size,))
        connection.execute("DELETE FROM journal.checkpoint WHERE size > %s", (size,))
        connection.execute("DELETE FROM journal.entry WHERE idx >= %s", (size,))
        connection.execute("DELETE FROM journal.node WHERE ((idx + 1) << level) > %s", (size,))
