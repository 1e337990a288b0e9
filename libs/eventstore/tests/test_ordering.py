"""The order of numbers is the order of commits: a reader that goes by number misses nothing.

One interleaving decides it: whoever was given the lower number commits last. It is played on our recorder and on the
library's, also in the mode that a Store refuses to start in, so that the test is known to see what it looks for.
"""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventstore import Recorded, Store
from proof.entry import Entry
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from testkit.parcels import Parcel, Sample, Someone, a_parcel


class Log(Protocol):
    """Events of which each save has a number, by whatever recorder."""

    table: tuple[str, str]

    def prepared(self) -> tuple[UUID, Callable[[], object]]:
        """Return the aggregate of an event, and what saves it."""

    def numbers(self, after: int) -> list[int]:
        """Read on, as a reader does that has seen number `after`."""


class Ours(Log):
    """The store of a service."""

    table = ("ledger", "stored_events")

    def __init__(self, store: Store) -> None:
        self._store = store

    def prepared(self) -> tuple[UUID, Callable[[], object]]:
        parcel: Parcel = a_parcel()
        return parcel.id, lambda: self._store.save(parcel, actor=Someone())

    def numbers(self, after: int) -> list[int]:
        return [recorded.store_seq for recorded in self._store.read(after, 100)]


class TheLibrarys(Log):
    """The recorder that comes with eventsourcing."""

    table = ("plain", "plain_events")

    def __init__(self, url: str, *, functions: bool) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE SCHEMA plain")
        info: dict[str, Any] = conninfo_to_dict(url)
        address = {name: info.get(name, "") for name in ("dbname", "host", "port", "user", "password")}
        self._datastore = PostgresDatastore(**address, schema="plain", max_overflow=3, enable_db_functions=functions)
        self._recorder = PostgresApplicationRecorder(self._datastore, events_table_name="plain_events")
        self._recorder.create_table()

    def prepared(self) -> tuple[UUID, Callable[[], object]]:
        event = StoredEvent(uuid4(), 1, "plain.said", b"{}")
        return UUID(str(event.originator_id)), lambda: self._recorder.insert_events([event])

    def numbers(self, after: int) -> list[int]:
        found = self._recorder.select_notifications(after, 100, inclusive_of_start=False)
        return [notification.id for notification in found]

    def close(self) -> None:
        self._datastore.close()


@pytest.fixture
def library(database_url: str) -> Iterator[Callable[[bool], TheLibrarys]]:
    opened: list[TheLibrarys] = []

    def opens(functions: bool) -> TheLibrarys:  # noqa: FBT001 - the parameter is the whole difference
        opened.append(TheLibrarys(database_url, functions=functions))
        return opened[-1]

    yield opens
    for log in opened:
        log.close()


@dataclass
class Tail:
    """A reader that goes by number and never looks back."""

    log: Log
    seen: list[int] = field(default_factory=list)

    def read(self) -> list[int]:
        """Read on to the end; return all that was ever seen."""
        while page := self.log.numbers(self.seen[-1] if self.seen else 0):
            self.seen += page
        return self.seen


def until(happened: Callable[[], Any]) -> Any:
    """Ask until it has happened; 20 s at most."""
    for _ in range(2000):
        if found := happened():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")


GATE = 7
HOLD = sql.SQL("""
CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock({gate}); RETURN NULL; END $$;
CREATE TRIGGER hold AFTER INSERT ON {table} FOR EACH ROW WHEN (NEW.originator_id = {held})
    EXECUTE FUNCTION public.hold();
SELECT pg_advisory_lock({gate});
""")


@dataclass(frozen=True)
class Played:
    """What came of the interleaving."""

    second_waited: bool
    between: list[int]
    """What the reader saw after the second had saved, or while it waited, and before the first was committed."""
    missed: list[int]


def play(url: str, log: Log) -> Played:
    """Let a first transaction take its number and not commit; meanwhile let a second save and a reader read."""
    (first_id, save_first), (_, save_second) = log.prepared(), log.prepared()
    with ThreadPoolExecutor(2) as writers, psycopg.connect(url, autocommit=True) as gate:

        def blocked_by(pid: int) -> int | None:
            row = gate.execute("SELECT pid FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", (pid,))
            return next((int(found[0]) for found in row), None)

        names = {"gate": sql.Literal(GATE), "table": sql.Identifier(*log.table), "held": sql.Literal(first_id)}
        gate.execute(HOLD.format(**names))
        tail = Tail(log)
        first = writers.submit(save_first)
        first_pid = until(lambda: blocked_by(gate.info.backend_pid))
        second = writers.submit(save_second)
        until(lambda: second.done() or blocked_by(first_pid))
        waited = not second.done()
        between = list(tail.read())
        gate.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
        first.result(timeout=20)
        second.result(timeout=20)
    return Played(waited, between, sorted({*Tail(log).read()} - {*tail.read()}))


def test_whoever_has_the_lower_number_commits_first_so_a_reader_passes_over_nothing(
    sample: Sample, store: Store
) -> None:
    assert play(sample.url, Ours(store)) == Played(second_waited=True, between=[], missed=[])


def test_the_librarys_own_lock_keeps_that_order_too(database_url: str, library: Callable[[bool], TheLibrarys]) -> None:
    assert play(database_url, library(False)) == Played(second_waited=True, between=[], missed=[])


def test_the_mode_that_is_refused_makes_a_reader_miss_an_event_for_ever(
    database_url: str, library: Callable[[bool], TheLibrarys]
) -> None:
    assert play(database_url, library(True)) == Played(second_waited=False, between=[2], missed=[1])


WRITER = """
import json, random, sys
from pathlib import Path
from uuid import UUID, uuid4
from eventstore import UniqueViolation
from testkit.parcels import Sample, Someone, a_parcel

url, folder, name, turns, *offices = sys.argv[1:]
chance, person, store = random.Random(name), uuid4(), Sample(url, Path(folder)).open()
for turn in range(int(turns)):
    size = chance.randint(1, 50)
    parcels = [a_parcel(f"{name}-{turn}-{n}", UUID(chance.choice(offices)), person=person) for n in range(size)]
    store.save(*parcels, actor=Someone())
    print(json.dumps([str(parcel.id) for parcel in parcels]), flush=True)
    taken = a_parcel(parcels[-1].number, parcels[-1].office_id, person=person)
    rolled_back = [a_parcel(f"{name}-{turn}-never-{n}", taken.office_id, person=person) for n in range(turn % 5)]
    try:
        store.save(*rolled_back, taken, actor=Someone())
        sys.exit("a number was taken twice")
    except UniqueViolation:
        pass
store.close()
"""
OFFICES = [str(uuid4()) for _ in range(3)]
TURNS = 12
ENDLESS = 1_000_000


def writer(sample: Sample, name: str, turns: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITER, sample.url, str(sample.folder), name, str(turns), *OFFICES],
        env={**os.environ, "PGAPPNAME": "writer"},
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_midway(victim: subprocess.Popen[str]) -> list[str]:
    """Kill -9 a writer that never ends, once it has saved some; return what it said it had saved."""
    assert victim.stdout
    said = [victim.stdout.readline() for _ in range(5)]
    victim.send_signal(signal.SIGKILL)
    said += victim.communicate(timeout=20)[0].splitlines()
    assert victim.returncode == -signal.SIGKILL
    return [line for line in said if line.strip().endswith("]")]


def no_writer_is_left(store: Store) -> bool:
    """Tell whether the server has ended all that the writers, also the killed one, had asked of it."""
    with store.connection() as connection:
        row = connection.execute(
            "SELECT count(*) AS n FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'writer'"
        ).fetchone()
    return row == {"n": 0}


@pytest.mark.fault("F2")
def test_four_writing_processes_one_of_them_killed_leave_no_gap_and_the_reader_misses_nothing(
    sample: Sample, store: Store
) -> None:
    tail, over = Tail(Ours(store)), threading.Event()

    def follow() -> None:
        while not over.is_set():
            tail.read()
        tail.read()

    reader = threading.Thread(target=follow)
    processes = [writer(sample, f"writer-{n}", TURNS) for n in range(3)]
    victim = writer(sample, "victim", ENDLESS)
    reader.start()
    try:
        said = killed_midway(victim)
        for process in processes:
            said += process.communicate(timeout=60)[0].splitlines()
        until(lambda: no_writer_is_left(store))
    finally:
        over.set()
        reader.join()
        for process in (*processes, victim):
            process.kill()
            process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    recorded = store.read(0, 100_000)
    assert [event.store_seq for event in recorded] == list(range(1, len(recorded) + 1))
    assert tail.seen == [event.store_seq for event in recorded]
    check_batches(recorded, [json.loads(line) for line in said])
    for office in OFFICES:
        check_chain([event.entry for event in recorded if Entry.parse(event.entry).office == office])


def check_batches(recorded: list[Recorded], said: list[list[str]]) -> None:
    """Require each acknowledged batch, whole and in one piece, and nothing else but the last one of the victim."""
    number = {str(event.originator_id): event.store_seq for event in recorded}
    for batch in said:
        first = number[batch[0]]
        assert [number.pop(one) for one in batch] == list(range(first, first + len(batch)))
    unsaid = [event for event in recorded if str(event.originator_id) in number]
    assert len(unsaid) <= 50
    assert all(event.plain["number"].startswith("victim-") for event in unsaid)
    assert not any("never" in event.plain["number"] for event in recorded)


def check_chain(entries: list[bytes]) -> None:
    """Require that an office's entries count from 1 without a gap and that each holds the hash of the one before."""
    parsed = [Entry.parse(entry) for entry in entries]
    assert [entry.office_seq for entry in parsed] == list(range(1, len(parsed) + 1))
    hashes = [base64.b64encode(hashlib.sha256(entry).digest()).decode() for entry in entries]
    assert [entry.office_prev for entry in parsed] == [None, *hashes[:-1]]
