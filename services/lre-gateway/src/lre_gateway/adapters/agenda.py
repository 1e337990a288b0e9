"""The ports Agenda, Hints and Changes in PostgreSQL: turns of letters, calls of providers that wait, what happened."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from eventstore import Store

from lre_gateway.application.ports import Due, Happened, RawHint, Since, Task

_TO_DO: Final[Mapping[Task, LiteralString]] = {
    Task.POLL: "provider_ref IS NOT NULL AND state IN ('awaiting-sender-auth', 'in-transit', 'notified')",
    Task.EVIDENCE: "pending <> '{}'",
    Task.RECONCILE: "state = 'submission-unknown'",
    Task.DESTRUCTION: "retention_ended_at IS NOT NULL AND destroyed_at IS NULL",
}
"""What must be done, as the read model tells; each has an index of its own."""

_DUE: Final[LiteralString] = """
    SELECT letter.id, coalesce(turn.attempt, 0) AS attempt FROM read.letter AS letter
    LEFT JOIN letters.turn AS turn ON turn.letter_id = letter.id AND turn.task = %(task)s
    WHERE {to_do} AND coalesce(turn.due_at, '-infinity') <= %(now)s
    ORDER BY coalesce(turn.due_at, '-infinity'), letter.id LIMIT %(limit)s
"""


class PostgresAgenda:
    """Turns of letters."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, task: Task, now: datetime, limit: int) -> Sequence[Due]:
        """Return letters whose turn has come, longest first."""
        query: LiteralString = _DUE.replace("{to_do}", _TO_DO[task])
        with self._store.connection() as connection:
            rows = connection.execute(query, {"task": task.value, "now": now, "limit": limit}).fetchall()
        return [Due(row["id"], row["attempt"]) for row in rows]

    def put_off(self, task: Task, turns: Mapping[UUID, datetime]) -> None:
        """Set the next turn of letters, and count one attempt more."""
        with self._store.connection() as connection:
            connection.execute(
                "INSERT INTO letters.turn AS turn (letter_id, task, due_at, attempt)"
                " SELECT letter_id, %s, due_at, 1 FROM unnest(%s::uuid[], %s::timestamptz[]) AS new (letter_id, due_at)"
                " ON CONFLICT (task, letter_id) DO UPDATE SET due_at = excluded.due_at, attempt = turn.attempt + 1",
                (task.value, list(turns), list(turns.values())),
            )

    def forget(self, task: Task, letter_ids: Collection[UUID]) -> None:
        """Forget turns and attempts."""
        with self._store.connection() as connection:
            connection.execute(
                "DELETE FROM letters.turn WHERE task = %s AND letter_id = ANY (%s)", (task.value, list(letter_ids))
            )


class PostgresHints:
    """Calls of providers that wait to be looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, limit: int) -> Sequence[RawHint]:
        """Return the oldest ones."""
        with self._store.connection() as connection:
            rows = connection.execute(
                "SELECT id, provider, letter_id, headers, body FROM letters.hint ORDER BY id LIMIT %s", (limit,)
            ).fetchall()
        return [RawHint(**row) for row in rows]

    def settle(self, ids: Collection[int]) -> None:
        """Drop those that had their effect."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM letters.hint WHERE id = ANY (%s)", (list(ids),))


class PostgresChanges:
    """What happened here, in the order of the store, since this worker looked."""

    def __init__(self, store: Store, worker: str) -> None:
        self._store = store
        self._worker = worker

    def since(self, limit: int) -> Since:
        """Return the next events, oldest first."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT store_seq FROM letters.place WHERE worker = %s", (self._worker,)
            ).fetchone()
        found = self._store.held(row["store_seq"] if row else 0, limit)
        events = [Happened(one.topic, one.originator_id) for one in found]
        return Since(events, found[-1].store_seq if found else None)

    def seen(self, last: int) -> None:
        """Go on after this place the next time."""
        with self._store.connection() as connection:
            connection.execute(
                "INSERT INTO letters.place VALUES (%s, %s) ON CONFLICT (worker) DO UPDATE"
                " SET store_seq = excluded.store_seq",
                (self._worker, last),
            )
