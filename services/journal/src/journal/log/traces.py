"""Which traces the next checkpoint tells of: those of requests whose leaves no checkpoint covers yet."""

from chassis import telemetry
from proof.entry import Entry

from journal.log.database import Database, log_size

LOOKED_AT = 2_000
"""Leaves, the newest: a log that was away takes in thousands at once."""
RECORDED = b'-01"'
"""How a traceparent ends in an entry if somebody records the trace."""


def unsigned(database: Database) -> list[str]:
    """Return the traceparents of the recorded requests that wait; nobody is asked where nothing is exported."""
    if not telemetry.exporting():
        return []
    with database.transaction() as connection:
        size = log_size(connection)
        rows = connection.execute(
            "SELECT entry FROM journal.entry WHERE idx >= %s AND position(%s::bytea IN entry) > 0 AND idx >="
            " (SELECT coalesce(max(size), 0) FROM journal.checkpoint WHERE note IS NOT NULL) ORDER BY idx LIMIT %s",
            (size - LOOKED_AT, RECORDED, telemetry.MOST_LINKS),
        ).fetchall()
    return [trace for row in rows if (trace := Entry.parse(bytes(row["entry"])).trace)]
