"""The journal's own leaves: numbered, chained, true at their place, whoever else appends at the same moment."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from contracts import Envelope
from eventstore import migrate
from journal.log.bookkeeping import close_day
from journal.log.checkpoints import Checkpoints, LogSigner
from journal.log.database import MIGRATIONS, Database, from_nodes, prepare
from journal.log.intake import Intake, SourceStopped
from journal.log.keys import record_keys
from journal.log.records import Draft, LogBehind, Records
from proof import tree
from proof.entry import EntryInvalid
from proof.record import scope_digest
from proof.tree import leaf_hash

if TYPE_CHECKING:
    from conftest import Audit, Keys, Service

OFFICE = str(UUID(int=1, version=4))
KEY = {"vkeys": [], "retired": []}
ACCESS = {"purpose": "control", "reference": None, "query": {}}


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


@pytest.fixture
def intake(database: Database) -> Intake:
    return Intake(database)


def test_records_are_numbered_and_chained_like_the_entries_of_a_service(
    audit: "Audit", new_service: "type[Service]", database: Database, intake: Intake, records: Records
) -> None:
    intake.receive(new_service().messages(2))
    office = UUID(OFFICE)
    records.append_all([Draft("access", ACCESS, office), Draft("key", KEY), Draft("access", ACCESS, office, uuid4())])
    last = records.append("access", ACCESS, office=office, actor=uuid4(), actor_kind="staff")
    assert (last.index, last.entry.store_seq, last.entry.office_seq) == (5, 4, 3)
    assert audit(database)[5] == last


def test_a_record_that_is_none_leaves_no_trace(audit: "Audit", database: Database, records: Records) -> None:
    with pytest.raises(EntryInvalid):
        records.append_all([Draft("key", KEY), Draft("access", {"purpose": "control"})])
    assert audit.leaves(database) == []


def test_nothing_is_appended_to_a_log_that_is_behind_what_it_published(audit: "Audit", database: Database) -> None:
    with pytest.raises(LogBehind):
        Records(database, lambda: False).append("key", KEY)
    assert audit.leaves(database) == []


def test_what_was_taken_in_before_the_records_came_is_found_the_same_way(
    new_service: "type[Service]", new_database: Callable[[], str], tmp_path: Path
) -> None:
    url, former = new_database(), tmp_path / "log" / "migrations"
    former.mkdir(parents=True)
    shutil.copy(MIGRATIONS / "0001_journal.sql", former)
    migrate(url, former)
    actor, entry = str(uuid4()), new_service()
    database = Database(url)
    data = entry.message(actor=actor).proofentry.encode()
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO journal.entry (idx, svc, store_seq, entry, type, agg, agg_ver) VALUES (0, 'dossier', 1, %s,"
            " 'dossier.dossier-edited', %s, 1)",
            (data, uuid4()),
        )
    prepare(url)
    with database.transaction() as connection:
        row = connection.execute("SELECT * FROM journal.entry").fetchone()
        guarded = connection.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'never_changed' AND tgrelid = 'journal.entry'::regclass"
        ).fetchone()
    database.close()
    assert row
    assert (row["kind"], str(row["actor"]), row["actor_kind"]) == ("event", actor, "system")
    assert (row["recorded_at"].isoformat(), row["entry"]) == ("2026-03-01T00:00:00+00:00", data)
    assert guarded == {"tgenabled": "O"}


def test_a_completed_dossier_is_closed_by_a_head_that_sums_it_up(
    audit: "Audit", new_service: "type[Service]", database: Database, intake: Intake
) -> None:
    service, dossier = new_service(), str(uuid4())
    intake.receive([service.message(dossier=dossier), service.message(), service.message(dossier=dossier)])
    intake.receive([service.message(dossier=dossier, type="dossier.dossier-completed"), service.message()])
    found = audit(database)
    (head,) = audit.of_kind(database, "head")
    assert (head.body["reason"], head.office, head.dossier) == ("closing", OFFICE, dossier)
    of_dossier = [leaf_hash(leaf.data) for leaf in found if leaf.entry.dossier == dossier and leaf.event]
    of_parts = [leaf_hash(leaf.data) for leaf in found if leaf.event]  # they are all of one aggregate, named by others
    assert len(of_dossier) < len(of_parts)
    assert (head.body["entries"], head.body["digest"]) == (5, scope_digest(of_parts))


def test_each_day_ends_with_a_head_of_each_office_that_was_active(
    audit: "Audit", new_service: "type[Service]", database: Database, intake: Intake, records: Records
) -> None:
    intake.receive(new_service().messages(3))
    quiet = new_service("vault", "document-read", office=str(uuid4()))
    intake.receive([quiet.message()])
    assert close_day(records, date(2026, 3, 1)) == 2
    assert close_day(records, date(2026, 3, 1)) == 0
    assert close_day(records, date(2026, 3, 2)) == 0
    intake.receive([quiet.message()])
    assert close_day(records, date(2026, 3, 3)) == 1
    heads = audit.of_kind(database, "head")
    assert [head.body["reason"] for head in heads] == ["daily"] * 3
    assert {head.office for head in heads[:2]} == {OFFICE, quiet.office}
    assert heads[2].office == quiet.office
    assert [head["svc"] for head in heads[2].body["heads"]] == ["journal", "vault"]
    audit(database)


def test_the_keys_of_the_log_are_recorded_when_they_change(
    audit: "Audit", database: Database, signer: LogSigner, keys: "Keys"
) -> None:
    records, both = Records(database), LogSigner(signer.origin, keys.file("log"), keys.file("mldsa"))
    for used in (signer, signer, both, signer):
        record_keys(records, used.keys)
    ed25519, mldsa = (key.vkey for key in both.keys)
    assert [(said.body["vkeys"], said.body["retired"]) for said in audit.of_kind(database, "key")] == [
        ([ed25519], []),
        ([ed25519, mldsa], []),
        ([ed25519], [mldsa]),
    ]


def test_a_log_goes_on_with_another_key_once_it_has_said_its_former_one(
    new_service: "type[Service]", database: Database, intake: Intake, signer: LogSigner, keys: "Keys"
) -> None:
    service, records = new_service(), Records(database)
    record_keys(records, signer.keys)
    intake.receive(service.messages(1))
    Checkpoints(database, signer).seal()
    other = LogSigner(signer.origin, keys.file("vault"))
    record_keys(records, other.keys)
    sealed = Checkpoints(database, other).seal()
    assert sealed
    assert sealed.size == 3


EVERYBODY = ("identity", "dossier", "vault", "lre-gateway")
"""Who held a key of the person; messaging held none."""


def erasing(new_service: "type[Service]", person: UUID) -> dict[str, list[Envelope]]:
    """Return what each service says of an erasure, in its own order."""
    said = {}
    for name in (*EVERYBODY, "messaging"):
        service = new_service(name, "person-keys-destroyed")
        first = []
        if name == "identity":
            asked = {"person_id": str(person), "office_id": OFFICE, "basis": "subject-request"}
            first = [service.message(type="identity.person-erased", data=asked, actor=str(uuid4()), actor_kind="staff")]
        said[name] = [*first, service.message(data={"person_id": str(person), "keys": int(name != "messaging")})]
    return said


@pytest.mark.parametrize("order", [(*EVERYBODY, "messaging"), ("messaging", *reversed(EVERYBODY))])
def test_an_erasure_is_recorded_once_every_service_has_destroyed_its_key(
    audit: "Audit", new_service: "type[Service]", database: Database, intake: Intake, order: tuple[str, ...]
) -> None:
    person = uuid4()
    said = erasing(new_service, person)
    for name in order[:-1]:
        intake.receive(said[name])
        assert audit.of_kind(database, "erasure") == []
    intake.receive(said[order[-1]])
    (erasure,) = audit.of_kind(database, "erasure")
    assert erasure.body == {
        "person": str(person),
        "basis": "subject-request",
        "services": ["dossier", "identity", "lre-gateway", "messaging", "vault"],
        "keys": 4,
    }
    assert (erasure.office, erasure.actor_kind) == (OFFICE, "staff")
    with database.transaction() as connection:
        connection.execute(
            "TRUNCATE journal.erasure, journal.keys_destroyed"
        )  # as a recovery from the copy leaves them
    for name in order:
        intake.receive(said[name])  # once more: known already
    assert len(audit.of_kind(database, "erasure")) == 1


@pytest.mark.parametrize("data", [{}, {"person_id": "somebody", "keys": 1}, {"person_id": str(uuid4())}])
def test_an_erasure_that_does_not_say_of_whom_or_how_raises_the_alarm(
    new_service: "type[Service]", intake: Intake, data: dict[str, Any]
) -> None:
    with pytest.raises(SourceStopped, match="entry-unreadable"):
        intake.receive([new_service("vault", "person-keys-destroyed").message(data=data)])


def take(database: Database, sent: list[Envelope]) -> None:
    intake = Intake(database)
    for start in range(0, len(sent), 3):
        intake.receive(sent[start : start + 3])


def append(database: Database) -> None:
    for _ in range(15):
        Records(database).append("access", ACCESS, office=UUID(OFFICE))


def close(database: Database) -> None:
    for day in range(1, 10):
        close_day(Records(database), date(2026, 3, day))


def sign(database: Database, signer: LogSigner) -> None:
    for _ in range(15):
        Checkpoints(database, signer).seal()


def test_two_journals_started_by_mistake_write_one_history(
    audit: "Audit", new_service: "type[Service]", database: Database, signer: LogSigner, database_url: str
) -> None:
    other = Database(database_url)
    completed = {"type": "dossier.dossier-completed", "dossier": str(uuid4())}
    sent = [new_service().messages(30, **completed), new_service("vault", "document-read").messages(30)]
    with ThreadPoolExecutor(10) as pool:
        works = [pool.submit(take, one, messages) for one in (database, other) for messages in sent]
        works += [pool.submit(work, one) for work in (append, close) for one in (database, other)]
        works += [pool.submit(sign, one, signer) for one in (database, other)]
        for work in works:
            work.result()
    other.close()
    found = audit(database)
    assert sum(leaf.event is not None for leaf in found) == 60
    assert len(audit.of_kind(database, "access")) == 30
    assert len([head for head in audit.of_kind(database, "head") if head.body["reason"] == "closing"]) == 30
    with database.transaction() as connection:
        signed = connection.execute("SELECT size, root FROM journal.checkpoint ORDER BY size").fetchall()
        roots = from_nodes(connection, lambda read: [tree.root(row["size"], read) for row in signed])
        assert [bytes(row["root"]) for row in signed] == roots
