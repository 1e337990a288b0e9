"""Which reminders are due, told by the rows alone: nothing else has to survive a crash."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from eventstore import Store

from messaging.application.ports import Due
from messaging.domain.deadline import USUAL_DAYS

FURTHEST_DAYS = 60
"""How far from the due date a reminder may be, before and after."""

DUE = """
    SELECT deadline.id, max(day) AS days
    FROM read.deadline AS deadline LEFT JOIN read.reminders AS chosen ON chosen.id = deadline.office_id,
         unnest(coalesce(chosen.days, %(usual)s::integer[])) AS day
    WHERE deadline.due_on BETWEEN %(today)s::date - %(furthest)s AND %(today)s::date + %(furthest)s
    AND deadline.due_on + day <= %(today)s
    AND deadline.due_on + day > (deadline.noted_at AT TIME ZONE 'Europe/Paris')::date
    AND (deadline.reached IS NULL OR day > deadline.reached)
    AND NOT EXISTS (SELECT FROM read.erased_person WHERE id = deadline.client_id)
    GROUP BY deadline.id, deadline.due_on ORDER BY deadline.due_on, deadline.id LIMIT %(limit)s
"""


class DeadlineRows:
    """The deadlines of application.ports."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def noted(self, deadline_id: UUID) -> bool:
        """Tell whether a deadline is known."""
        return bool(self._rows("SELECT 1 FROM read.deadline WHERE id = %(id)s", {"id": deadline_id}))

    def due(self, today: date, limit: int) -> list[Due]:
        """Return reminders whose day has come."""
        given = {"today": today, "usual": list(USUAL_DAYS), "furthest": FURTHEST_DAYS, "limit": limit}
        return [Due(row["id"], row["days"]) for row in self._rows(DUE, given)]

    def days_of(self, office_id: UUID) -> Sequence[int]:
        """Return when an office reminds."""
        rows = self._rows("SELECT days FROM read.reminders WHERE id = %(id)s", {"id": office_id})
        return list(rows[0]["days"]) if rows else list(USUAL_DAYS)

    def _rows(self, query: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), given).fetchall()
