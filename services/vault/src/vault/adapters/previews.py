"""What is known of page images, in PostgreSQL."""

from eventstore import Store

from vault.application.previews import Outlook


class PostgresPreviews:
    """The port Previews."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, object_key: str) -> Outlook:
        """Return what is known."""
        query = (
            "SELECT tries, extract(epoch FROM clock_timestamp() - tried_at)::float8 AS tried_seconds_ago, pages, cause"
            " FROM vault.preview WHERE object_key = %s"
        )
        with self._store.connection() as connection:
            row = connection.execute(query, (object_key,)).fetchone()
        return Outlook(**row) if row else Outlook()

    def count(self, object_key: str) -> None:
        """Count a try that begins."""
        query = (
            "INSERT INTO vault.preview AS preview (object_key, tries, tried_at)"
            " SELECT object_key, 1, clock_timestamp() FROM vault.data_key WHERE object_key = %s"
            " ON CONFLICT (object_key) DO UPDATE SET tries = preview.tries + 1, tried_at = excluded.tried_at"
        )
        with self._store.connection() as connection:
            connection.execute(query, (object_key,))

    def drawn(self, object_key: str, pages: int) -> None:
        """Note that a page was drawn; the tries count no more."""
        query = "UPDATE vault.preview SET tries = 0, pages = %s WHERE object_key = %s"
        with self._store.connection() as connection:
            connection.execute(query, (pages, object_key))

    def impossible(self, object_key: str, cause: str) -> None:
        """Note that none can be drawn."""
        query = "UPDATE vault.preview SET cause = %s WHERE object_key = %s"
        with self._store.connection() as connection:
            connection.execute(query, (cause, object_key))
