"""What is published, in which order, and what happens when that ends half-way."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from journal.attest.attestations import Attestations
from journal.attest.layout import LATEST, cosigned_name, note_name, token_name
from journal.attest.published import Published, caught_up, size_in
from journal.attest.publishing import DIFFERS, PublishedDiffers, Publisher, publishing
from journal.attest.s3 import BRIEF, Bucket, NotLocked, StorageAway
from journal.log.alarms import Alarms
from journal.log.catchup import CaughtUp
from journal.log.checkpoints import Checkpoints, ForkRefused, LogSigner, PublishedUnknown
from journal.log.database import Database, prepare
from journal.log.intake import Intake
from journal.log.records import LogBehind, Records
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, cosign
from proof.note import Note
from proof.tiles import Tile, decode_entries, tile_reader
from proof.tree import root

if TYPE_CHECKING:
    from conftest import Copy, Log


class Killed(BaseException):
    """The process ends here."""


class Dying(Bucket):
    """A bucket whose process is killed before or after a certain write."""

    def dies(self, step: int, *, after: bool) -> "Dying":
        self.left, self.after = step, after
        return self

    def put(self, name: str, data: bytes) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        super().put(name, data)
        if self.left == 0:
            raise Killed


def read_root(copy: "Copy", note: bytes, bucket: Bucket | None = None) -> bytes:
    """Compute the root of a checkpoint from the published tiles alone."""
    size = size_in(note)

    def read(tile: Tile) -> bytes:
        found = (bucket or copy.tiles).get(tile.path) or (bucket or copy.tiles).get(tile.whole.path)
        assert found is not None, tile
        return found

    return root(size, tile_reader(size, read))


def test_a_signed_log_is_published_whole(log: "Log", copy: "Copy") -> None:
    sealed = log.seal(600)
    assert copy.publisher(log.database).publish() == 600
    tiles = {"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"}
    entries = {"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"}
    assert set(copy.tiles.names("")) == {LATEST, note_name(600), *tiles, *entries}
    assert set(copy.worm.names("")) == {note_name(600), *tiles, *entries}
    assert copy.tiles.get(LATEST) == copy.worm.get(note_name(600)) == sealed.note
    assert read_root(copy, sealed.note) == read_root(copy, sealed.note, copy.worm) == sealed.root
    with log.database.transaction() as connection:
        rows = connection.execute("SELECT entry FROM journal.entry ORDER BY idx").fetchall()
    bundles = {Tile(0, 0), Tile(0, 1), Tile(0, 2, 88)}
    for tile in bundles:
        held = decode_entries(tile, copy.tiles.get(tile.entries_path) or b"")
        assert held == [bytes(row["entry"]) for row in rows[tile.first : tile.first + tile.width]]


@pytest.mark.covers("C-09")
def test_every_object_of_the_copy_is_locked_and_the_others_are_not(log: "Log", copy: "Copy") -> None:
    log.seal(260)
    copy.publisher(log.database).publish()
    for name in copy.worm.names(""):
        kept = copy.worm.kept(name)
        assert kept is not None
        assert kept.mode == "COMPLIANCE"
        assert kept.until is not None
        assert abs(kept.until - kept.stored_at - timedelta(days=2)) < timedelta(minutes=1)
    kept = copy.tiles.kept(LATEST)
    assert kept is not None
    assert kept.mode is None


def test_partial_tiles_go_when_they_are_full_and_enter_the_copy_every_hour(log: "Log", copy: "Copy") -> None:
    publisher, now = copy.publisher(log.database), datetime.now(UTC)
    for amount in (100, 100):
        log.seal(amount)
        publisher.publish(now)
    assert copy.tiles.get("tile/0/000.p/100")
    assert copy.tiles.get("tile/entries/000.p/200")
    assert copy.worm.get("tile/entries/000.p/100")
    assert copy.worm.get("tile/entries/000.p/200") is None
    publisher.publish(now + timedelta(minutes=59))
    assert copy.worm.get("tile/0/000.p/200") is None
    publisher.publish(now + timedelta(hours=1))
    assert copy.worm.get("tile/0/000.p/200")
    assert copy.worm.get("tile/entries/000.p/200")
    log.seal(57)
    publisher.publish(now + timedelta(hours=1))
    assert [name for name in copy.tiles.names("tile/") if "000.p" in name] == ["tile/1/000.p/1"]
    assert copy.worm.get("tile/0/000")


def test_tokens_and_cosignatures_follow_their_checkpoint(log: "Log", copy: "Copy") -> None:
    sealed, key = log.seal(3), MLDSA44PrivateKey.generate()
    witness = cosign(Note.parse(sealed.note).text, "witness.example", key, datetime.now(UTC))
    other = cosign(Note.parse(sealed.note).text, "other.example", key, datetime.now(UTC))
    cosigners = [Cosigner.of("other.example", key), Cosigner.of("witness.example", key)]
    attestations = Attestations(log.database, cosigners)
    publisher = Publisher(log.database, copy.tiles, copy.worm, attestations.note)
    publisher.publish()
    with log.database.transaction() as connection:
        for line, cosigner in ((witness, cosigners[1]), (other, cosigners[0])):
            connection.execute(
                "INSERT INTO journal.cosignature (size, vkey, line, cosigned_at) VALUES (3, %s, %s, now())",
                (cosigner.vkey, Note("", (line,)).encode().decode().lstrip("\n")),
            )
        connection.execute(
            "INSERT INTO journal.token (size, number, response, authority, stamped_at) VALUES (3, 0, 'tsr', 'a', now())"
        )
    publisher.publish()
    for bucket in (copy.tiles, copy.worm):
        assert bucket.get(token_name(3, 0)) == b"tsr"
        assert bucket.get(cosigned_name(3, 1)) == Note.parse(sealed.note).encode() + lines(witness)
        assert bucket.get(cosigned_name(3, 2)) == Note.parse(sealed.note).encode() + lines(witness, other)
        assert bucket.get(note_name(3)) == sealed.note
    assert copy.tiles.get(LATEST) == attestations.note(3) == sealed.note + lines(other, witness)


def lines(*signatures: object) -> bytes:
    return Note("", signatures).encode().lstrip(b"\n")  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", ["tiles", "worm"])
def test_a_publisher_killed_at_any_write_is_carried_on(log: "Log", copy: "Copy", which: str, *, after: bool) -> None:
    """One log, killed at the first write, at the second … until a publisher comes to its end."""
    address, kills = copy.address, 0
    while True:
        log.seal(130)
        named = {"tiles": copy.tiles, "worm": copy.worm}
        dying = Dying(address, named[which].name, named[which].locked_days).dies(kills + 1, after=after)
        named[which] = dying
        publisher = Publisher(log.database, named["tiles"], named["worm"], Attestations(log.database).note)
        try:
            publisher.publish()
        except Killed:
            kills += 1
        else:
            break
        finally:
            dying.close()
    assert kills >= 3
    last = log.checkpoints.last()
    assert last is not None
    assert copy.tiles.get(LATEST) == last.note
    assert read_root(copy, last.note) == last.root
    assert list(copy.tiles.names("checkpoints/")) == list(copy.worm.names("checkpoints/"))
    assert list(copy.worm.names("checkpoints/")) == [note_name(130 * step) for step in range(1, kills + 2)]
    full = {name for name in copy.tiles.names("tile/") if ".p/" not in name}
    assert full == {name for name in copy.worm.names("tile/") if ".p/" not in name}
    assert Alarms(log.database).list() == []


def test_a_database_that_can_write_nothing_for_a_while_loses_nothing(
    log: "Log", copy: "Copy", database_url: str, log_at: Callable[[str], "Log"]
) -> None:
    """As on a full disk: every write of the database fails, reads go on."""
    sealed = log.seal(300)
    full = log_at(f"{database_url}?options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        full.grow(1)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        copy.publisher(full.database).publish()
    assert copy.tiles.get(LATEST) is None
    assert copy.publisher(log.database).publish() == 300
    assert copy.tiles.get(LATEST) == sealed.note
    assert read_root(copy, sealed.note) == sealed.root
    assert log.seal(1).size == 301


def test_publishing_again_changes_nothing(log: "Log", copy: "Copy") -> None:
    log.seal(300)
    copy.publisher(log.database).publish()
    before = {bucket.name: copy.files(bucket) for bucket in (copy.tiles, copy.worm)}
    with log.database.transaction() as connection:
        connection.execute("DELETE FROM journal.progress")
    assert copy.publisher(log.database).publish() == 300
    assert before == {bucket.name: copy.files(bucket) for bucket in (copy.tiles, copy.worm)}
    assert all(len(one.versions) == 1 for one in copy.worm.histories(""))


def test_a_bucket_that_was_lost_is_filled_again(log: "Log", copy: "Copy") -> None:
    sealed = log.seal(300)
    publisher = copy.publisher(log.database)
    publisher.publish()
    before = copy.files(copy.tiles)
    copy.tiles.remove(list(before))
    assert publisher.publish() == 300
    assert copy.files(copy.tiles) == before
    assert read_root(copy, sealed.note) == sealed.root


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000", note_name(256), LATEST])
def test_other_bytes_under_a_published_name_raise_the_alarm(log: "Log", copy: "Copy", name: str) -> None:
    copy.tiles.put(name, b"other")
    log.seal(256)
    for _ in range(2):
        with pytest.raises(PublishedDiffers):
            copy.publisher(log.database).publish()
    assert [alarm["cause"] for alarm in Alarms(log.database).list()] == [DIFFERS]
    assert copy.tiles.get(name) == b"other"


def test_a_bucket_without_lock_is_no_copy(copy: "Copy") -> None:
    unlocked = Bucket(copy.address, copy.tiles.name, 2)
    with pytest.raises(NotLocked):
        unlocked.prepare()
    unlocked.close()


def test_the_largest_published_note_is_found_from_anywhere(log: "Log", copy: "Copy") -> None:
    assert copy.published()() is None
    published, sealed = copy.published(), log.seal(3)
    assert published.size() == 0
    publisher = copy.publisher(log.database)
    publisher.publish()
    assert published() == copy.published()() == sealed.note
    later = log.seal(300)
    publisher.publish()
    assert published() == copy.published()() == later.note
    copy.tiles.remove([LATEST])
    assert copy.published()() == later.note
    copy.tiles.put(LATEST, later.note.replace(b"\n303\n", b"\n999\n"))
    assert copy.published()() == later.note
    copy.tiles.put(LATEST, b"nothing")
    assert copy.published()() == later.note


def test_a_published_note_is_neither_hidden_by_a_deletion_nor_by_another_version(log: "Log", copy: "Copy") -> None:
    first = log.seal(3)
    copy.publisher(log.database).publish()
    copy.worm.put(note_name(3), b"other")
    assert copy.published()() == first.note
    copy.worm.remove([note_name(3)])
    assert copy.worm.get(note_name(3)) is None
    assert copy.published()() == first.note


def test_what_is_no_note_under_the_name_of_one_is_passed_over(log: "Log", copy: "Copy") -> None:
    sealed, known = log.seal(3), copy.published()
    copy.publisher(log.database).publish()
    assert known() == sealed.note
    copy.worm.put(note_name(99), b"nothing")
    copy.worm.put(note_name(98), sealed.note)
    copy.worm.put("checkpoints/readme", b"nothing")
    assert known() == known() == copy.published()() == sealed.note


@pytest.mark.covers("C-09")
def test_a_log_set_back_signs_nothing_that_the_published_one_does_not_hold(
    log: "Log", copy: "Copy", log_at: Callable[[str], "Log"], new_database: Callable[[], str]
) -> None:
    log.seal(5)
    copy.publisher(log.database).publish()
    url = new_database()
    prepare(url)
    again = log_at(url)
    again.grow(4)
    with pytest.raises(ForkRefused):
        again.checkpoints.seal()
    again.grow(2)
    with pytest.raises(ForkRefused):
        again.checkpoints.seal()
    assert copy.publisher(again.database).publish() == 5
    assert size_in(copy.tiles.get(LATEST) or b"") == 5


def test_while_the_copy_is_away_the_last_known_state_counts(
    database: Database, signer: LogSigner, log: "Log", copy: "Copy", free_port: int
) -> None:
    away = replace(copy.address, endpoint=f"127.0.0.1:{free_port}")
    worm = Bucket(away, copy.worm.name, 2, BRIEF)
    unknown = Published(worm, copy.tiles)
    log.grow(2)
    with pytest.raises(PublishedUnknown):
        Checkpoints(database, signer, unknown).seal()
    with pytest.raises(StorageAway):
        worm.get("anything")
    sealed = log.checkpoints.seal()
    assert sealed is not None
    copy.publisher(database).publish()
    known = copy.published()
    assert known() == sealed.note
    known._worm = worm
    assert known() == sealed.note
    assert known() == sealed.note
    worm.close()


def test_the_task_publishes_what_is_signed_and_ends_when_told(log: "Log", copy: "Copy", database_url: str) -> None:
    sealed = log.seal(3)

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(publishing(copy.publisher(log.database), database_url)(stop))
        while await asyncio.to_thread(copy.tiles.get, LATEST) != sealed.note:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())


def test_what_appends_waits_until_the_log_holds_what_was_published(
    log: "Log", copy: "Copy", log_at: Callable[[str], "Log"], new_database: Callable[[], str]
) -> None:
    log.seal(5)
    copy.publisher(log.database).publish()
    url = new_database()
    prepare(url)
    behind = log_at(url)
    begun: list[int] = []

    async def task(_stop: asyncio.Event) -> None:
        begun.append(1)

    async def scenario() -> None:
        stop = asyncio.Event()
        waiting = asyncio.create_task(caught_up(behind.database, copy.published(), task)(stop))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
        await asyncio.to_thread(behind.grow, 5)
        await asyncio.wait_for(waiting, 10)
        stopped = asyncio.Event()
        stopped.set()
        await caught_up(behind.database, copy.published(), task)(stopped)

    asyncio.run(scenario())
    assert begun == [1]


def test_a_log_that_shrinks_under_a_living_process_is_behind_until_it_has_what_was_published(
    log: "Log", copy: "Copy"
) -> None:
    log.seal(3)
    copy.publisher(log.database).publish()
    log.grow(2)
    reached = CaughtUp(log.database, copy.published().size)
    records = Records(log.database, reached)
    assert reached()
    with log.database.transaction() as connection:
        connection.execute("ALTER TABLE journal.entry DISABLE TRIGGER never_changed")
        connection.execute("CREATE TABLE kept AS SELECT * FROM journal.entry WHERE idx = 2")
        connection.execute("DELETE FROM journal.entry WHERE idx >= 2")
    assert not reached()
    with pytest.raises(LogBehind):
        records.append("key", {"vkeys": [], "retired": []})
    with pytest.raises(LogBehind):
        Intake(log.database, reached).receive([])
    with log.database.transaction() as connection:
        connection.execute("INSERT INTO journal.entry SELECT * FROM kept")
    assert reached()


def test_the_published_checkpoint_says_what_the_log_signed(log: "Log", copy: "Copy") -> None:
    sealed = log.seal(2)
    copy.publisher(log.database).publish()
    note = Note.parse(copy.worm.get(note_name(2)) or b"")
    assert Checkpoint.parse(note.text) == Checkpoint("journal.example/test", 2, sealed.root)
    assert note.signed_by(log.signer.keys[:1]) == [log.signer.keys[0]]
