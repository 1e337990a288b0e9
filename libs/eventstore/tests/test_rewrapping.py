"""A rotation of the master key while the service serves."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from typing import Any

import pytest
from eventstore import KeyRing, Store, SubjectErased, WrongMasterKey, keys_command, rewrapping
from eventstore.rewrapping import KeyReport, report, rewrap, subject_keys
from testkit.parcels import Parcel, Sample, Someone, a_parcel

TABLES = (subject_keys("sample"),)


def ring_of(sample: Sample) -> KeyRing:
    return KeyRing.parse((sample.folder / "master.key").read_text())


def write(sample: Sample, ring: KeyRing) -> None:
    new = sample.folder / "new.key"
    new.write_text(ring.encode())
    new.replace(sample.folder / "master.key")


def rotate(sample: Sample) -> None:
    write(sample, ring_of(sample).rotated())


def filled(store: Store, someone: Someone, amount: int) -> list[Parcel]:
    parcels = [a_parcel(str(number), note=f"Nom {number}") for number in range(amount)]
    store.save(*parcels, actor=someone)
    return parcels


def notes(store: Store, parcels: list[Parcel]) -> list[str | None]:
    return [store.get(Parcel, parcel.id).note for parcel in parcels]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 3)


@pytest.mark.usefixtures("small_batches")
def test_every_key_comes_under_the_newest_version_and_the_old_one_can_be_destroyed(
    sample: Sample, store: Store, someone: Someone
) -> None:
    parcels = filled(store, someone, 10)
    assert report(store, store.key_service, TABLES) == KeyReport([1], wrapped=Counter({1: 10}))
    rotate(sample)
    assert report(store, store.key_service, TABLES).unused == []
    told: list[str] = []
    done = rewrap(store, store.key_service, TABLES, told.append)
    assert (done.rewrapped, done.wrapped, done.unused, done.unreadable) == (10, {2: 10}, [1], [])
    assert told[-1] == "ledger.subject_key: 10 keys rewrapped"
    assert len(told) == 4
    write(sample, ring_of(sample).without(1))
    other = sample.open()
    assert notes(other, parcels) == [f"Nom {number}" for number in range(10)]
    other.close()
    assert rewrap(store, store.key_service, TABLES).rewrapped == 0


def test_events_do_not_change(sample: Sample, store: Store, someone: Someone) -> None:
    filled(store, someone, 3)
    before = store.held(0, 10)
    rotate(sample)
    rewrap(store, store.key_service, TABLES)
    assert store.held(0, 10) == before


def test_a_key_destroyed_while_keys_are_rewrapped_stays_destroyed(
    sample: Sample, store: Store, someone: Someone
) -> None:
    parcels = filled(store, someone, 2)
    rotate(sample)
    erased = parcels[0].person_id

    class Late:
        """A key service that is so slow that a person is erased meanwhile."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store.key_service, name)

        def rewrap(self, items: Any) -> list[bytes]:
            made = store.key_service.rewrap(items)
            assert store.keys.destroy(erased)
            return made

    assert rewrap(store, Late(), TABLES).rewrapped == 1
    assert notes(store, parcels) == [None, "Nom 1"]
    with pytest.raises(SubjectErased):
        store.save(a_parcel(person=erased), actor=someone)


RUN = """
import sys, threading
from pathlib import Path
from chassis import crashing
from eventstore import rewrapping
from testkit.parcels import Sample
crashing.arm()
rewrapping.BATCH = 3
store = Sample(sys.argv[1], Path(sys.argv[2])).open()
rewrapping.rewrap(store, store.key_service, [rewrapping.subject_keys("sample")])
"""


@pytest.mark.fault("F8")
@pytest.mark.parametrize("point", ["eventstore.key-rewrapped:2", "eventstore.rewrapped:2"])
def test_a_run_that_is_killed_leaves_every_key_readable_and_the_next_one_goes_on(
    sample: Sample, store: Store, someone: Someone, point: str
) -> None:
    parcels = filled(store, someone, 10)
    rotate(sample)
    command = [sys.executable, "-c", RUN, sample.url, str(sample.folder)]
    killed = subprocess.run(command, env={**os.environ, "SCELLE_CRASHPOINT": point}, check=False)  # noqa: S603
    assert killed.returncode == -9
    half = report(store, store.key_service, TABLES)
    assert half.wrapped == ({1: 7, 2: 3} if point.startswith("eventstore.key-rewrapped") else {1: 4, 2: 6})
    store.keys._cache.clear()
    assert notes(store, parcels) == [f"Nom {number}" for number in range(10)]
    assert rewrap(store, store.key_service, TABLES).rewrapped == half.wrapped[1]
    store.keys._cache.clear()
    assert notes(store, parcels) == [f"Nom {number}" for number in range(10)]


def test_a_key_that_no_version_opens_is_named_and_left_and_the_others_go_on(
    sample: Sample, store: Store, someone: Someone
) -> None:
    parcels = filled(store, someone, 4)
    broken = parcels[1].person_id
    with store.connection() as connection:
        connection.execute("UPDATE ledger.subject_key SET wrapped = %s WHERE subject = %s", (os.urandom(60), broken))
    rotate(sample)
    done = rewrap(store, store.key_service, TABLES)
    assert (done.rewrapped, done.wrapped, done.unused) == (3, {1: 1, 2: 3}, [])
    assert done.unreadable == [f"ledger.subject_key {broken}"]


@pytest.mark.fault("F46")
def test_a_ring_without_the_version_that_wrapped_refuses_and_names_the_keys(
    sample: Sample, store: Store, someone: Someone
) -> None:
    before = ring_of(sample)
    rotate(sample)
    (parcel,) = filled(store, someone, 1)
    write(sample, before)
    store.keys._cache.clear()
    with pytest.raises(WrongMasterKey, match="version 2"):
        store.get(Parcel, parcel.id)
    found = report(store, store.key_service, TABLES)
    assert found.unreadable == [f"ledger.subject_key {parcel.person_id}"]


def test_no_key_is_stored_under_a_version_that_was_counted_as_unused(
    sample: Sample, store: Store, someone: Someone
) -> None:
    """A writer wraps under version 1, the ring is rotated, and only then does the writer store what it wrapped."""
    wrapped, go_on = threading.Event(), threading.Event()
    real = store.key_service.wrap

    def slow(key: bytes, context: bytes) -> bytes:
        made = real(key, context)
        wrapped.set()
        assert go_on.wait(30)
        return made

    store.key_service.wrap = slow  # type: ignore[method-assign] # the same service, held still at one step
    parcel = a_parcel(note="in between")
    writing = threading.Thread(target=store.save, args=(parcel,), kwargs={"actor": someone})
    writing.start()
    assert wrapped.wait(30)
    rotate(sample)
    other, found = sample.open(), list[KeyReport]()
    counting = threading.Thread(target=lambda: found.append(rewrap(other, other.key_service, TABLES)))
    counting.start()
    until_somebody_waits(other)
    go_on.set()
    counting.join(30)
    writing.join(30)
    assert (found[0].wrapped, found[0].unused) == ({2: 1}, [1])
    write(sample, ring_of(sample).without(1))
    assert notes(other, [parcel]) == ["in between"]
    other.close()


def until_somebody_waits(store: Store) -> None:
    while True:
        with store.connection() as connection:
            query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted LIMIT 1"
            if connection.execute(query).fetchone():
                return


def test_the_verb_says_what_it_did_in_one_line(
    sample: Sample, store: Store, someone: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(store, someone, 2)
    rotate(sample)
    assert keys_command(sample.open(), "status") == 0
    assert json.loads(capsys.readouterr().out) == {
        "newest": 2,
        "versions": [1, 2],
        "wrapped": {"1": 2},
        "unused": [],
        "rewrapped": 0,
        "unreadable": [],
    }
    assert keys_command(sample.open(), "rewrap") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["unused"] == [1]
    assert told.err == "ledger.subject_key: 2 keys rewrapped\n"
