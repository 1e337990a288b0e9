"""Signing what the log holds: the root is stored before it is signed, and only what extends the last one is signed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from chassis.logging import get_logger
from chassis.process import rest
from chassis.telemetry import telling_of
from proof import tree
from proof.checkpoint import Checkpoint

from journal.log.alarms import FORKED, raise_alarm
from journal.log.database import Database, Rows, from_nodes, log_size
from journal.log.keys import announced_keys, logged_keys
from journal.log.signer import ForkRefused, LogSigner
from journal.log.traces import unsigned

__all__ = ["Checkpoints", "ForkRefused", "LogSigner", "PublishedUnknown", "Sealed", "sealing"]

SIGNER_LOCK = 0x516  # any number; held by whoever decides and signs a checkpoint
POLL_SECONDS = 0.5
CADENCE_SECONDS = 5.0
URGENT = ("dossier.dossier-completed",)  # what people wait to see sealed


Published = Callable[[], bytes | None]
"""Returns the largest note that was published, None if none ever was; raises PublishedUnknown."""


class PublishedUnknown(RuntimeError):
    """What the world has seen of the log cannot be known now, so nothing is signed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed checkpoint; the note has the log's own lines only."""

    size: int
    root: bytes
    note: bytes


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
        with telling_of("sign checkpoint", unsigned(self._database), {}):
            return self._seal()

    def _seal(self) -> Sealed | None:
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
            (self._signer.sign(size, root, announced_keys(connection)), size),
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
            await rest(stop, POLL_SECONDS)

    return seal


def _lock(connection: Rows) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (SIGNER_LOCK,))


def _last(connection: Rows) -> Sealed | None:
    row = connection.execute(
        "SELECT size, root, note FROM journal.checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return Sealed(row["size"], bytes(row["root"]), bytes(row["note"])) if row else None
