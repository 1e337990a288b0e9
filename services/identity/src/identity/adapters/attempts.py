"""Attempts in PostgreSQL, counted under a lock."""

from identity.adapters.database import Database


class SqlAttempts:
    """The port `Attempts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, who: bytes, most: int, window: int) -> int:
        """Count an attempt; or, if there were `most` in the last `window` seconds, return the seconds to wait."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (who.hex(),))
            row = connection.execute(
                "SELECT count(*) AS amount, extract(epoch FROM clock_timestamp() - min(at))::float AS oldest"
                " FROM identity.attempt WHERE who = %s AND at > clock_timestamp() - make_interval(secs => %s)",
                (who, window),
            ).fetchone()
            if row and row["amount"] >= most:
                return max(1, round(window - float(row["oldest"])))
            connection.execute("INSERT INTO identity.attempt (who) VALUES (%s)", (who,))
        return 0
