"""The read model against the events, while writers go on."""

import json
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventstore import Drift, Store, Unreadable, compare, create_read_model
from testkit.parcels import Sample, Someone, a_parcel


@pytest.fixture
def lived(store: Store, someone: Someone) -> Store:
    """Return a store with thirty parcels that were moved up to twice."""
    for number in range(30):
        parcel = a_parcel(str(number))
        for _ in range(number % 3):
            parcel.move()
        store.save(parcel, actor=someone)
    return store


def change(store: Store, statement: str) -> None:
    with store.connection() as connection:
        assert connection.execute(statement.encode()).rowcount != 0


def id_of(store: Store, number: str) -> str:
    with store.connection() as connection:
        row = connection.execute("SELECT id FROM read.parcel WHERE number = %s", (number,)).fetchone()
    assert row
    return str(row["id"])


def schemas(sample: Sample) -> list[tuple[Any, ...]]:
    """List what there is in the database, by name and identity."""
    with psycopg.connect(sample.url) as connection:
        return connection.execute(
            "SELECT nspname, pg_namespace.oid, relname, pg_class.oid FROM pg_namespace"
            " LEFT JOIN pg_class ON relnamespace = pg_namespace.oid WHERE nspname NOT LIKE 'pg_%' ORDER BY 1, 3"
        ).fetchall()


def parcels(drift: Drift) -> dict[str, Any]:
    (table,) = drift.as_json()["tables"]
    return dict(table)


def test_a_read_model_that_only_events_wrote_has_no_drift(sample: Sample, lived: Store) -> None:
    before = schemas(sample)
    drift = compare(lived, sample.folder / "schema.sql")
    none = {"count": 0, "shown": ()}
    assert drift.as_json() == {
        "drift": False,
        "store_seq": 60,
        "tables": ({"table": "parcel", "rows": 30, "only_live": none, "only_rebuilt": none, "differ": none},),
    }
    assert str(drift) == "events up to 60\nparcel: 30 rows, no drift"
    assert schemas(sample) == before


def test_each_changed_deleted_and_added_row_is_named_without_its_values(sample: Sample, lived: Store) -> None:
    changed, deleted, added = id_of(lived, "4"), id_of(lived, "5"), uuid4()
    change(lived, "UPDATE read.parcel SET note = 'CANARI', moves = 99 WHERE number = '4'")
    change(lived, "DELETE FROM read.parcel WHERE number = '5'")
    change(lived, f"INSERT INTO read.parcel VALUES ('{added}', '{added}', 'x', 'CANARI', 0, '{{}}')")
    drift = compare(lived, sample.folder / "schema.sql")
    found = parcels(drift)
    assert found["differ"] == {"count": 1, "shown": ({"id": changed, "columns": ("moves", "note")},)}
    assert found["only_rebuilt"] == {"count": 1, "shown": ({"id": deleted, "columns": ()},)}
    assert found["only_live"] == {"count": 1, "shown": ({"id": str(added), "columns": ()},)}
    assert "CANARI" not in json.dumps(drift.as_json()) + str(drift)
    assert str(drift).splitlines()[1:4] == [
        "parcel: 30 rows, drift",
        "  only live: 1",
        f"    {added}",
    ]
    with lived.connection() as connection:
        row = connection.execute("SELECT count(*) FROM read.parcel WHERE note = 'CANARI'").fetchone()
    assert row == {"count": 2}, "it only looks, it mends nothing"


def test_all_rows_that_drifted_are_counted_and_the_first_twenty_named(sample: Sample, lived: Store) -> None:
    change(lived, "UPDATE read.parcel SET moves = moves + 1")
    differ = parcels(compare(lived, sample.folder / "schema.sql"))["differ"]
    assert differ["count"] == 30
    named = [row["id"] for row in differ["shown"]]
    assert len(named) == 20
    assert named == sorted(named)


def test_tables_and_columns_changed_by_hand_are_drift(sample: Sample, lived: Store) -> None:
    change(lived, "ALTER TABLE read.parcel ADD COLUMN colour text")
    change(lived, "CREATE TABLE read.stray AS SELECT 1 AS one")
    tables = {table["table"]: table for table in compare(lived, sample.folder / "schema.sql").as_json()["tables"]}
    assert tables["parcel"]["differ"]["count"] == 30
    assert tables["parcel"]["differ"]["shown"][0]["columns"] == ("colour",)
    assert tables["stray"]["only_live"] == {"count": 1, "shown": ({"id": None, "columns": ()},)}
    change(lived, "DROP TABLE read.parcel")
    tables = {table["table"]: table for table in compare(lived, sample.folder / "schema.sql").as_json()["tables"]}
    assert tables["parcel"]["only_rebuilt"]["count"] == 30


def test_writers_and_readers_go_on_while_it_compares_and_are_no_drift(
    sample: Sample, lived: Store, someone: Someone
) -> None:
    known, late = id_of(lived, "7"), a_parcel("late")
    seen = list[str]()

    def meanwhile(_done: int) -> None:
        other = threading.Thread(target=work)
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()

    def work() -> None:
        lived.save(late, actor=someone)
        late.move()
        seen.extend([id_of(lived, "7"), id_of(lived, "late")])

    drift = compare(lived, sample.folder / "schema.sql", meanwhile)
    assert seen == [known, str(late.id)]
    assert (bool(drift), drift.store_seq) == (False, 60)
    assert (bool(again := compare(lived, sample.folder / "schema.sql")), again.store_seq) == (False, 61)


def test_a_failure_on_the_way_leaves_nothing_behind(sample: Sample, lived: Store) -> None:
    before = schemas(sample)

    def fails(_done: int) -> None:
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        compare(lived, sample.folder / "schema.sql", fails)
    assert schemas(sample) == before


def test_a_process_that_is_cut_off_leaves_nothing_behind(sample: Sample, lived: Store) -> None:
    before = schemas(sample)

    def cut_off(_done: int) -> None:
        with lived.connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )

    with pytest.raises(psycopg.OperationalError):
        compare(lived, sample.folder / "schema.sql", cut_off)
    assert schemas(sample) == before


def test_an_erased_person_is_drift_until_the_read_model_forgets_them(
    sample: Sample, store: Store, someone: Someone
) -> None:
    parcel = a_parcel(note="Mme Martin")
    store.save(parcel, actor=someone)
    store.keys.destroy(parcel.person_id)
    differ = parcels(compare(store, sample.folder / "schema.sql"))["differ"]
    assert differ["shown"] == ({"id": str(parcel.id), "columns": ("note",)},)
    change(store, "UPDATE read.parcel SET note = NULL")
    assert not compare(store, sample.folder / "schema.sql")


def test_an_altered_event_is_named_and_not_called_drift(sample: Sample, lived: Store) -> None:
    with lived.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE ledger.stored_events SET state = 'no event' WHERE notification_id = 9")
    with pytest.raises(Unreadable) as refused:
        compare(lived, sample.folder / "schema.sql")
    assert refused.value.store_seq == 9


def test_triggers_of_the_read_model_run_in_the_comparison_too(
    sample: Sample, store: Store, someone: Someone, tmp_path: Path
) -> None:
    schema = tmp_path / "with_trigger.sql"
    schema.write_text(
        (sample.folder / "schema.sql").read_text() + "CREATE FUNCTION read.shout() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$;"
        "CREATE TRIGGER shout BEFORE INSERT ON read.parcel FOR EACH ROW EXECUTE FUNCTION read.shout();"
    )
    create_read_model(sample.url, schema)
    parcel = a_parcel(note="Jean", office=UUID(int=1))
    store.save(parcel, actor=someone)
    assert not compare(store, schema)
    change(store, "UPDATE read.parcel SET note = 'Jean'")
    assert parcels(compare(store, schema))["differ"]["count"] == 1
