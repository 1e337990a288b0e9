"""Signing what the log holds: the root is stored before it is signed, and only what extends the last one is signed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from chassis.logging import get_logger
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from proof import tree
from proof.checkpoint import Checkpoint
from proof.note import Key, Note, sign

from journal.log.database import Database, Rows, log_size, nodes

SIGNER_LOCK = 0x516  # any number; held by whoever decides and signs a checkpoint
POLL_SECONDS = 0.5
CADENCE_SECONDS = 5.0
URGENT = ("dossier.dossier-completed",)  # what people wait to see sealed


class ForkRefused(RuntimeError):
    """The log does not extend what was last signed: signing would give two histories. A person must look."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed checkpoint."""

    size: int
    root: bytes
    note: bytes


class LogSigner:
    """The log's name and key."""

    def __init__(self, origin: str, key_file: Path) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{key_file} is not an Ed25519 private key")
        self._key = key
        self.origin = origin
        self.public = Key.of(origin, key)

    def sign(self, size: int, root: bytes) -> bytes:
        """Return the signed note of a checkpoint."""
        return sign(Checkpoint(self.origin, size, root).text(), self.origin, self._key).encode()


class Checkpoints:
    """The signed states of the log."""

    def __init__(self, database: Database, signer: LogSigner) -> None:
        self._database = database
        self._signer = signer

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

        Raises ForkRefused.
        """
        with self._database.transaction() as connection:
            _lock(connection)
            self._decide(connection)
        with self._database.transaction() as connection:
            _lock(connection)
            self._sign_decided(connection)
            return _last(connection)

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
            (size, tree.root(size, nodes(connection))),
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
        """Check the decided root against the tree, and the tree against what was last signed, not last stored."""
        last, read = _last(connection), nodes(connection)
        extends = tree.root(size, read) == root
        if last is not None:
            note = Note.parse(last.note)
            signed = Checkpoint.parse(note.text)
            growth = tree.consistency_proof(signed.size, size, read) if signed.size < size else []
            extends = (
                extends
                and note.signed_by([self._signer.public]) != []
                and signed.origin == self._signer.origin
                and tree.verify_consistency(signed.size, size, signed.root, root, growth)
            )
        if not extends:
            raise ForkRefused(f"size {size}")


def sealing(checkpoints: Checkpoints) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that signs every few seconds while entries arrive, and at once for urgent ones."""

    async def seal(stop: asyncio.Event) -> None:
        log = get_logger()
        signed = 0.0
        while not stop.is_set():
            if await asyncio.to_thread(checkpoints.due, time.monotonic() - signed):
                sealed = await asyncio.to_thread(checkpoints.seal)
                signed = time.monotonic()
                log.info("checkpoint-signed", count=sealed.size if sealed else 0)
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
