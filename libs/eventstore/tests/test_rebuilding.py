import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import Aggregate, AggregateCreated, event
from eventsourcing.persistence import StoredEvent
from eventstore import LEDGER, Store, create_read_model, migrate, rebuild
from eventstore.migration import MigrationEdited
from testkit.parcels import Parcel, Sample, Someone, a_parcel

GOLDEN = Path(__file__).parent / "golden"


def rows(store: Store) -> list[dict[str, Any]]:
    with store.connection() as connection:
        return connection.execute("SELECT * FROM read.parcel ORDER BY id").fetchall()


def test_read_models_made_again_are_identical(store: Store, someone: Someone) -> None:
    for number in range(30):
        parcel = a_parcel(str(number))
        for _ in range(number % 3):
            parcel.move()
        store.save(parcel, actor=someone)
    before = rows(store)
    with store.connection() as connection:
        connection.execute("UPDATE read.parcel SET note = 'drifted', moves = 99")
        connection.execute("DELETE FROM read.parcel WHERE number = '3'")
    seen = list[int]()
    assert rebuild(store, seen.append) == 60
    assert rows(store) == before
    assert seen == [60]


def test_an_erased_person_is_not_in_rebuilt_read_models(store: Store, someone: Someone) -> None:
    parcel = a_parcel(note="Mme Martin")
    store.save(parcel, actor=someone)
    store.keys.destroy(parcel.person_id)
    rebuild(store)
    assert [row["note"] for row in rows(store)] == [None]


def test_migrations_are_applied_once_and_never_edited(sample: Sample, tmp_path: Path) -> None:
    assert migrate(sample.url, LEDGER) == []
    folder = tmp_path / "other" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id int)")
    assert migrate(sample.url, LEDGER, folder) == ["0001_first"]
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id bigint)")
    with pytest.raises(MigrationEdited):
        migrate(sample.url, folder)


def test_a_changed_read_model_asks_to_be_rebuilt(sample: Sample, store: Store, someone: Someone) -> None:
    store.save(a_parcel(), actor=someone)
    schema = sample.folder / "schema.sql"
    assert not create_read_model(sample.url, schema)
    schema.write_text(schema.read_text().replace("note text", "note text, colour text"))
    assert create_read_model(sample.url, schema)
    assert rows(store) == []
    rebuild(store)
    assert [row["colour"] for row in rows(store)] == [None]


class Letter(Aggregate):
    """Version 2 of an event whose first version said `town` where it now says `city` and `country`."""

    TOPIC = "sample.letter"

    class Created(AggregateCreated):
        TOPIC = "sample.letter-written"
        class_version = 2
        city: str
        country: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["city"] = state.pop("town")
            state["country"] = "FR"

    @event(Created)
    def __init__(self, city: str, country: str) -> None:
        self.city = city
        self.country = country


def test_every_version_ever_shipped_still_reads(store: Store) -> None:
    for sample_file in sorted(GOLDEN.glob("letter-written.v*.json")):
        golden = json.loads(sample_file.read_text())
        stored = StoredEvent(UUID(golden["id"]), 1, "sample.letter-written", json.dumps(golden["state"]).encode())
        read: Any = store._mapper.to_domain_event(stored)
        assert (read.city, read.country) == ("Lyon", "FR")
        plain, version = store._mapper.plain(stored)
        assert (plain["city"], version) == ("Lyon", golden["version"])


def test_unrelated_aggregates_do_not_disturb_each_other(store: Store, someone: Someone) -> None:
    office = uuid4()
    first, second = a_parcel("1", office), a_parcel("2", office)
    store.save(first, second, actor=someone)
    assert store.get(Parcel, first.id).number == "1"
