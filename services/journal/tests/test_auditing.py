"""Every stored row against every leaf, as an operator without a key does it."""

import json
from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from chassis.client import Unavailable
from chassis.feed import Stretch
from journal.attest.auditing import Audit, Difference, Result, audit_command
from journal.log.database import Database
from journal.log.records import Draft, Records
from journal.reading.peers import Peers

if TYPE_CHECKING:
    from conftest import Platform


def audit(platform: "Platform") -> Result:
    return Audit(platform.database, platform.peers.bulk).run()


def where(result: Result) -> list[tuple[str, int, str]]:
    return [(one.svc, one.place, one.what) for one in result.listed]


def damage(database: Database, table: str, statement: str, *values: Any) -> None:
    with database.transaction() as connection:
        connection.execute(f"ALTER TABLE journal.{table} DISABLE TRIGGER ALL".encode())
        connection.execute(statement.encode(), values)
        connection.execute(f"ALTER TABLE journal.{table} ENABLE TRIGGER ALL".encode())


@pytest.fixture
def sealed(platform: "Platform") -> "Platform":
    platform.checkpoints.seal()
    platform.live()
    platform.take_in()
    platform.checkpoints.seal()
    return platform


def test_an_honest_platform_is_the_same_on_both_sides(sealed: "Platform") -> None:
    result = audit(sealed)
    assert result.clean
    assert (result.size, result.checkpoints, result.differences) == (12, 2, 0)
    assert {svc: (one.leaves, one.rows, one.ahead) for svc, one in result.services.items()} == {
        "dossier": (6, 6, 0),
        "vault": (6, 6, 0),
    }


def test_what_is_not_taken_in_yet_is_no_difference(sealed: "Platform") -> None:
    sealed.live()
    result = audit(sealed)
    assert result.clean
    assert {svc: one.ahead for svc, one in result.services.items()} == {"dossier": 3, "vault": 3}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("state = 'other'", "state-differs"),
        ("topic = 'vault.sample-other'", "row-mislabelled"),
        ("""topic = topic || '","v":1}'""", "row-mislabelled"),
        ("originator_id = gen_random_uuid()", "row-mislabelled"),
        ("originator_version = 10", "row-mislabelled"),
        ("entry = 'other'", "entry-differs"),
        ("notification_id = 99", "row-missing"),
    ],
)
def test_a_changed_store_is_found_where_it_was_changed(sealed: "Platform", change: str, what: str) -> None:
    sealed.tamper("vault", f"UPDATE ledger.stored_events SET {change} WHERE notification_id = 2")
    assert where(audit(sealed)) == [("vault", 2, what)]


def test_a_removed_row_is_found(sealed: "Platform") -> None:
    sealed.tamper("vault", "DELETE FROM ledger.stored_events WHERE notification_id = 2")
    assert where(audit(sealed)) == [("vault", 2, "row-missing")]


@pytest.mark.parametrize(("column", "what"), [("state", "state-differs"), ("topic", "row-mislabelled")])
def test_what_was_made_nothing_is_found(sealed: "Platform", column: str, what: str) -> None:
    sealed.tamper("vault", f"ALTER TABLE ledger.stored_events ALTER {column} DROP NOT NULL")
    sealed.tamper("vault", f"UPDATE ledger.stored_events SET {column} = NULL WHERE notification_id = 2")
    assert where(audit(sealed)) == [("vault", 2, what)]


@pytest.mark.parametrize("entry", ["no JSON", "[]", '{"agg":"","agg_ver":1,"state_h":""}'])
def test_a_leaf_changed_on_both_sides_is_found_in_the_tree_and_is_no_entry(sealed: "Platform", entry: str) -> None:
    sealed.tamper("vault", "UPDATE ledger.stored_events SET entry = %s WHERE notification_id = 2", entry.encode())
    statement = "UPDATE journal.entry SET entry = %s WHERE svc = 'vault' AND store_seq = 2"
    damage(sealed.database, "entry", statement, entry.encode())
    assert ("vault", 2, "leaf-unreadable") in where(audit(sealed))


def test_a_changed_leaf_is_found_in_the_tree_and_at_its_service(sealed: "Platform") -> None:
    damage(sealed.database, "entry", "UPDATE journal.entry SET entry = 'other' WHERE idx = 4")
    result = audit(sealed)
    with sealed.database.transaction() as connection:
        row = connection.execute("SELECT svc, store_seq FROM journal.entry WHERE idx = 4").fetchone()
    assert row is not None
    assert where(result) == [
        ("journal", 6, "root-differs"),
        ("journal", 12, "root-differs"),
        (row["svc"], row["store_seq"], "entry-differs"),
    ]


@pytest.mark.parametrize(("index", "found"), [(7, "leaf-missing"), (11, "leaves-missing")])
def test_a_removed_leaf_is_found(sealed: "Platform", index: int, found: str) -> None:
    damage(sealed.database, "entry", "DELETE FROM journal.entry WHERE idx = %s", index)
    result = audit(sealed)
    assert not result.clean
    assert found in {one.what for one in result.listed}


def test_a_service_that_does_not_answer_leaves_the_audit_open(sealed: "Platform") -> None:
    def rows(svc: str, after: int, until: int, length: int) -> Generator[Stretch]:
        if svc == "vault":
            raise Unavailable(peer=svc)
        return sealed.peers.bulk(svc, after, until, length)

    result = Audit(sealed.database, rows).run()
    assert result.away == ["vault"]
    assert not result.clean


def test_differences_beyond_the_list_are_counted() -> None:
    result = Result()
    for number in range(1500):
        result.add("vault", number, "row-missing")
    assert (result.differences, len(result.listed)) == (1500, 1000)
    assert result.listed[0] == Difference("vault", 0, "row-missing")


def test_the_verb_says_what_it_found(sealed: "Platform", capsys: pytest.CaptureFixture[str]) -> None:
    assert audit_command(sealed.database, sealed.peers.bulk, []) == 0
    assert capsys.readouterr().out == (
        "12 leaves, 2 signed states rebuilt\n"
        "dossier: 6 leaves, 6 rows compared, 0 ahead\n"
        "vault: 6 leaves, 6 rows compared, 0 ahead\n"
        "0 differences\n"
    )
    sealed.tamper("vault", "UPDATE ledger.stored_events SET state = 'other' WHERE notification_id = 2")
    assert audit_command(sealed.database, sealed.peers.bulk, ["--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["clean"], said["listed"]) == (False, [{"svc": "vault", "place": 2, "what": "state-differs"}])
    assert audit_command(sealed.database, sealed.peers.bulk, []) == 1
    assert "DIFFERS vault 2: state-differs\n1 differences\n" in capsys.readouterr().out


def test_every_number_that_neither_side_holds_any_more_is_found(sealed: "Platform") -> None:
    sealed.tamper("vault", "DELETE FROM ledger.stored_events WHERE notification_id < 6")
    damage(sealed.database, "entry", "DELETE FROM journal.entry WHERE svc = 'vault' AND store_seq BETWEEN 2 AND 4")
    assert where(audit(sealed))[-5:] == [
        ("vault", 1, "row-missing"),
        ("vault", 2, "leaf-missing"),
        ("vault", 3, "leaf-missing"),
        ("vault", 4, "leaf-missing"),
        ("vault", 5, "row-missing"),
    ]


def test_a_long_store_is_compared_in_stretches(sealed: "Platform") -> None:
    """Enough events that the last stretch is a short one, damaged at the edges of stretches."""
    sealed.note(600)
    for _ in range(2):
        sealed.take_in()
    result = audit(sealed)
    assert result.clean
    assert asdict(result.services["dossier"]) == {"leaves": 606, "rows": 606, "ahead": 0}
    edges = [250, 251, 500, 501, 606]
    sealed.tamper("dossier", "UPDATE ledger.stored_events SET state = 'x' WHERE notification_id = ANY(%s)", edges)
    assert where(audit(sealed)) == [("dossier", edge, "state-differs") for edge in edges]


def test_a_long_log_is_compared_in_stretches_and_tells_how_far_it_is(database: Database) -> None:
    Records(database).append_all([Draft("access", {"purpose": "control", "reference": None, "query": {}})] * 20_500)
    told: list[str] = []
    result = Audit(database, Peers({}).bulk, told.append).run()
    assert (result.size, result.clean, result.services) == (20_500, True, {})
    assert told == ["tree: 10000 leaves", "tree: 20000 leaves"]
