"""The documents that wait for a scan: those that the read model shows without a result, and the tries in PostgreSQL."""

from datetime import timedelta
from uuid import UUID

from eventstore import Store
from psycopg.rows import class_row

from vault.application.ports import StoredDocument

AT_IT = timedelta(minutes=10)
"""How long a try may take before somebody else may take it for dead."""


class PostgresScanQueue:
    """The port ScanQueue; safe to use from several processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, limit: int) -> list[StoredDocument]:
        """Return those whose turn it is, oldest first."""
        query = (
            "SELECT document.* FROM read.document LEFT JOIN vault.scan ON version_id = id"
            " WHERE (document.scan IS NULL OR document.scan = 'not-scanned')"
            " AND coalesce(next_at, '-infinity') <= clock_timestamp() ORDER BY stored_at, id LIMIT %s"
        )
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(query, (limit,)).fetchall()

    def claim(self, version_id: UUID) -> int | None:
        """Count a try and return its number; None if somebody else is at it. Nobody else is for ten minutes."""
        query = (
            "INSERT INTO vault.scan AS scan (version_id, tries, next_at) VALUES (%s, 1, clock_timestamp() + %s)"
            " ON CONFLICT (version_id) DO UPDATE SET tries = scan.tries + 1, next_at = excluded.next_at"
            " WHERE scan.next_at <= clock_timestamp() RETURNING tries"
        )
        with self._store.connection() as connection:
            row = connection.execute(query, (version_id, AT_IT)).fetchone()
        return int(row["tries"]) if row else None

    def postpone(self, version_id: UUID, wait: timedelta) -> None:
        """Try again later."""
        query = "UPDATE vault.scan SET next_at = clock_timestamp() + %s WHERE version_id = %s"
        with self._store.connection() as connection:
            connection.execute(query, (wait, version_id))

    def settle(self, version_id: UUID) -> None:
        """Forget it: its scan is done."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM vault.scan WHERE version_id = %s", (version_id,))
