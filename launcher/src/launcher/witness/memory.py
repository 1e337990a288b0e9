"""What a witness has cosigned, in SQLite: on the disk before anybody is told, and changed by one request at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from proof.tree import EMPTY_ROOT

from launcher.errors import StackError
from launcher.files import write_private

BUSY_SECONDS = 5.0  # how long to wait for another process that writes

_TABLES = """
CREATE TABLE log (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    at INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;
CREATE TABLE fork (
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    cosigned BLOB NOT NULL,
    PRIMARY KEY (origin, size, root)
) STRICT;
"""


class Forgetful(StackError):
    """There is no database: what was cosigned is not known, so nothing more may be."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The latest checkpoint of a log that was cosigned, `at` this POSIX time in seconds, and its note."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    at: int = 0
    note: bytes = b""


class Memory:
    """The database of one witness."""

    def __init__(self, file: Path) -> None:
        """Open the database; raises Forgetful when it is not there."""
        if not file.is_file():
            raise Forgetful(
                f"{file} does not exist, and the witness does not know what it has cosigned; "
                "restore it, or make a new witness with a key of its own"
            )
        self._lock = RLock()
        self._database = _connect(file)

    @staticmethod
    def create(file: Path) -> None:
        """Make an empty database, whole or not at all."""
        database = sqlite3.connect(":memory:")
        database.executescript(_TABLES)
        write_private(file, database.serialize())
        database.close()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Read and write alone while the block lasts; at its end everything is on the disk, or nothing is.

        Raises sqlite3.Error when it cannot be written.
        """
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def latest(self, origin: str) -> Cosigned:
        """Return what was cosigned last, size 0 with an empty note if nothing ever was."""
        query = "SELECT size, root, at, note FROM log WHERE origin = ?"
        with self._lock:
            row = self._database.execute(query, (origin,)).fetchone()
        return Cosigned(*row) if row else Cosigned()

    def put(self, origin: str, new: Cosigned) -> None:
        """Replace what was cosigned last; in a transaction that read it."""
        row = (origin, new.size, new.root, new.at, new.note)
        self._database.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?)", row)

    def keep_fork(self, origin: str, root: bytes, note: bytes, held: Cosigned) -> None:
        """Keep a checkpoint of the size of `held` with another root: both are signed, and prove that the log forked."""
        row = (origin, held.size, root, note, held.note)
        self._database.execute("INSERT OR IGNORE INTO fork VALUES (?, ?, ?, ?, ?)", row)

    def forks(self) -> list[tuple[str, bytes, bytes]]:
        """Return the forks that were seen: the log, the note that was refused and the one that had been cosigned."""
        with self._lock:
            return self._database.execute("SELECT origin, note, cosigned FROM fork ORDER BY origin, size").fetchall()


def _connect(file: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # of WAL, too: a COMMIT that was answered survives a power cut
        database.execute("SELECT 1 FROM log, fork LIMIT 1")
    except sqlite3.Error as error:
        raise StackError(f"{file} is not the database of a witness: {error}") from None
    return database
