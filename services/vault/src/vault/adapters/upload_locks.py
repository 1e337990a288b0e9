"""Locks of uploads: PostgreSQL frees them when the process that holds them dies, or its connection."""

import hashlib
import threading
from typing import Any
from uuid import UUID

import psycopg

from vault.domain.refusals import UploadBusy


class PostgresUploadLocks:
    """The port UploadLocks: one session for all locks of this process."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._guard = threading.Lock()
        self._held: set[UUID] = set()
        self._session: psycopg.Connection[Any] | None = None

    def take(self, version_id: UUID) -> None:
        """Take the lock; raise UploadBusy. PostgreSQL would give it twice to one session, so the set is asked first."""
        with self._guard:
            if version_id in self._held or not self._ask("SELECT pg_try_advisory_lock(%s)", version_id):
                raise UploadBusy
            self._held.add(version_id)

    def check(self, version_id: UUID) -> None:
        """Raise UploadBusy if the lock is no longer held: the connection that held it was lost."""
        with self._guard:
            if self._held:
                self._ask("SELECT %s IS NOT NULL", version_id)
            if version_id not in self._held:
                raise UploadBusy

    def give_back(self, version_id: UUID) -> None:
        """Let the next one take it."""
        with self._guard:
            if version_id in self._held:
                self._held.discard(version_id)
                self._ask("SELECT pg_advisory_unlock(%s)", version_id)

    def close(self) -> None:
        """Give all back."""
        with self._guard:
            self._lose()

    def _ask(self, query: str, version_id: UUID) -> bool:
        """Ask on the session. One that was lost has lost its locks; the next one is asked then, once."""
        for _ in range(2):
            try:
                if self._session is None or self._session.closed:
                    self._lose()
                    self._session = psycopg.connect(self._dsn, autocommit=True, connect_timeout=10)
                row = self._session.execute(query.encode(), (_number(version_id),)).fetchone()
                return bool(row and row[0])
            except psycopg.OperationalError:
                self._lose()
        return False

    def _lose(self) -> None:
        self._held.clear()
        if self._session is not None:
            self._session.close()
            self._session = None


def _number(version_id: UUID) -> int:
    return int.from_bytes(hashlib.sha256(b"upload " + version_id.bytes).digest()[:8], "big", signed=True)
