"""What a person must look at: other bytes for a known number, and whoever contradicts the log."""

from collections.abc import Sequence
from typing import Any

from chassis.logging import get_logger

from journal.log.database import Database

WITNESS_CONTRADICTS = "witness-contradicts"
FORKED = "log-forked"


def raise_alarm(database: Database, cause: str, number: int, received: bytes, svc: str = "journal") -> None:
    """Keep an alarm, once for the same bytes, and say it loudly.

    `number` is the place that it is about: a number of the service, or a size of the log.
    """
    with database.transaction() as connection:
        kept = connection.execute(
            "INSERT INTO journal.alarm (svc, store_seq, cause, received) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (svc, number, cause, received),
        ).rowcount
    if kept:
        get_logger().error("history-alarm", producer=svc, store_seq=number, cause=cause)


class Alarms:
    """The alarms, and what stopped the intake of a service, for the operator's verb `parked`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[dict[str, Any]]:
        """Return the alarms, oldest first; `id` is the service that they are about."""
        with self._database.transaction() as connection:
            return connection.execute(
                "SELECT a.svc AS id, a.store_seq, a.cause, a.raised_at, coalesce(s.stopped, false) AS stopped"
                " FROM journal.alarm a LEFT JOIN journal.source s ON s.svc = a.svc ORDER BY a.id"
            ).fetchall()

    def replay(self, ids: Sequence[str]) -> int:
        """Let some stopped services (all without ids) go on; what raised the alarm, sent again, stops them again."""
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE journal.source SET stopped = false WHERE stopped AND (svc = ANY(%(ids)s) OR %(ids)s = '{}')",
                {"ids": list(ids)},
            ).rowcount
