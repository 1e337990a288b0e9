"""Uploads that are under way, in PostgreSQL."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from eventstore import Store
from psycopg import Connection
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from vault.application.ports import OpenUpload
from vault.domain.manifest import Part
from vault.domain.refusals import TooManyUploads, UploadBusy

LEFT = timedelta(hours=1)
"""After its time, the end of an upload that came in time may still be written."""


class PostgresUploads:
    """The port Uploads; safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, upload: OpenUpload, limit: int) -> None:
        """Note a new one. Raises TooManyUploads if its actor has `limit` already, UploadBusy if there is one."""
        with self._store.connection() as connection, connection.transaction():
            if upload.actor_id is not None and self._count(connection, upload.actor_id) >= limit:
                raise TooManyUploads(limit=limit)
            try:
                connection.execute(
                    "INSERT INTO vault.upload (version_id, object_key, office_id, request_id, issuer, actor_id, size,"
                    " sha256, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    (
                        upload.version_id,
                        upload.object_key,
                        upload.office_id,
                        upload.request_id,
                        upload.issuer,
                        upload.actor_id,
                        upload.size,
                        upload.sha256,
                        upload.expires_at,
                    ),
                )
            except UniqueViolation:
                raise UploadBusy from None

    def find(self, version_id: UUID) -> OpenUpload | None:
        """Return the upload of a version."""
        with self._store.connection() as connection:
            row = connection.execute("SELECT * FROM vault.upload WHERE version_id = %s", (version_id,)).fetchone()
            if row is None:
                return None
            parts = connection.execute(
                "SELECT size, sha256 FROM vault.upload_part WHERE version_id = %s ORDER BY number", (version_id,)
            ).fetchall()
        return OpenUpload(**row, parts=tuple(Part(part["size"], part["sha256"]) for part in parts))

    def keep(self, upload: OpenUpload, number: int, part: Part) -> None:
        """Note that a part is durable. Raises UploadBusy if another request noted it, or the upload is gone."""
        query = "INSERT INTO vault.upload_part (version_id, number, size, sha256) VALUES (%s, %s, %s, %s)"
        with self._store.connection() as connection:
            try:
                connection.execute(query, (upload.version_id, number, part.size, part.sha256))
            except (UniqueViolation, ForeignKeyViolation):
                raise UploadBusy from None

    def end(self, version_id: UUID) -> None:
        """Forget an upload: it became a document, or was given up."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM vault.upload WHERE version_id = %s", (version_id,))

    def sweep(self) -> None:
        """Forget those whose time was over an hour ago."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM vault.upload WHERE expires_at < clock_timestamp() - %s", (LEFT,))

    def _count(self, connection: Connection[dict[str, Any]], actor_id: UUID) -> int:
        """Count the actor's uploads, with nobody else counting them until the end of the transaction."""
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"uploads of {actor_id}",))
        query = "SELECT count(*) AS open FROM vault.upload WHERE actor_id = %s AND expires_at > clock_timestamp()"
        row = connection.execute(query, (actor_id,)).fetchone()
        return int(row["open"]) if row else 0
