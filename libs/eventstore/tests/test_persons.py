from typing import Any
from uuid import uuid4

import pytest
from chassis.feed import Stretch
from cryptography.exceptions import InvalidTag
from eventstore import FileKeyService, Store, SubjectErased, UnsafeConfiguration
from testkit.parcels import Parcel, Sample, Someone, a_parcel


def replace_state(store: Store, target: Parcel, source: Parcel) -> None:
    """Do what an insider with all rights would do: put one event's bytes in the place of another's."""
    with store.connection() as connection, connection.transaction():
        connection.execute("ALTER TABLE ledger.stored_events DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE ledger.stored_events AS t SET state = s.state FROM ledger.stored_events AS s"
            " WHERE t.originator_id = %s AND s.originator_id = %s",
            (target.id, source.id),
        )
        connection.execute("ALTER TABLE ledger.stored_events ENABLE TRIGGER USER")


def test_an_erased_person_reads_as_none_and_the_event_stays(store: Store, someone: Someone) -> None:
    parcel = a_parcel(note="Mme Martin")
    store.save(parcel, actor=someone)
    before = store.read(0, 1)[0]
    assert store.keys.destroy(parcel.person_id)
    assert store.get(Parcel, parcel.id).note is None
    assert store.read(0, 1)[0] == before
    assert store.opening(1) is None


def test_nothing_new_is_written_about_an_erased_person(store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    assert not store.keys.destroy(parcel.person_id)
    with pytest.raises(SubjectErased):
        store.save(parcel, actor=someone)
    assert store.read(0, 1) == []


def test_a_destruction_asked_for_again_answers_the_same(store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    assert [store.keys.destroy(parcel.person_id) for _ in range(2)] == [True, True]
    strangers = [uuid4() for _ in range(300)]  # the clock may tick within one statement
    assert not any(store.keys.destroy(stranger) for stranger in strangers + strangers)


def test_a_sealed_field_moved_to_another_event_is_refused(store: Store, someone: Someone) -> None:
    person = uuid4()
    office = uuid4()
    one, two = (Parcel(office_id=office, number=n, person_id=person, note=n) for n in ("one", "two"))
    store.save(one, two, actor=someone)
    replace_state(store, target=one, source=two)
    with pytest.raises(InvalidTag):
        store.get(Parcel, one.id)
    assert store.opening(1) is None
    assert store.held(0, 2)[0].state == store.held(0, 2)[1].state


def test_bytes_that_are_no_event_any_more_are_still_shown_to_an_auditor(store: Store, someone: Someone) -> None:
    store.save(a_parcel(), actor=someone)
    with store.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE ledger.stored_events SET state = 'no event'")
    assert [(row.store_seq, row.state) for row in store.held(0, 10)] == [(1, b"no event")]
    assert store.opening(1) is None


def test_rows_are_read_in_bulk_as_they_are(store: Store, someone: Someone) -> None:
    parcels = [a_parcel(str(number)) for number in range(5)]
    store.save(*parcels, actor=someone)
    first, second, third = map(Stretch._make, store.bulk(0, 6, 2))
    held = store.held(0, 5)
    assert first.numbers == (1).to_bytes(8) + (2).to_bytes(8)
    assert second.entries == b"\x00".join(row.entry for row in held[2:4])
    assert second.state_sizes == b"".join(len(row.state).to_bytes(4) for row in held[2:4])
    assert third.states == held[4].state
    assert all(
        place in row.entry and row.entry.endswith(kind)
        for place, kind, row in zip(first.places.split(b"\x00"), first.types.split(b"\x00"), held[:2], strict=True)
    )
    assert [Stretch._make(none).numbers for none in store.bulk(5, 7, 1)] == [b"", b""]
    begun = store.bulk(0, 5, 1)
    next(begun)
    begun.close()
    assert store.epoch() == 1


def test_an_event_that_says_nothing_of_a_person_opens_too(store: Store, someone: Someone) -> None:
    parcel = a_parcel(note=None)
    parcel.move()
    store.save(parcel, actor=someone)
    assert store.opening(1)
    assert store.opening(2)
    assert store.opening(3) is None


def test_another_process_forgets_a_destroyed_key(sample: Sample, store: Store, someone: Someone) -> None:
    parcel = a_parcel()
    store.save(parcel, actor=someone)
    other: Any = sample.open()
    other.keys.destroy(parcel.person_id)
    store.keys._cache.clear()
    assert store.get(Parcel, parcel.id).note is None
    other.close()


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ="])
def test_a_bad_master_key_stops_the_start(tmp_path: Any, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(UnsafeConfiguration, match=r"master\.key"):
        FileKeyService(path)
