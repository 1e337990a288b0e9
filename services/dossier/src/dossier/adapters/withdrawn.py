"""The withdrawn versions of the read model, and in PostgreSQL those whose bytes are known to be gone."""

from uuid import UUID

from eventstore import Store
from psycopg.rows import class_row

from dossier.application.destroying import WithdrawnFile


class PostgresWithdrawnFiles:
    """The port WithdrawnFiles; safe to use from several processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, limit: int) -> list[WithdrawnFile]:
        """Return those that are not settled."""
        query = """
            SELECT version.id AS version_id, request_id, version.dossier_id, office_id, client_id
            FROM read.document_version AS version
            JOIN read.document_request AS request ON request.id = request_id
            JOIN read.dossier AS dossier ON dossier.id = version.dossier_id
            WHERE version.state = 'withdrawn'
            AND NOT EXISTS (SELECT FROM dossier.destroyed WHERE version_id = version.id)
            ORDER BY version.id LIMIT %s
        """
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(WithdrawnFile)) as cursor:
            return cursor.execute(query, (limit,)).fetchall()

    def settle(self, version_id: UUID) -> None:
        """Note that its bytes are gone."""
        query = "INSERT INTO dossier.destroyed (version_id) VALUES (%s) ON CONFLICT DO NOTHING"
        with self._store.connection() as connection:
            connection.execute(query, (version_id,))
