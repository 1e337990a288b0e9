"""Queries on the stored versions."""

from collections.abc import Sequence
from uuid import UUID

from eventstore import Store
from psycopg.rows import class_row

from vault.application.ports import StoredDocument


class DocumentTable:
    """The port Documents on the table `read.document`; who may know of a version is the caller's affair."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, version_id: UUID) -> StoredDocument | None:
        """Return a version, or None if nothing is stored under this id."""
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute("SELECT * FROM read.document WHERE id = %s", (version_id,)).fetchone()

    def copy(self, version_id: UUID) -> StoredDocument | None:
        """Return the PDF that was made of a picture, or None if there is none."""
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute("SELECT * FROM read.document WHERE copy_of = %s", (version_id,)).fetchone()

    def described(self, version_ids: Sequence[UUID], issuer: str) -> list[StoredDocument]:
        """Return those of the versions that are stored for `issuer`, oldest first."""
        query = "SELECT * FROM read.document WHERE id = ANY (%s) AND issuer = %s ORDER BY stored_at, id"
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(query, (list(version_ids), issuer)).fetchall()

    def orphans(self) -> list[UUID]:
        """Return the pictures that are no more and still have a copy."""
        query = (
            "SELECT copy_of FROM read.document AS copy WHERE copy_of IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM read.document AS picture WHERE picture.id = copy.copy_of)"
        )
        with self._store.connection() as connection:
            return [row["copy_of"] for row in connection.execute(query).fetchall()]

    def unheld(self, owner_id: UUID) -> list[StoredDocument]:
        """Return the files of letters about a person that no legal hold keeps, oldest first."""
        query = (
            "SELECT * FROM read.document WHERE owner_id = %s AND issuer = 'lre-gateway' AND NOT legal_hold"
            " ORDER BY stored_at, id"
        )
        with self._store.connection() as connection, connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(query, (owner_id,)).fetchall()
