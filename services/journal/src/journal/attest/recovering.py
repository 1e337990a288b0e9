"""Recovery after the database was restored to an earlier state: what was published since is put back, leaf by leaf.

Everything happens in one transaction, and only if the tree then has the root of the published checkpoint. Services send
again what they have sent since the restored state; the log compares it with what came back here.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg
from chassis.logging import get_logger
from proof.canonical import NotCanonical
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, cosignatures
from proof.entry import Entry, EntryInvalid
from proof.leaf import parse_leaf
from proof.note import Key, Note, NoteInvalid
from proof.ots import OtsInvalid, Proof
from proof.record import Record
from proof.tiles import WIDTH, Tile, TileInvalid, decode_entries
from proof.timestamp import Authority, TimestampInvalid, imprint, verify
from proof.tree import root

from journal.attest.attestations import Attestations
from journal.attest.layout import ANCHORS, COSIGNED, NOTES, TOKENS, note_name, number_of, size_of
from journal.attest.published import Published
from journal.attest.s3 import Bucket, StorageAway
from journal.log.appender import Appender, Row
from journal.log.checkpoints import SIGNER_LOCK, ForkRefused, PublishedUnknown
from journal.log.database import Database, Rows, from_nodes
from journal.log.keys import logged_keys

FLUSH = 4096  # leaves written at once

ReadNote = Callable[[bytes, Sequence[Key | Cosigner]], Checkpoint]
"""(note, former keys) → what the log says in it; raises ForkRefused for one that it did not sign."""


class RecoveryRefused(RuntimeError):
    """The log cannot be recovered; the message says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many leaves the log held and holds, and what else came back."""

    before: int
    size: int
    checkpoints: int
    tokens: int
    cosignatures: int
    anchors: int = 0


class Recovery:
    """Puts back what was published and is missing here."""

    def __init__(  # noqa: PLR0913, PLR0917 - where it reads from, and what it checks with
        self,
        database: Database,
        tiles: Bucket,
        worm: Bucket,
        published: Published,
        read_note: ReadNote,
        attestations: Attestations,
        authorities: Sequence[Authority] = (),
    ) -> None:
        self._database = database
        self._tiles, self._worm = tiles, worm
        self._published = published
        self._read_note = read_note
        self._attestations = attestations
        self._authorities = authorities

    def recover(self) -> Recovered:
        """Recover; does nothing for a log that lacks nothing. Raises RecoveryRefused, StorageAway, PublishedUnknown."""
        note = self._published()
        if note is None:
            raise RecoveryRefused("nothing was ever published: there is nothing to recover from")
        try:
            with self._database.transaction() as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (SIGNER_LOCK,))
                appender = Appender(connection)
                before = appender.size
                size = self._restore(appender, note)
                checkpoints = self._restore_checkpoints(connection, size)
                _restore_positions(connection)
                tokens, anchors = self._restore_tokens(connection), self._restore_anchors(connection)
        except psycopg.errors.UniqueViolation:
            raise RecoveryRefused(_OTHER_LOG) from None
        return Recovered(before, max(before, size), checkpoints, tokens, self._restore_cosignatures(), anchors)

    def _restore(self, appender: Appender, note: bytes) -> int:
        """Append the leaves that are missing; returns the published size."""
        try:
            said = Checkpoint.parse(Note.parse(note).text)
        except NoteInvalid as error:
            raise RecoveryRefused("the published checkpoint cannot be read") from error
        for index, data in self._leaves(appender.size, said.size):
            appender.add(_row(index, data))
            if index % FLUSH == 0:
                appender.flush()
        appender.flush()
        if from_nodes(appender.connection, partial(root, said.size)) != said.root:
            raise RecoveryRefused(_OTHER_LOG)
        try:
            self._read_note(note, logged_keys(appender.connection))
        except ForkRefused as error:
            raise RecoveryRefused("the published checkpoint was not signed by this log") from error
        return said.size

    def _leaves(self, first: int, size: int) -> Iterator[tuple[int, bytes]]:
        """Read the published entries from place `first` on."""
        for number in range(first // WIDTH, -(-size // WIDTH)):
            tile = Tile(0, number, min(WIDTH, size - number * WIDTH))
            try:
                entries = decode_entries(tile, self._bundle(tile))
            except TileInvalid as error:
                raise RecoveryRefused(str(error)) from error
            for index, data in enumerate(entries, start=tile.first):
                if index >= first:
                    yield index, data

    def _bundle(self, tile: Tile) -> bytes:
        """Return a bundle from wherever it is; one that is full by now holds the beginning of it."""
        for bucket in (self._tiles, self._worm):
            for path in (tile.entries_path, tile.whole.entries_path):
                data = bucket.get(path)
                if data is not None:
                    return data
        raise RecoveryRefused(f"{tile.entries_path} is not published")

    def _restore_checkpoints(self, connection: Rows, size: int) -> int:
        """Put back the signed states, each checked against the tree; what was only decided here is forgotten."""
        _forget_decided(connection)
        row = connection.execute("SELECT coalesce(max(size), 0) AS size FROM journal.checkpoint").fetchone()
        former, restored = logged_keys(connection), 0
        for history in self._worm.histories(NOTES, note_name(row["size"] if row else 0)):
            at = size_of(history.name)
            if at is None or not history.versions or at > size:
                continue
            note = self._worm.get(history.name, history.versions[0]) or b""
            try:
                said = self._read_note(note, former)
            except ForkRefused:
                get_logger().warning("note-ignored", count=at)  # anybody may have put it there
                continue
            if said.size != at or said.root != from_nodes(connection, partial(root, at)):
                raise RecoveryRefused(f"{history.name} was signed by this log and is no state of it")
            connection.execute(
                "INSERT INTO journal.checkpoint (size, root, note) VALUES (%s, %s, %s)", (at, said.root, note)
            )
            restored += 1
        return restored

    def _restore_tokens(self, connection: Rows) -> int:
        """Put back the tokens that verify; without its authority a token stays in the buckets alone."""
        row = connection.execute("SELECT max(size) AS size FROM journal.token").fetchone()
        restored = 0
        for name in self._worm.names(TOKENS, f"{TOKENS}{(row and row['size']) or 0:020}"):
            note = connection.execute(
                "SELECT note FROM journal.checkpoint WHERE size = %s AND note IS NOT NULL", (size_of(name),)
            ).fetchone()
            response = self._worm.get(name)
            if note is None or response is None:
                continue
            try:
                said = verify(response, imprint(Note.parse(bytes(note["note"]))), self._authorities)
            except TimestampInvalid:
                continue
            restored += connection.execute(
                "INSERT INTO journal.token (size, number, response, authority, stamped_at) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (size_of(name), number_of(name), response, said.authority, said.at),
            ).rowcount
        return restored

    def _restore_anchors(self, connection: Rows) -> int:
        """Put back the public anchors of signed states; one that waits here gives way to the one that was proved."""
        restored = 0
        for name in self._worm.names(ANCHORS):
            note = connection.execute(
                "SELECT note FROM journal.checkpoint WHERE size = %s AND note IS NOT NULL", (size_of(name),)
            ).fetchone()
            data = self._worm.get(name) or b""
            try:
                proof = Proof.parse(data)
            except OtsInvalid:
                continue
            heights = [one.height for one in proof.attestations if one.height is not None]
            if note is None or not heights or proof.digest != imprint(Note.parse(bytes(note["note"]))):
                continue
            restored += connection.execute(
                "INSERT INTO journal.anchor (size, proof, height, proved, proved_at)"
                " VALUES (%s, %s, %s, nextval('journal.anchor_proved'), clock_timestamp()) ON CONFLICT (size) DO UPDATE"
                " SET proof = excluded.proof, height = excluded.height, proved = excluded.proved,"
                " proved_at = excluded.proved_at WHERE anchor.height IS NULL",
                (size_of(name), data, min(heights)),
            ).rowcount
        return restored

    def _restore_cosignatures(self) -> int:
        """Put back what the witnesses of the settings signed, in the order in which it came."""
        before, size = self._cosignatures()
        for name in self._worm.names(COSIGNED, f"{COSIGNED}{size:020}"):
            at, note = size_of(name), Note.parse(self._worm.get(name) or b"")
            if at is None or self._attestations.note(at) is None:
                continue
            known = {said.cosigner: said for said in cosignatures(note, self._attestations.cosigners)}
            for line in note.signatures:
                for cosigner, said in known.items():
                    if (line.name, line.key_id) == (cosigner.name, cosigner.id):
                        self._attestations.add(at, line, said)
        return self._cosignatures()[0] - before

    def _cosignatures(self) -> tuple[int, int]:
        """Return how many are kept, and the largest size among them."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) AS number, coalesce(max(size), 0) AS size FROM journal.cosignature"
            ).fetchone()
        return (row["number"], row["size"]) if row else (0, 0)


_OTHER_LOG = (
    "the log here is not a beginning of the published one: something was added after the restore, or this is another"
    " log. Restore the database again and recover before anything else is started; nothing was changed"
)


def _row(index: int, data: bytes) -> Row:
    """Return a published leaf as the log stores it."""
    try:
        leaf = parse_leaf(data)
    except (NotCanonical, EntryInvalid) as error:
        raise RecoveryRefused(f"leaf {index} cannot be read") from error
    return Row.of_event(leaf, data) if isinstance(leaf, Entry) else _record_row(leaf, data)


def _record_row(record: Record, data: bytes) -> Row:
    named = f"{record.svc}.{record.kind}"
    facts = (record.office, record.dossier, record.actor, record.actor_kind, datetime.fromisoformat(record.recorded_at))
    return Row(record.svc, record.store_seq, data, record.kind, named, None, None, *facts)


def _forget_decided(connection: Rows) -> None:
    """Remove a root that was stored to be signed and never was: nobody has seen it."""
    if connection.execute("SELECT 1 FROM journal.checkpoint WHERE note IS NULL").fetchone():
        connection.execute("ALTER TABLE journal.checkpoint DISABLE TRIGGER never_removed")
        connection.execute("DELETE FROM journal.checkpoint WHERE note IS NULL")
        connection.execute("ALTER TABLE journal.checkpoint ENABLE TRIGGER never_removed")


def _restore_positions(connection: Rows) -> None:
    """Say how far the log has come in each service; the bus goes on where it stood, and brings known events again."""
    connection.execute(
        "INSERT INTO journal.source (svc, epoch, position, last)"
        " SELECT svc, 0, 0, max(store_seq) FROM journal.entry WHERE kind = 'event' GROUP BY svc"
        " ON CONFLICT (svc) DO UPDATE SET last = excluded.last"
    )


def recover_command(recovery: Recovery, words: Sequence[str]) -> int:
    """Carry out the verb; returns 0 when the log holds what was published, else 1."""
    parser = argparse.ArgumentParser(prog="journal recover", description=__doc__)
    parser.parse_args(words)
    try:
        done = recovery.recover()
    except (RecoveryRefused, PublishedUnknown, StorageAway) as error:
        sys.stderr.write(f"not recovered: {error}\n")
        return 1
    sys.stdout.write(
        f"the log held {done.before} leaves and holds {done.size}; {done.checkpoints} signed states, {done.tokens}"
        f" tokens, {done.cosignatures} cosignatures and {done.anchors} anchors came back\n"
    )
    return 0
