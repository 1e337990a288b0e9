"""The waiting e-mails in PostgreSQL: several senders share them, and a crashed sender's come back."""

from collections.abc import Sequence
from uuid import UUID

from eventstore import Store

from messaging.application.ports import Claim

LEASE_SECONDS = 60
"""Longer than a message may take to be handed over."""

CLAIM = """
INSERT INTO messaging.attempt AS attempt (notification_id, attempts, not_before)
SELECT waiting.id, 1, now() + make_interval(secs => %(lease)s)
FROM read.notification AS waiting LEFT JOIN messaging.attempt AS earlier ON earlier.notification_id = waiting.id
WHERE waiting.channel = 'email' AND waiting.state = 'queued' AND coalesce(earlier.not_before <= now(), true)
ORDER BY waiting.queued_at LIMIT %(limit)s
ON CONFLICT (notification_id) DO UPDATE
SET attempts = attempt.attempts + 1, not_before = excluded.not_before WHERE attempt.not_before <= now()
RETURNING notification_id, attempts
"""


class PostgresOutbox:
    """The outbox of application.ports."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(self, limit: int) -> Sequence[Claim]:
        """Take some that are due, for a minute."""
        with self._store.connection() as connection:
            rows = connection.execute(CLAIM, {"limit": limit, "lease": LEASE_SECONDS}).fetchall()
        return [Claim(row["notification_id"], row["attempts"]) for row in rows]

    def postpone(self, notification_id: UUID, seconds: float) -> None:
        """Give one back for later."""
        with self._store.connection() as connection:
            connection.execute(
                "UPDATE messaging.attempt SET not_before = now() + make_interval(secs => %s)"
                " WHERE notification_id = %s",
                (seconds, notification_id),
            )

    def settle(self, notification_id: UUID) -> None:
        """Forget one."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM messaging.attempt WHERE notification_id = %s", (notification_id,))
