"""Signing what the log holds: the root is stored before it is signed, and only what extends the last one is signed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chassis.logging import get_logger
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from proof import tree
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner
from proof.note import Key, Note, NoteInvalid
from proof.signing import sign_checkpoint, signers

from journal.log.alarms import FORKED, raise_alarm
from journal.log.database import Database, Rows, from_nodes, log_size
from journal.log.keys import logged_keys

SIGNER_LOCK = 0x516  # any number; held by whoever decides and signs a checkpoint
POLL_SECONDS = 0.5
CADENCE_SECONDS = 5.0
URGENT = ("dossier.dossier-completed",)  # what people wait to see sealed


Published = Callable[[], bytes | None]
"""Returns the largest note that was published, None if none ever was; raises PublishedUnknown."""


class ForkRefused(RuntimeError):
    """The log does not extend what was last signed: signing would give two histories. A person must look."""


class PublishedUnknown(RuntimeError):
    """What the world has seen of the log cannot be known now, so nothing is signed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed checkpoint; the note has the log's own lines only."""

    size: int
    root: bytes
    note: bytes


class LogSigner:
    """The log's name and keys: Ed25519, and ML-DSA-44 beside it."""

    def __init__(self, origin: str, key_file: Path, mldsa_file: Path | None = None) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{key_file} is not an Ed25519 private key")
        second = load_pem_private_key(mldsa_file.read_bytes(), password=None) if mldsa_file else None
        if second is not None and not isinstance(second, MLDSA44PrivateKey):
            raise TypeError(f"{mldsa_file} is not an ML-DSA-44 private key")
        self._key, self._second = key, second
        self.origin = origin
        self.public = Key.of(origin, key)
        self.keys: tuple[Key | Cosigner, ...] = (self.public, Cosigner.of(origin, second)) if second else (self.public,)

    def sign(self, size: int, root: bytes) -> bytes:
        """Return the signed note of a checkpoint."""
        return sign_checkpoint(Checkpoint(self.origin, size, root), self._key, self._second)

    def read(self, data: bytes, former: Sequence[Key | Cosigner] = ()) -> Checkpoint:
        """Return what a note of this log says; raises ForkRefused unless these keys or former ones signed it."""
        try:
            note = Note.parse(data)
            said = Checkpoint.parse(note.text)
            signed = signers(note, {*self.keys, *former})
        except NoteInvalid as error:
            raise ForkRefused(str(error)) from error
        if not signed or said.origin != self.origin:
            raise ForkRefused(f"size {said.size} was not signed by this log")
        return said


class Checkpoints:
    """The signed states of the log."""

    def __init__(self, database: Database, signer: LogSigner, published: Published = lambda: None) -> None:
        self._database = database
        self._signer = signer
        self._published = published

    def last(self) -> Sealed | None:
        """Return the largest signed checkpoint; None before the first."""
        with self._database.transaction() as connection:
            return _last(connection)

    def at(self, size: int) -> Sealed | None:
        """Return the signed checkpoint of exactly this size."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT size, root, note FROM journal.checkpoint WHERE size = %s AND note IS NOT NULL", (size,)
            ).fetchone()
        return Sealed(row["size"], bytes(row["root"]), bytes(row["note"])) if row else None

    def seal(self) -> Sealed | None:
        """Sign everything that the log holds now; returns the last checkpoint, None for an empty log.

        Raises ForkRefused and PublishedUnknown.
        """
        with self._database.transaction() as connection:
            _lock(connection)
            self._decide(connection)
        try:
            with self._database.transaction() as connection:
                _lock(connection)
                self._sign_decided(connection)
                return _last(connection)
        except ForkRefused as error:
            last = self.last()
            raise_alarm(self._database, FORKED, last.size if last else 0, str(error).encode())
            raise

    def due(self, since: float) -> bool:
        """Tell whether entries wait: at once for urgent ones, else after the cadence; `since` is in seconds."""
        with self._database.transaction() as connection:
            last = _last(connection)
            first = last.size if last else 0
            if log_size(connection) <= first:
                return False
            urgent = connection.execute(
                "SELECT 1 FROM journal.entry WHERE idx >= %s AND type = ANY(%s) LIMIT 1", (first, list(URGENT))
            ).fetchone()
        return urgent is not None or since >= CADENCE_SECONDS

    def _decide(self, connection: Rows) -> None:
        """Store the root that will be signed, unless an earlier decision still waits for its signature."""
        size = log_size(connection)
        waiting = connection.execute("SELECT 1 FROM journal.checkpoint WHERE note IS NULL").fetchone()
        if size == 0 or waiting:
            return
        connection.execute(
            "INSERT INTO journal.checkpoint (size, root) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (size, from_nodes(connection, partial(tree.root, size))),
        )

    def _sign_decided(self, connection: Rows) -> None:
        decided = connection.execute("SELECT size, root FROM journal.checkpoint WHERE note IS NULL").fetchone()
        if decided is None:
            return
        size, root = decided["size"], bytes(decided["root"])
        self._refuse_fork(connection, size, root)
        connection.execute(
            "UPDATE journal.checkpoint SET note = %s WHERE size = %s AND note IS NULL",
            (self._signer.sign(size, root), size),
        )

    def _refuse_fork(self, connection: Rows, size: int, root: bytes) -> None:
        """Check the decided root against the tree, and the tree against what was last signed and last published."""
        if from_nodes(connection, partial(tree.root, size)) != root:
            raise ForkRefused(f"the tree of {size} has another root than was decided")
        former, last = logged_keys(connection), _last(connection)
        for note in (last.note if last else None, self._published()):
            if note is not None:
                _refuse_unless_extended(connection, self._signer.read(note, former), size, root)


def _refuse_unless_extended(connection: Rows, said: Checkpoint, size: int, root: bytes) -> None:
    growth = from_nodes(connection, partial(tree.consistency_proof, said.size, size)) if said.size <= size else []
    if not tree.verify_consistency(said.size, size, said.root, root, growth):
        raise ForkRefused(f"size {size} does not extend the signed size {said.size}")


def sealing(checkpoints: Checkpoints) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that signs every few seconds while entries arrive, and at once for urgent ones."""

    async def seal(stop: asyncio.Event) -> None:
        log = get_logger()
        signed = 0.0
        while not stop.is_set():
            if await asyncio.to_thread(checkpoints.due, time.monotonic() - signed):
                signed = time.monotonic()
                try:
                    sealed = await asyncio.to_thread(checkpoints.seal)
                    log.info("checkpoint-signed", count=sealed.size if sealed else 0)
                except PublishedUnknown:
                    log.warning("published-state-unknown", exc_info=True)
            try:
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

    return seal


def _lock(connection: Rows) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (SIGNER_LOCK,))


def _last(connection: Rows) -> Sealed | None:
    row = connection.execute(
        "SELECT size, root, note FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return Sealed(row["size"], bytes(row["root"]), bytes(row["note"])) if row else None
