"""The journal is killed, doubled, and left alone by those whom it asks: one history, and attested again."""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.story import Journey
from launcher.journey.world import World, until
from testkit.insider import WHOLE, Insider
from testkit.oracle import one_history
from testkit.stack import Platform

KILLS = 10  # as many as the launcher mends within a minute


@pytest.fixture(scope="module")
def auditor(platform: Platform, walked: Journey) -> Insider:
    return Insider(platform, walked)


@contextmanager
def load(journey: Journey, platform: Platform) -> Iterator[None]:
    """Let several people of the office open and share dossiers, and export, until the block ends."""
    over = threading.Event()

    def work(number: int) -> None:
        world, turn = platform.world(), 0
        while not over.is_set():
            turn += 1
            dossier = _opened(world, journey, f"{journey.run}-{number}-{turn}-{secrets.token_hex(4)}")
            body = {"client_id": journey.clients[turn % 2].id}
            world.call("POST", f"{DOSSIERS}/dossiers/{dossier}/clients", 204, token=journey.clerk.token, body=body)
        world.close()

    with ThreadPoolExecutor(3) as people:
        working = [people.submit(work, number) for number in range(3)]
        try:
            yield
        finally:
            over.set()
        for one in working:
            one.result()


def _opened(world: World, journey: Journey, number: str) -> str:
    body = {"number": number, "title": "Charge", "deed_type": "vente"}
    return str(world.call("POST", f"{DOSSIERS}/dossiers", 201, token=journey.clerk.token, body=body).json()["id"])


def _grown(platform: Platform, size: int) -> Callable[[], int | None]:
    """Return what tells the size of the log once it is larger than before."""

    def look() -> int | None:
        with platform.database("journal") as connection:
            row = connection.execute(b"SELECT count(*) FROM journal.entry").fetchone()
        return int(row[0]) if row and row[0] > size else None

    return look


def test_the_journal_is_killed_again_and_again_while_the_office_works(auditor: Insider) -> None:
    """Each time it has begun to work again: somewhere between taking in, signing, witnessing, stamping, publishing."""
    platform, size = auditor.platform, 0
    with load(auditor.journey, platform):
        for _ in range(KILLS):
            size = until(_grown(platform, size), "the journal to work again")
            threading.Event().wait(secrets.randbelow(1500) / 1000)  # any moment
            platform.wait_until_back("journal", platform.kill("journal"))
    one_history(auditor)


def test_two_journals_and_two_relays_are_one(auditor: Insider, samples: list[Path]) -> None:
    """A second process of each was started by mistake; in the middle of it the first ones are killed."""
    platform, world = auditor.platform, auditor.platform.world()
    journey = Journey(world, Pile(samples, samples), print)
    with ExitStack() as doubled:
        for service in ("journal", "dossier"):
            doubled.enter_context(platform.second(service))
        for number, step in enumerate(journey.steps):
            if number == 6:
                platform.kill("journal")
                platform.kill("dossier")
            step()
        one_history(auditor)
        one_history(Insider(platform, journey))
    world.close()


def level(auditor: Insider, dossier: str) -> tuple[str, int | None]:
    said = auditor.opinion(auditor.export(dossier))
    assert said.failed == {}
    return said.verdict, said.level


@pytest.mark.fault("F63")
def test_the_log_goes_on_without_its_authority(auditor: Insider) -> None:
    dossier = auditor.another_dossier("authority")
    with auditor.authority(down=True):
        assert level(auditor, dossier) == ("intact", 3)
        status = auditor.status()
        assert status["unstamped"] > 0
        assert status["size"] > 0
    assert level(auditor, dossier) == ("intact", WHOLE)


@contextmanager
def stuck(platform: Platform, names: Sequence[str]) -> Iterator[None]:
    """Keep some witnesses from reading what they remember."""
    with ExitStack() as held:
        for name in names:
            memory = sqlite3.connect(platform.folder / "witnesses" / f"{name}.db", isolation_level=None)
            held.callback(memory.close)
            memory.execute("BEGIN EXCLUSIVE")
        yield


def test_a_quorum_is_enough_and_less_is_said(auditor: Insider) -> None:
    dossier, platform = auditor.another_dossier("witnesses"), auditor.platform
    with stuck(platform, ["witness-1"]):
        assert level(auditor, dossier) == ("intact", WHOLE)
    with stuck(platform, ["witness-1", "witness-2"]):
        assert level(auditor, dossier) == ("intact", 1)
    assert level(auditor, dossier) == ("intact", WHOLE)
    one_history(auditor)
