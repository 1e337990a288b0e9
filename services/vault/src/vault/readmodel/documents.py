"""Queries on the stored versions."""

from uuid import UUID

from eventstore import Store
from psycopg.rows import class_row

from vault.application.ports import StoredDocument


class DocumentTable:
    """The port Documents on the table `read.document`; the ticket of a caller names the one version it may know of."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, version_id: UUID) -> StoredDocument | None:
        """Return a version, or None if nothing is stored under this id."""
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute("SELECT * FROM read.document WHERE id = %s", (version_id,)).fetchone()
