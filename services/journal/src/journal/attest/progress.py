"""Where a task that goes on by steps stands, in the database."""

from typing import Any

from psycopg.types.json import Jsonb

from journal.log.database import Database, Rows


class Progress:
    """One named place; the task that it belongs to is alone in writing it."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def read(self) -> dict[str, Any]:
        """Return what was kept last; nothing before the first time."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT value FROM journal.progress WHERE name = %s", (self._name,)).fetchone()
        return dict(row["value"]) if row else {}

    def keep(self, value: dict[str, Any]) -> None:
        """Keep JSON values in the place of what was kept before."""
        with self._database.transaction() as connection:
            self.keep_in(connection, value)

    def keep_in(self, connection: Rows, value: dict[str, Any]) -> None:
        """Keep them together with what else a transaction writes."""
        connection.execute(
            "INSERT INTO journal.progress (name, value) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = clock_timestamp()",
            (self._name, Jsonb(value)),
        )
