import base64
import hashlib
import json
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import ProgrammingError, StoredEvent
from eventstore import AlreadyDone, Changed, Missing, Store, UniqueViolation, UnsafeConfiguration
from proof.entry import Entry, commitment, state_hash
from testkit.parcels import Parcel, Sample, SomeCommand, Someone, a_parcel


def count(store: Store, table: str) -> int:
    with store.connection() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
    assert row
    return int(row["n"])


def test_a_saved_aggregate_is_found_again_with_its_read_model(store: Store, someone: Someone) -> None:
    parcel = a_parcel(note="Note de Mme Élise")
    parcel.move()
    store.save(parcel, actor=someone)
    again = store.get(Parcel, parcel.id)
    assert (again.note, again.moves, again.version) == ("Note de Mme Élise", 1, 2)
    with store.connection() as connection:
        row = connection.execute("SELECT * FROM read.parcel").fetchone()
    assert row
    assert (row["id"], row["note"], row["moves"], row["tags"]) == (parcel.id, "Note de Mme Élise", 1, ["a", "é"])


def test_what_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(Missing):
        store.get(Parcel, uuid4())


def test_entries_are_what_the_reference_makes_and_chain_each_office(store: Store, someone: Someone) -> None:
    office, other = uuid4(), uuid4()
    store.save(a_parcel("1", office), a_parcel("1", other), a_parcel("2", office), actor=someone)
    store.save(a_parcel("3", office), actor=someone)
    recorded = store.read(0, 10)
    assert [r.store_seq for r in recorded] == [1, 2, 3, 4]
    entries = [Entry.parse(r.entry) for r in recorded]
    assert [(e.office, e.office_seq) for e in entries] == [
        (str(office), 1),
        (str(other), 1),
        (str(office), 2),
        (str(office), 3),
    ]
    assert entries[0].office_prev is None
    assert entries[3].office_prev == base64.b64encode(hashlib.sha256(recorded[2].entry).digest()).decode()
    assert entries[2].office_prev == base64.b64encode(hashlib.sha256(recorded[0].entry).digest()).decode()
    for line, entry in zip(recorded, entries, strict=True):
        assert entry.state_h == state_hash(line.state)
        opening = store.opening(line.store_seq)
        assert opening
        payload, salt = opening
        assert entry.payload_c == commitment(salt, payload)
        assert json.loads(payload)["data"]["note"] == "Jean Dupont"


def test_personal_fields_are_nowhere_in_clear_in_events(store: Store, someone: Someone) -> None:
    store.save(a_parcel(note="CANARI-Dupont"), actor=someone)
    recorded = store.read(0, 1)[0]
    assert b"CANARI" not in recorded.state + recorded.entry
    assert "note" not in recorded.plain
    assert recorded.plain["number"] == "2026-1"


def test_a_refused_row_refuses_the_events_and_the_numbers_too(store: Store, someone: Someone) -> None:
    office = uuid4()
    store.save(a_parcel("7", office), actor=someone)
    with pytest.raises(UniqueViolation) as refusal:
        store.save(a_parcel("7", office), actor=someone)
    assert refusal.value.constraint == "parcel_number"
    store.save(a_parcel("8", office), actor=someone)
    assert [r.store_seq for r in store.read(0, 10)] == [1, 2]


@pytest.mark.fault("F1", "F3")
def test_a_repeated_command_answers_its_first_outcome_and_does_nothing(store: Store) -> None:
    who = Someone(command=SomeCommand("key-1"))
    store.save(a_parcel("1"), actor=who, outcome={"id": "first"})
    with pytest.raises(AlreadyDone) as done:
        store.save(a_parcel("2"), actor=who, outcome={"id": "second"})
    assert (done.value.fingerprint, done.value.outcome) == (b"asked", {"id": "first"})
    assert count(store, "ledger.stored_events") == 1
    assert who.person_id
    assert store.first_outcome(who.person_id, "key-1") == (b"asked", {"id": "first"})
    assert store.first_outcome(uuid4(), "key-1") is None


def test_two_who_change_the_same_thing_do_not_overwrite_each_other(store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    mine, theirs = store.get(Parcel, parcel.id), store.get(Parcel, parcel.id)
    mine.move()
    theirs.move()
    store.save(mine, actor=someone)
    with pytest.raises(Changed):
        store.save(theirs, actor=someone)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger.stored_events SET topic = ''",
        "DELETE FROM ledger.stored_events",
        "TRUNCATE ledger.stored_events",
    ],
)
def test_the_database_refuses_to_change_what_was_recorded(store: Store, someone: Someone, change: str) -> None:
    store.save(a_parcel(), actor=someone)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), store.connection() as connection:
        connection.execute(change.encode())
    assert count(store, "ledger.stored_events") == 1


def test_events_cannot_be_recorded_without_their_entry(store: Store) -> None:
    with pytest.raises(ProgrammingError):
        store._recorder.insert_events([StoredEvent(uuid4(), 1, "sample.parcel-opened", b"{}")])


def test_it_does_not_start_with_the_functions_that_lose_events(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(UnsafeConfiguration, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        sample.open()


def test_unknown_offices_are_kept_apart(store: Store, someone: Someone) -> None:
    office = UUID(int=1)
    store.save(a_parcel("1", office), actor=someone)
    assert Entry.parse(store.read(0, 1)[0].entry).office == str(office)
