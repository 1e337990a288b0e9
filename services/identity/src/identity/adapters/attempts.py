"""Attempts in PostgreSQL, counted under a lock."""

from collections.abc import Sequence

from psycopg import Connection

from identity.adapters.database import Database, Row
from identity.application.limits import Cap, Tried

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TRIED = """
SELECT count(*)::int AS amount,
       coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float AS first,
       coalesce(extract(epoch FROM clock_timestamp() - max(at)), 0)::float AS last
FROM identity.attempt WHERE who = %s AND at > clock_timestamp() - make_interval(secs => %s)
"""


class SqlAttempts:
    """The port `Attempts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, caps: Sequence[Cap]) -> float:
        """Count an attempt for every cap; or, if one says to wait, count nothing and return the seconds."""
        people = sorted({cap.who for cap in caps})  # sorted, so that two requests never wait for each other
        with self._database.connection() as connection, connection.transaction():
            for who in people:
                connection.execute(_LOCK, (who.hex(),))
            wait = max((cap.wait(_tried(connection, cap), cap.window) for cap in caps), default=0.0)
            if wait <= 0:
                connection.execute("INSERT INTO identity.attempt (who) SELECT unnest(%s::bytea[])", (people,))
        return wait


def _tried(connection: Connection[Row], cap: Cap) -> Tried:
    row = connection.execute(_TRIED, (cap.who, cap.window)).fetchone()
    return Tried(**row) if row else Tried()
