"""Every stored row against every leaf, as an operator without a key does it."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from chassis.client import Unavailable
from journal.attest.auditing import Audit, Difference, Result, audit_command
from journal.log.database import Database
from journal.log.records import Draft, Records

if TYPE_CHECKING:
    from conftest import Platform


def audit(platform: "Platform") -> Result:
    return Audit(platform.database, platform.peers.rows).run()


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
    ("statement", "what"),
    [
        ("UPDATE ledger.stored_events SET state = 'other' WHERE notification_id = 2", "state-differs"),
        ("UPDATE ledger.stored_events SET topic = 'vault.sample-other' WHERE notification_id = 2", "row-mislabelled"),
        ("UPDATE ledger.stored_events SET entry = 'other' WHERE notification_id = 2", "entry-differs"),
        ("DELETE FROM ledger.stored_events WHERE notification_id = 2", "row-missing"),
    ],
)
def test_a_changed_store_is_found_where_it_was_changed(sealed: "Platform", statement: str, what: str) -> None:
    sealed.tamper("vault", statement)
    assert where(audit(sealed)) == [("vault", 2, what)]


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
    def rows(svc: str, after: int, limit: int) -> Sequence[Any]:
        if svc == "vault":
            raise Unavailable(peer=svc)
        return sealed.peers.rows(svc, after, limit)

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
    assert audit_command(sealed.database, sealed.peers.rows, []) == 0
    assert capsys.readouterr().out == (
        "12 leaves, 2 signed states rebuilt\n"
        "dossier: 6 leaves, 6 rows compared, 0 ahead\n"
        "vault: 6 leaves, 6 rows compared, 0 ahead\n"
        "0 differences\n"
    )
    sealed.tamper("vault", "UPDATE ledger.stored_events SET state = 'other' WHERE notification_id = 2")
    assert audit_command(sealed.database, sealed.peers.rows, ["--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["clean"], said["listed"]) == (False, [{"svc": "vault", "place": 2, "what": "state-differs"}])
    assert audit_command(sealed.database, sealed.peers.rows, []) == 1
    assert "DIFFERS vault 2: state-differs\n1 differences\n" in capsys.readouterr().out


def test_a_long_log_is_compared_in_pages_and_tells_how_far_it_is(database: Database) -> None:
    Records(database).append_all([Draft("access", {"purpose": "control", "reference": None, "query": {}})] * 20_500)
    told: list[str] = []
    result = Audit(database, lambda *_: [], told.append).run()
    assert (result.size, result.clean, result.services) == (20_500, True, {})
    assert told == ["tree: 10000 leaves", "tree: 20000 leaves"]
