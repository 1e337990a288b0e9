"""The database server is lost with its files, or its standbys are: what was acknowledged is on another machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from eventstore import AWAY, Store
from launcher.components.postgres import create_database
from launcher.journey.world import until
from testkit.fault_report import Tally
from testkit.parcels import Sample, Someone, a_parcel
from testkit.people import People
from testkit.standbys import Group, asked, group

DATABASE = "parcels"
ENOUGH = 50  # parcels
PEOPLE = 4


@pytest.fixture
def servers(servers_folder: Path) -> Iterator[Group]:
    folder = servers_folder / f"group-{uuid4().hex[:8]}"
    folder.mkdir()
    folder.chmod(0o711)
    with group(folder) as made:
        create_database(made.primary.url, DATABASE)
        yield made


@pytest.fixture
def store(servers: Group, tmp_path: Path) -> Iterator[Store]:
    opened = Sample(servers.url(DATABASE), tmp_path).open()
    yield opened
    opened.close()


class Senders(People):
    """People who send one parcel after another until they are told to stop, and note which were taken."""

    def __init__(self, store: Store) -> None:
        super().__init__(PEOPLE)
        self.sent = 0
        self.acknowledged: list[str] = []
        self._store = store

    def wait_for(self, more: int) -> None:
        goal = len(self.acknowledged) + more
        until(lambda: len(self.acknowledged) >= goal, f"{more} more parcels")

    def work(self) -> None:
        while not self.stop.is_set():
            parcel = a_parcel(uuid4().hex)
            self.sent += 1
            with suppress(*AWAY):
                self._store.save(parcel, actor=Someone())
                self.acknowledged.append(str(parcel.id))


def everything(store: Store) -> list[str]:
    """Return whose events there are, and check that their numbers have no gap."""
    found = [(one.store_seq, str(one.originator_id)) for one in store.read(0, 1_000_000)]
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return [parcel for _, parcel in found]


@pytest.mark.fault("F33")
def test_the_server_that_writes_is_lost_with_its_files(servers: Group, store: Store, tally: Tally) -> None:
    with Senders(store) as senders:
        senders.wait_for(ENOUGH)
        servers.destroy_primary()
        servers.fail_over()
        senders.wait_for(ENOUGH)
    tally.compare(senders.sent, set(senders.acknowledged), everything(store))


@pytest.mark.fault("F34")
def test_one_standby_is_enough_and_with_none_nobody_is_told_of_success(
    servers: Group, store: Store, tally: Tally
) -> None:
    """What waits for a standby is acknowledged when one is back, and is on it."""
    first, second = servers.standbys.values()
    before, after = a_parcel("1"), a_parcel("2")
    servers.kill(first)
    store.save(before, actor=Someone())
    servers.kill(second)
    with ThreadPoolExecutor(1) as person:
        asking = person.submit(store.save, after, actor=Someone())
        until(lambda: servers.waiting() == 1, "the commit to wait")
        assert not asking.done()
        servers.start(first)
        asking.result()
    acknowledged = {str(before.id), str(after.id)}
    tally.compare(2, acknowledged, everything(store))
    query = "SELECT count(*) FROM ledger.stored_events"
    until(lambda: asked(first, query, DATABASE) == len(acknowledged), "the standby to show both")
