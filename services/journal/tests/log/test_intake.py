from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from journal.log.alarms import Alarms
from journal.log.checkpoints import Checkpoints, ForkRefused, LogSigner
from journal.log.database import Database, from_nodes, log_size
from journal.log.intake import HoleLeft, Intake, Reached, SourceStopped
from proof import tree
from proof.tree import leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from conftest import Service


def causes(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [row["cause"] for row in connection.execute("SELECT cause FROM journal.alarm ORDER BY id").fetchall()]


@pytest.fixture
def intake(database: Database) -> Intake:
    return Intake(database)


@pytest.fixture
def checkpoints(database: Database, signer: LogSigner) -> Checkpoints:
    return Checkpoints(database, signer)


def test_entries_of_several_services_make_one_tree_that_proves_each(
    new_service: "type[Service]", database: Database, intake: Intake
) -> None:
    dossier, vault = new_service(), new_service("vault", "document-read")
    sent = [*dossier.messages(3), *vault.messages(2), *dossier.messages(4)]
    for batch in (sent[:3], sent[3:5], sent[5:]):
        intake.receive(batch)
    assert intake.position("dossier") == Reached(1, 7)
    assert intake.position("vault") == Reached(1, 2)
    with database.transaction() as connection:
        size = log_size(connection)
        root = from_nodes(connection, partial(tree.root, size))
        for index, message in enumerate(sent):
            proof = from_nodes(connection, partial(tree.inclusion_proof, index, size))
            assert verify_inclusion(leaf_hash(message.proofentry.encode()), index, size, proof, root)


def test_what_was_already_taken_in_does_nothing(
    new_service: "type[Service]", database: Database, intake: Intake
) -> None:
    sent = new_service().messages(3)
    intake.receive(sent)
    intake.receive(sent[1:])
    with database.transaction() as connection:
        assert log_size(connection) == 3
    assert causes(database) == []


def test_a_hole_is_never_taken_in(new_service: "type[Service]", intake: Intake) -> None:
    sent = new_service().messages(3)
    with pytest.raises(HoleLeft):
        intake.receive([sent[0], sent[2]])
    assert intake.position("dossier") is None


def test_other_bytes_for_a_known_number_raise_the_alarm_and_stop_the_service(
    new_service: "type[Service]", database: Database, intake: Intake
) -> None:
    sent = new_service().messages(2)
    intake.receive(sent)
    rewritten = new_service().messages(3, actor_kind="staff")
    for _ in range(2):
        with pytest.raises(SourceStopped):
            intake.receive(rewritten[1:])
    assert causes(database) == ["rewritten-history"]
    with pytest.raises(SourceStopped):
        intake.receive([new_service().messages(3)[2]])
    intake.receive(new_service("vault", "document-read").messages(1))
    assert intake.position("vault") == Reached(1, 1)


def test_an_operator_who_has_looked_lets_the_service_go_on(
    new_service: "type[Service]", database: Database, intake: Intake
) -> None:
    service, alarms = new_service(), Alarms(database)
    intake.receive(service.messages(1))
    with pytest.raises(SourceStopped):
        intake.receive(new_service().messages(1, actor_kind="staff"))
    assert [(alarm["id"], alarm["store_seq"], alarm["stopped"]) for alarm in alarms.list()] == [("dossier", 1, True)]
    assert alarms.replay(["vault"]) == 0
    assert alarms.replay([]) == 1
    intake.receive(service.messages(1))
    assert intake.position("dossier") == Reached(1, 2)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"agg_ver": 5}, "aggregate-chain-broken"),
        ({"office": str(UUID(int=9, version=4))}, "office-chain-broken"),
    ],
)
def test_an_entry_that_continues_nothing_raises_the_alarm(
    new_service: "type[Service]", database: Database, intake: Intake, facts: dict[str, Any], cause: str
) -> None:
    service = new_service()
    intake.receive(service.messages(2))
    with pytest.raises(SourceStopped):
        intake.receive([service.message(**facts)])
    assert causes(database) == [cause]


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.replace('"kind":"event"', '"kind":"other"'),
        lambda entry: entry.replace('":', '": ', 1),
        lambda entry: entry.replace('"store_seq":1', '"store_seq":2'),
    ],
)
def test_an_entry_that_is_none_raises_the_alarm(
    new_service: "type[Service]", database: Database, intake: Intake, change: Callable[[str], str]
) -> None:
    message = new_service().message()
    with pytest.raises(SourceStopped):
        intake.receive([message.model_copy(update={"proofentry": change(message.proofentry)})])
    assert causes(database) == ["entry-unreadable"]


def test_a_raised_epoch_goes_on_where_the_bytes_are_the_same(new_service: "type[Service]", intake: Intake) -> None:
    intake.receive(new_service().messages(3))
    again = new_service().messages(5, epoch=2)
    intake.receive(again[1:2])
    assert intake.position("dossier") == Reached(2, 2)
    intake.receive(again[2:])
    assert intake.position("dossier") == Reached(2, 5)


def test_the_log_refuses_to_be_changed(new_service: "type[Service]", database: Database, intake: Intake) -> None:
    intake.receive(new_service().messages(1))
    for statement in (
        "UPDATE journal.entry SET entry = ''",
        "DELETE FROM journal.node",
        "DELETE FROM journal.alarm",
        "TRUNCATE journal.checkpoint CASCADE",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
            connection.execute(statement.encode())


def test_nothing_is_signed_of_an_empty_log(checkpoints: Checkpoints) -> None:
    assert checkpoints.seal() is None
    assert not checkpoints.due(since=100)


@pytest.mark.covers("L-68")
def test_entries_wait_for_the_cadence_but_a_completed_dossier_does_not(
    new_service: "type[Service]", intake: Intake, checkpoints: Checkpoints
) -> None:
    intake.receive(new_service().messages(1))
    assert not checkpoints.due(since=1)
    assert checkpoints.due(since=5)
    sealed = checkpoints.seal()
    assert sealed
    assert sealed.size == 1
    assert not checkpoints.due(since=100)
    completed = new_service()
    completed.messages(1)
    intake.receive([completed.message(type="dossier.dossier-completed")])
    assert checkpoints.due(since=0.1)


def test_sealing_again_signs_nothing_new(
    new_service: "type[Service]", intake: Intake, checkpoints: Checkpoints
) -> None:
    intake.receive(new_service().messages(2))
    assert checkpoints.seal() == checkpoints.seal() == checkpoints.at(2)
    assert checkpoints.at(1) is None


def test_a_root_that_was_stored_but_not_signed_is_signed_after_a_crash(
    new_service: "type[Service]", database: Database, intake: Intake, checkpoints: Checkpoints
) -> None:
    service = new_service()
    intake.receive(service.messages(2))
    with database.transaction() as connection:
        root = from_nodes(connection, partial(tree.root, 2))
        connection.execute("INSERT INTO journal.checkpoint (size, root) VALUES (2, %s)", (root,))
    intake.receive(service.messages(1))
    first, second = checkpoints.seal(), checkpoints.seal()
    assert first
    assert second
    assert (first.size, second.size) == (2, 3)


def test_a_log_that_does_not_extend_what_was_signed_is_never_signed(
    new_service: "type[Service]", database: Database, intake: Intake, checkpoints: Checkpoints
) -> None:
    service = new_service()
    intake.receive(service.messages(2))
    checkpoints.seal()
    intake.receive(service.messages(1))
    with database.transaction() as connection:
        connection.execute("ALTER TABLE journal.node DISABLE TRIGGER never_changed")
        connection.execute("UPDATE journal.node SET hash = sha256('other') WHERE level = 1 AND idx = 0")
    with pytest.raises(ForkRefused):
        checkpoints.seal()
    last = checkpoints.last()
    assert last
    assert last.size == 2


def test_a_signature_by_another_key_is_never_extended(
    new_service: "type[Service]", database: Database, intake: Intake, checkpoints: Checkpoints
) -> None:
    service = new_service()
    intake.receive(service.messages(1))
    sealed = checkpoints.seal()
    assert sealed
    with database.transaction() as connection:
        connection.execute("ALTER TABLE journal.checkpoint DISABLE TRIGGER note_never_changed")
        foreign = sealed.note.replace(b"journal.example/test ", b"journal.example/else ")
        connection.execute("UPDATE journal.checkpoint SET note = %s", (foreign,))
    intake.receive(service.messages(1))
    with pytest.raises(ForkRefused):
        checkpoints.seal()
