"""Where the truth is kept: an SQLite file, committed before anything is answered."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id INTEGER NOT NULL, doc TEXT NOT NULL,
    owner INTEGER GENERATED ALWAYS AS (doc ->> 'sender_id') VIRTUAL,
    email TEXT GENERATED ALWAYS AS (lower(doc ->> 'email')) VIRTUAL,
    uuid TEXT GENERATED ALWAYS AS (doc ->> 'uuid') VIRTUAL,
    reference TEXT GENERATED ALWAYS AS (doc ->> 'ref_client') VIRTUAL,
    parent INTEGER GENERATED ALWAYS AS (doc ->> 'parent_id') VIRTUAL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_owner ON record (kind, owner);
CREATE INDEX IF NOT EXISTS record_email ON record (kind, email);
CREATE INDEX IF NOT EXISTS record_uuid ON record (kind, uuid);
CREATE INDEX IF NOT EXISTS record_reference ON record (kind, reference);
CREATE INDEX IF NOT EXISTS record_parent ON record (kind, parent);
CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS content (name TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY, due REAL NOT NULL, kind TEXT NOT NULL, letter INTEGER, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS job_due ON job (due, id);
"""

_BY = {
    "sender_id": "SELECT doc FROM record WHERE kind = ? AND owner = ? ORDER BY id",
    "email": "SELECT doc FROM record WHERE kind = ? AND email = lower(?) ORDER BY id",
    "uuid": "SELECT doc FROM record WHERE kind = ? AND uuid = ? ORDER BY id",
    "ref_client": "SELECT doc FROM record WHERE kind = ? AND reference = ? ORDER BY id",
    "parent_id": "SELECT doc FROM record WHERE kind = ? AND parent = ? ORDER BY id",
}


class Record(BaseModel):
    """Something the provider knows; `id` is given when it is first kept."""

    id: int = 0


R = TypeVar("R", bound=Record)


class Store:
    """Records by kind and number, the files, the settings; one writer at a time, transactions nest."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _SCHEMA)

    def clear(self, *kept: type[Record]) -> None:
        """Forget everything but the records of these kinds."""
        with self.transaction():
            for sql in ("DELETE FROM counter", "DELETE FROM content", "DELETE FROM setting", "DELETE FROM job"):
                self._db.execute(sql)
            names = json.dumps([kind.__name__ for kind in kept])
            self._db.execute("DELETE FROM record WHERE kind NOT IN (SELECT value FROM json_each(?))", (names,))
            self._db.execute("INSERT INTO counter SELECT kind, max(id) FROM record GROUP BY kind")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written inside, or nothing; on return it outlives the process."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def add(self, record: R) -> R:
        """Keep a new record under the next number of its kind."""
        kind = type(record).__name__
        with self.transaction():
            [(record.id,)] = self.rows(
                "INSERT INTO counter VALUES (?, 1001) ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last",
                kind,
            )
            self.rows("INSERT INTO record (kind, id, doc) VALUES (?, ?, ?)", kind, record.id, record.model_dump_json())
        return record

    def keep(self, record: Record) -> None:
        """Keep what has changed in a record."""
        doc = record.model_dump_json()
        with self.transaction():
            self.rows("UPDATE record SET doc = ? WHERE kind = ? AND id = ?", doc, type(record).__name__, record.id)

    def drop(self, record: Record) -> None:
        """Forget a record."""
        with self.transaction():
            self.rows("DELETE FROM record WHERE kind = ? AND id = ?", type(record).__name__, record.id)

    def get(self, kind: type[R], number: int) -> R | None:
        """Return the record of this kind with this number."""
        rows = self.rows("SELECT doc FROM record WHERE kind = ? AND id = ?", kind.__name__, number)
        return kind.model_validate_json(rows[0][0]) if rows else None

    def every(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, oldest first."""
        rows = self.rows("SELECT doc FROM record WHERE kind = ? ORDER BY id", kind.__name__)
        return [kind.model_validate_json(doc) for (doc,) in rows]

    def by(self, kind: type[R], field: str, value: object) -> list[R]:
        """Return the records of a kind whose indexed field has this value, oldest first."""
        return [kind.model_validate_json(doc) for (doc,) in self.rows(_BY[field], kind.__name__, value)]

    def put_content(self, name: str, data: bytes) -> None:
        """Keep bytes under a name."""
        with self.transaction():
            self.rows("INSERT OR REPLACE INTO content VALUES (?, ?)", name, data)

    def content(self, name: str) -> bytes | None:
        """Return the bytes with this name."""
        rows = self.rows("SELECT data FROM content WHERE name = ?", name)
        return bytes(rows[0][0]) if rows else None

    def set(self, name: str, value: str) -> None:
        """Keep a setting."""
        with self.transaction():
            self.rows("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def setting(self, name: str) -> str | None:
        """Return a setting."""
        rows = self.rows("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0][0]) if rows else None
