"""The pictures that have no PDF copy yet: those that the read model shows without one, and the tries in PostgreSQL."""

from datetime import timedelta
from uuid import UUID

from eventstore import Store
from psycopg.rows import class_row

from vault.application.ports import StoredDocument


class PostgresCopyQueue:
    """The port CopyQueue; safe to use from several processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, limit: int, tries: int) -> list[StoredDocument]:
        """Return those whose turn it is and that were not tried so often, oldest first."""
        query = (
            "SELECT document.* FROM read.document AS document LEFT JOIN vault.copying ON version_id = id"
            " WHERE media_type LIKE 'image/%%' AND document.scan = 'clean' AND issuer = 'dossier' AND name IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM read.document AS copy WHERE copy.copy_of = document.id)"
            " AND coalesce(copying.tries, 0) < %s AND coalesce(next_at, '-infinity') <= clock_timestamp()"
            " ORDER BY stored_at, id LIMIT %s"
        )
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(query, (tries, limit)).fetchall()

    def claim(self, version_id: UUID, wait: timedelta) -> bool:
        """Count a try; False if somebody else is at it. Nobody else is before the wait is over."""
        query = (
            "INSERT INTO vault.copying AS copying (version_id, tries, next_at) VALUES (%s, 1, clock_timestamp() + %s)"
            " ON CONFLICT (version_id) DO UPDATE SET tries = copying.tries + 1, next_at = excluded.next_at"
            " WHERE copying.next_at <= clock_timestamp() RETURNING tries"
        )
        with self._store.connection() as connection:
            return connection.execute(query, (version_id, wait)).fetchone() is not None

    def settle(self, version_id: UUID, tries: int) -> None:
        """Note how often it was tried: so often that it is not tried again, if there can be no copy."""
        query = "UPDATE vault.copying SET tries = %s WHERE version_id = %s"
        if tries == 0:
            query = "DELETE FROM vault.copying WHERE tries >= %s AND version_id = %s"
        with self._store.connection() as connection:
            connection.execute(query.encode(), (tries, version_id))
