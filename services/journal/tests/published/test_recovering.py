"""The database is put back to an earlier state: what was published since comes back, or nothing is touched."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from journal.attest.attestations import Attestations
from journal.attest.layout import note_name
from journal.attest.published import size_in
from journal.attest.recovering import Recovered, Recovery, RecoveryRefused, recover_command
from journal.log.alarms import Alarms
from journal.log.checkpoints import ForkRefused, LogSigner
from journal.log.database import Database, log_size, prepare
from journal.log.intake import Intake
from proof.cosignature import Cosigner
from proof.verify import Trust, verify

if TYPE_CHECKING:
    from conftest import Copy, Log, Outside, Platform

TABLES = {
    "entry": "SELECT idx, svc, store_seq, entry, kind, type, agg, agg_ver, office, dossier, actor, actor_kind,"
    " recorded_at FROM journal.entry ORDER BY idx",
    "node": "SELECT level, idx, hash FROM journal.node ORDER BY level, idx",
    "office_head": "SELECT * FROM journal.office_head ORDER BY svc, office",
    "checkpoint": "SELECT size, root, note FROM journal.checkpoint ORDER BY size",
    "token": "SELECT size, number, response, authority, stamped_at FROM journal.token ORDER BY size, number",
    "cosignature": "SELECT size, vkey, line, cosigned_at FROM journal.cosignature ORDER BY id",
    "source": "SELECT svc, last FROM journal.source ORDER BY svc",
}


def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.transaction() as connection:
        return {table: connection.execute(query.encode()).fetchall() for table, query in TABLES.items()}


def size(database: Database) -> int:
    with database.transaction() as connection:
        return log_size(connection)


def recovery(log: "Log") -> Recovery:
    copy = log.copy
    return Recovery(
        log.database, copy.tiles, copy.worm, copy.published(), log.signer.read, Attestations(log.database), ()
    )


@pytest.mark.covers("C-09")
@pytest.mark.fault("F38")
def test_a_journal_put_back_to_a_backup_gets_back_what_it_had_published(
    published: "Platform",
    copy: "Copy",
    attesters: "Outside",
    backup: Callable[..., "Log"],
) -> None:
    copy.attest(published)
    log = backup(published.settings.database_url)
    published.live()
    published.complete()
    reached = copy.attest(published)
    bundle = published.get(f"/dossiers/{published.dossier}/bundle").content
    copy.publisher(published.database).publish()
    log.signer = LogSigner("journal.example/test", published.keys.file("log"), published.keys.file("mldsa"))
    assert size(log.database) < reached
    cosigners = [Cosigner.parse(witness.vkey) for witness in attesters.witnesses]
    attestations = Attestations(log.database, cosigners)
    put_back = Recovery(
        log.database,
        copy.tiles,
        copy.worm,
        copy.published(),
        log.signer.read,
        attestations,
        published.parts.policy.authorities,
    )
    done = put_back.recover()
    assert done.before < reached <= done.size == size(published.database)
    assert content(log.database) == content(published.database)
    assert put_back.recover() == Recovered(done.size, done.size, 0, 0, 0)
    goes_on(published, log, done.size)
    old = verify(bundle, Trust(at=datetime.now(UTC), policy=published.policy(), known=(last_note(log),)), level=1)
    assert (old.verdict, old.level) == ("intact", 4)
    copy.publisher(log.database).publish()
    assert Alarms(log.database).list() == []


def goes_on(platform: "Platform", log: "Log", size_before: int) -> None:
    """Let the services live on: what they send again is known, what is new follows, and it is signed."""
    platform.live()
    intake = Intake(log.database)
    for svc in platform.stores:
        reached = intake.position(svc)
        assert reached is not None
        last = platform.stores[svc].read(0, 500)[-1].store_seq
        assert reached.store_seq < last
        intake.receive(platform.peers.envelopes(svc, reached.store_seq, 500))
        again = intake.position(svc)
        assert again is not None
        assert (again.epoch, again.store_seq) == (reached.epoch, last)
    log.checkpoints._signer = log.signer
    sealed = log.checkpoints.seal()
    assert sealed is not None
    assert sealed.size > size_before


def last_note(log: "Log") -> bytes:
    """Return a checkpoint that was signed before the recovery and that the log still has."""
    with log.database.transaction() as connection:
        row = connection.execute("SELECT note FROM journal.checkpoint WHERE size < 20 ORDER BY size LIMIT 1").fetchone()
    assert row is not None
    return bytes(row["note"])


def test_an_empty_database_gets_the_whole_published_log(
    log: "Log", copy: "Copy", log_at: Callable[[str], "Log"], new_database: Callable[[], str]
) -> None:
    for amount in (5, 300, 500):
        log.seal(amount)
        copy.publisher(log.database).publish()
    url = new_database()
    prepare(url)
    empty = log_at(url)
    assert recovery(empty).recover() == Recovered(0, 805, 3, 0, 0)
    assert content(empty.database) == content(log.database)
    assert copy.publisher(empty.database).publish() == 805
    assert empty.seal(1).size == 806
    assert copy.publisher(empty.database).publish() == 806


def test_the_verb_says_what_came_back_or_why_nothing_did(
    log: "Log", copy: "Copy", backup: Callable[..., "Log"], capsys: pytest.CaptureFixture[str]
) -> None:
    log.seal(5)
    behind = backup()
    assert recover_command(recovery(behind), []) == 1
    assert capsys.readouterr().err.startswith("not recovered: nothing was ever published")
    log.seal(5)
    copy.publisher(log.database).publish()
    assert recover_command(recovery(behind), []) == 0
    assert capsys.readouterr().out.startswith("the log held 5 leaves and holds 10; 1 signed states, 0 tokens")


def test_a_log_that_grew_after_the_restore_is_refused_and_left_as_it_is(
    log: "Log", copy: "Copy", backup: Callable[..., "Log"]
) -> None:
    log.seal(5)
    behind = backup()
    log.seal(400)
    copy.publisher(log.database).publish()
    behind.grow(1)
    with pytest.raises(ForkRefused):
        behind.checkpoints.seal()
    before = content(behind.database)
    with pytest.raises(RecoveryRefused, match="not a beginning of the published one"):
        recovery(behind).recover()
    assert content(behind.database) == before


def test_a_root_that_was_decided_and_not_signed_is_no_obstacle(
    log: "Log", copy: "Copy", backup: Callable[..., "Log"]
) -> None:
    log.seal(5)
    log.grow(2)
    behind = backup()
    log.seal(600)
    copy.publisher(log.database).publish()
    with pytest.raises(ForkRefused):
        behind.checkpoints.seal()
    assert recovery(behind).recover() == Recovered(7, 607, 1, 0, 0)
    assert content(behind.database) == content(log.database)
    assert behind.seal().size == 608


def test_a_log_that_lacks_nothing_stays_as_it_is(log: "Log", copy: "Copy") -> None:
    with pytest.raises(RecoveryRefused, match="nothing was ever published"):
        recovery(log).recover()
    log.seal(300)
    copy.publisher(log.database).publish()
    log.grow(3)
    before = content(log.database)
    assert recovery(log).recover() == Recovered(303, 303, 0, 0, 0)
    assert content(log.database) == before


@pytest.mark.parametrize("harm", ["gone", "changed", "cut", "foreign"])
def test_a_published_log_that_is_damaged_is_not_taken_over(
    log: "Log", copy: "Copy", backup: Callable[..., "Log"], harm: str
) -> None:
    log.seal(5)
    behind = backup()
    sealed = log.seal(15)
    copy.publisher(log.database).publish()
    path = "tile/entries/000.p/20"
    data = copy.tiles.get(path) or b""
    copy.tiles.remove([path])
    if harm == "gone":
        for one in copy.worm.names("tile/entries/"):
            copy.worm.remove([one])
    if harm == "changed":
        copy.tiles.put(path, data.replace(b"control", b"contral"))
    if harm == "cut":
        copy.tiles.put(path, data[:-1])
    if harm == "foreign":
        copy.tiles.put(path, data)
        copy.worm.put(note_name(21), sealed.note.replace(b"\n20\n", b"\n21\n"))
    before = content(behind.database)
    with pytest.raises(RecoveryRefused):
        recovery(behind).recover()
    assert content(behind.database) == before


def test_a_note_that_the_log_did_not_sign_does_not_hinder(
    log: "Log", copy: "Copy", backup: Callable[..., "Log"]
) -> None:
    log.seal(5)
    behind = backup()
    log.seal(15)
    copy.publisher(log.database).publish()
    copy.worm.put(note_name(7), b"no note of this log")
    assert recovery(behind).recover() == Recovered(5, 20, 1, 0, 0)
    assert size_in(copy.published()() or b"") == 20
