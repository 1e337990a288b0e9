"""The database dies, hangs or is held by somebody: whoever writes is told to come back, and nothing is half done."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.world import until
from testkit.fault_report import ROUNDS, Tally
from testkit.insider import Insider
from testkit.linking import LinkedPlatform
from testkit.openings import Opening, crowd
from testkit.oracle import one_history

ENOUGH = 10  # dossiers
MANY = 30  # requests at once: more than there are connections, and threads, of a service
AWAY = {HTTPStatus.SERVICE_UNAVAILABLE}
LOCKED = 2.0  # seconds that a statement waits for a lock
PATIENCE = 300.0  # seconds


def told_to_come_back(answer: httpx.Response) -> None:
    """Check that an answer is a refusal that a program understands."""
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.fault("F32")
@pytest.mark.parametrize("_", range(max(3, ROUNDS)))
def test_the_database_server_is_killed_while_people_write(linked: Insider, tally: Tally, _: int) -> None:
    """Every service loses it at once; those who were told of success find it, the others are told to try again."""
    with crowd(linked, tally) as people:
        people.wait_for(ENOUGH)
        pid = linked.platform.kill("postgres")
        linked.platform.wait_until_back("postgres", pid)
        people.wait_for(ENOUGH)
    assert set(people.answers) <= {HTTPStatus.CREATED, *AWAY}, people.failures[:3]
    one_history(linked)


@pytest.mark.fault("F35")
def test_connections_to_the_database_are_cut_again_and_again(
    linked: Insider, network: LinkedPlatform, tally: Tally
) -> None:
    """Some of the cuts fall between a COMMIT and its answer: the same key finds what it did."""
    link, rounds = network.link("dossier", "postgres"), 40
    with crowd(linked, tally) as people:
        for _ in range(rounds):
            people.wait_for(1)
            link.cut()
    assert set(people.answers) <= {HTTPStatus.CREATED, *AWAY}, people.failures[:3]
    assert link.passed > rounds
    one_history(linked)


@contextmanager
def held(linked: Insider, statement: bytes) -> Iterator[Callable[[], None]]:
    """Hold a lock in the database of the dossiers; give what lets go of it."""
    with linked.platform.database("dossier") as connection:
        connection.execute("BEGIN")
        connection.execute(statement)
        gone = threading.Event()

        def let_go() -> None:
            if not gone.is_set():
                gone.set()
                connection.execute("ROLLBACK")

        try:
            yield let_go
        finally:
            let_go()


HOLDING = {
    "the counter of the events": b"SELECT store_seq FROM ledger.counter FOR UPDATE",
    "the table of the events": b"LOCK TABLE ledger.stored_events IN ACCESS EXCLUSIVE MODE",
}


@pytest.mark.fault("F39")
@pytest.mark.parametrize("what", HOLDING)
def test_somebody_holds_a_lock_that_every_write_needs(linked: Insider, tally: Tally, what: str) -> None:
    """A writer waits two seconds and is told to come back: nothing of what it asked for is there, then all of it."""
    opening = Opening(linked)
    with held(linked, HOLDING[what]):
        before, began = linked.platform.heads, time.monotonic()
        told_to_come_back(opening.send())
        assert time.monotonic() - began >= LOCKED
    found = before()["dossier"]
    dossier = opening.acknowledged()
    assert linked.platform.heads()["dossier"] == found + 1
    assert opening.acknowledged() == dossier
    from_everywhere(linked, tally, {opening.number: dossier})
    assert "LockNotAvailable" in (linked.platform.folder / "logs" / "dossier.log").read_text()


@pytest.mark.fault("F36")
def test_all_connections_wait_for_a_lock(linked: Insider, tally: Tally) -> None:
    """More people than connections: each is answered in time, no command is half done, all go through later."""
    openings = [Opening(linked) for _ in range(MANY)]
    with held(linked, HOLDING["the counter of the events"]), ThreadPoolExecutor(MANY) as people:
        for answer in people.map(alone, openings):  # while the lock is held
            told_to_come_back(answer)
    assert listed(linked, openings) == []
    dossiers = {one.number: one.acknowledged() for one in openings}
    from_everywhere(linked, tally, dossiers)


def alone(opening: Opening) -> httpx.Response:
    with httpx.Client(timeout=PATIENCE, trust_env=False) as http:
        return opening.send(http)


def listed(linked: Insider, openings: list[Opening]) -> list[str]:
    """Return which of the numbers the office sees."""
    path, token = f"{DOSSIERS}/dossiers?q=", linked.journey.clerk.token
    return [
        item["number"]
        for one in openings
        for item in linked.world.call("GET", path + one.number, token=token).json()["items"]
    ]


def from_everywhere(linked: Insider, tally: Tally, dossiers: dict[str, str]) -> None:
    """Check that each acknowledged dossier is there once, for the office and in the journal."""
    linked.taken_in()
    with linked.platform.database("journal") as connection:
        query = "SELECT dossier FROM journal.entry WHERE type = 'dossier.dossier-opened' AND dossier = ANY(%s::uuid[])"
        found = connection.execute(query, [list(dossiers.values())]).fetchall()
    tally.compare(len(dossiers), set(dossiers.values()), [str(row[0]) for row in found])
    one_history(linked)


@pytest.mark.fault("F36")
def test_the_database_hangs_and_readers_and_writers_are_told_so(
    linked: Insider, network: LinkedPlatform, tally: Tally
) -> None:
    """Nothing passes to the server and nobody is told: who asks waits, the process lives, what was asked happens."""
    opening, link = Opening(linked), network.link("dossier", "postgres")
    port = linked.platform.part("dossier").port
    with ThreadPoolExecutor(1) as person:
        with link.suffering(silent=True):
            asked = person.submit(alone, opening)
            until(lambda: httpx.get(f"http://127.0.0.1:{port}/livez").is_success, "a sign of life")
            assert not asked.done()
        answer = asked.result()
    if answer.status_code != HTTPStatus.CREATED:
        told_to_come_back(answer)
    from_everywhere(linked, tally, {opening.number: opening.acknowledged()})
