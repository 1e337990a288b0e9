"""What an aggregate was at a number of its store, told from events alone."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import Aggregate, AggregateCreated, event
from eventsourcing.persistence import PersistenceError
from eventstore import Facts, FileKeyService, Projection, StateAt, Store, Unreadable
from testkit.parcels import Sample, Someone, a_parcel

TAMPERINGS = {
    "another byte": "state = overlay(state PLACING 'X'::bytea FROM 20)",
    "no event": "state = 'no event'",
    "another number": "state = replace(convert_from(state, 'UTF8'), '\"2026-1\"', '\"2026-2\"')::bytea",
    "another topic": "topic = 'sample.parcel-moved'",
    "a topic of nobody": "topic = 'sample.unknown'",
    "another version": "originator_version = 9",
    "an entry cut short": "entry = substr(entry, 1, 40)",
    "an entry that tells another hash": "entry = replace(convert_from(entry, 'UTF8'), 'state_h\":\"', "
    "'state_h\":\"A')::bytea",
}


def alter(store: Store, change: str) -> None:
    """Do what an insider with all rights would do."""
    with store.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(change.encode())


def at(store: Store, aggregate: Aggregate, store_seq: int) -> StateAt:
    found = store.state_at(aggregate.id, store_seq)
    assert found is not None
    return found


def test_the_state_at_each_number_is_what_the_aggregate_was_then(store: Store, someone: Someone) -> None:
    parcel, other = a_parcel(number="1"), a_parcel(number="2")
    then: list[dict[str, Any]] = []
    for _ in range(4):
        store.save(parcel, actor=someone)
        then.append({"version": parcel.version, "moves": parcel.moves, "modified_at": parcel.modified_on})
        store.save(other, actor=someone)
        parcel.move()
        other.move()
    for number, was in enumerate(then):
        for store_seq in (2 * number + 1, 2 * number + 2):  # the second is the other parcel's event
            found = at(store, parcel, store_seq)
            assert {"version": found.version, "moves": found.state["moves"], "modified_at": found.modified_at} == was
    assert asdict(at(store, parcel, 1)) == {
        "aggregate": "sample.parcel",
        "id": parcel.id,
        "version": 1,
        "created_at": parcel.created_on,
        "modified_at": parcel.created_on,
        "state": {
            "moves": 0,
            "note": "Jean Dupont",
            "number": "1",
            "office_id": str(parcel.office_id),
            "person_id": str(parcel.person_id),
        },
    }


def test_nothing_is_told_before_the_first_event_of_strangers_and_of_what_is_to_come(
    store: Store, someone: Someone
) -> None:
    first, second = a_parcel(), a_parcel()
    store.save(first, actor=someone)
    store.save(second, actor=someone)
    assert store.state_at(second.id, 1) is None
    assert store.state_at(uuid4(), 2) is None
    assert store.state_at(first.id, 3) is None
    assert at(store, first, 2).version == 1


def test_an_event_afterwards_changes_no_answer(store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    before = store.state_at(parcel.id, 1)
    parcel.move()
    store.save(parcel, actor=someone)
    assert store.state_at(parcel.id, 1) == before
    assert at(store, parcel, 2).state["moves"] == 1


def test_an_erased_person_reads_as_none_at_every_number(store: Store, someone: Someone) -> None:
    parcel = a_parcel(note="Mme Martin")
    store.save(parcel, actor=someone)
    assert at(store, parcel, 1).state["note"] == "Mme Martin"
    store.keys.destroy(parcel.person_id)
    assert at(store, parcel, 1).state["note"] is None
    assert at(store, parcel, 1).state["number"] == "2026-1"


@pytest.mark.parametrize("change", TAMPERINGS.values(), ids=TAMPERINGS)
def test_an_altered_event_is_unreadable_and_earlier_states_still_answer(
    store: Store, someone: Someone, change: str
) -> None:
    parcel = a_parcel()
    parcel.move()
    store.save(parcel, a_parcel("2026-1", person=parcel.person_id), actor=someone)
    altered = UUID(str(store.held(2, 1)[0].originator_id))
    alter(store, f"UPDATE ledger.stored_events SET {change} WHERE notification_id = 3")
    with pytest.raises(Unreadable) as refused:
        store.state_at(altered, 3)
    assert refused.value.store_seq == 3
    assert at(store, parcel, 3).version == 2


def test_an_altered_event_says_nothing_of_the_time_before_it(store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    parcel.move()
    store.save(parcel, actor=someone)
    alter(store, "UPDATE ledger.stored_events SET state = 'no event' WHERE notification_id = 2")
    assert at(store, parcel, 1).version == 1
    with pytest.raises(Unreadable):
        store.state_at(parcel.id, 2)


@pytest.mark.parametrize(("lost", "named"), [(1, 2), (2, 3)])
def test_an_event_that_is_missing_makes_the_next_one_unreadable(
    store: Store, someone: Someone, lost: int, named: int
) -> None:
    parcel = a_parcel()
    parcel.move()
    parcel.move()
    store.save(parcel, actor=someone)
    alter(store, f"DELETE FROM ledger.stored_events WHERE notification_id = {lost}")
    with pytest.raises(Unreadable) as refused:
        store.state_at(parcel.id, 3)
    assert refused.value.store_seq == named


def test_an_event_moved_to_another_aggregate_is_unreadable(store: Store, someone: Someone) -> None:
    mine, theirs = a_parcel("1"), a_parcel("2")
    mine.move()
    store.save(mine, theirs, actor=someone)
    alter(store, f"UPDATE ledger.stored_events SET originator_id = '{theirs.id}' WHERE notification_id = 2")
    with pytest.raises(Unreadable):
        store.state_at(theirs.id, 3)
    assert at(store, mine, 3).version == 1  # the journal's leaf of version 2 tells that it is too low


def test_a_key_that_was_altered_makes_its_events_unreadable(store: Store, sample: Sample, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    alter(store, "UPDATE ledger.subject_key SET wrapped = 'short'")
    later = sample.open()
    with pytest.raises(Unreadable):
        later.state_at(parcel.id, 1)
    later.close()


def test_a_failure_of_the_server_is_no_altered_event(sample: Sample, store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    alter(store, "ALTER TABLE ledger.subject_key RENAME TO elsewhere")
    later = sample.open()
    with pytest.raises(PersistenceError):
        later.state_at(parcel.id, 1)
    later.close()


class Colour(StrEnum):
    RED = "red"


@dataclass
class Part:
    weight: int
    colour: Colour


class Crate(Aggregate):
    """Holds every kind of value that an aggregate may hold."""

    TOPIC = "sample.crate"

    class Created(AggregateCreated):
        TOPIC = "sample.crate-made"
        office_id: UUID

    @event(Created)
    def __init__(self, office_id: UUID) -> None:
        self.office_id = office_id
        self.parts = {office_id: Part(3, Colour.RED)}
        self.seen = frozenset({"b", "a"})
        self.steps = (1, None)
        self._hidden = True

    @property
    def heavy(self) -> bool:
        return self.parts[self.office_id].weight > 2


@pytest.fixture
def crates(sample: Sample) -> Iterator[Store]:
    opened = Store(
        "sample", sample.url, projection=Projection(), keys=FileKeyService(Path(sample.folder) / "master.key"),
        facts=lambda _event, aggregate: Facts(office=aggregate.office_id),
    )  # fmt: skip
    yield opened
    opened.close()


def test_states_are_plain_json_with_derived_properties_and_without_what_is_private(
    crates: Store, someone: Someone
) -> None:
    crate = Crate(office_id=uuid4())
    crates.save(crate, actor=someone)
    assert at(crates, crate, 1).state == {
        "heavy": True,
        "office_id": str(crate.office_id),
        "parts": {str(crate.office_id): {"weight": 3, "colour": "red"}},
        "seen": ["a", "b"],
        "steps": [1, None],
    }
    assert type(at(crates, crate, 1).state["parts"][str(crate.office_id)]["colour"]) is str


def test_the_past_at_several_numbers_is_what_each_number_says_alone(store: Store, someone: Someone) -> None:
    parcel, other = a_parcel(number="1"), a_parcel(number="2")
    for _ in range(3):
        store.save(parcel, actor=someone)
        store.save(other, actor=someone)
        parcel.move()
        other.move()
    numbers = [1, 2, 5, 6, 7]
    told = store.past(parcel.id, numbers)
    assert list(told.states) == [store.state_at(parcel.id, number) for number in numbers]
    assert [row.store_seq for row in told.rows] == [1, 3, 5]
    assert list(told.rows) == [row for row in store.held(0, 9) if row.originator_id == parcel.id]
    assert list(store.past(other.id, [1, 2]).states) == [None, at(store, other, 2)]


def test_the_past_ends_at_an_event_that_was_altered_and_its_rows_are_told_as_they_are(
    store: Store, someone: Someone
) -> None:
    parcel = a_parcel()
    parcel.move()
    parcel.move()
    store.save(parcel, actor=someone)
    alter(store, "UPDATE ledger.stored_events SET state = 'no event' WHERE notification_id = 2")
    told = store.past(parcel.id, [1, 2, 3])
    assert list(told.states) == [at(store, parcel, 1)]
    assert [row.state == b"no event" for row in told.rows] == [False, True, False]
