"""The waiting e-mails in PostgreSQL: several senders share them, and a crashed sender's come back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventstore import Store

from messaging.application.ports import Claim
from messaging.domain.notification import GATHERED

LEASE_SECONDS = 60
"""Longer than a message may take to be handed over."""
LOCK = 0x3A115  # any number, the same for every sender

GATHER = """
WITH waiting AS (
    SELECT id, queued_at, template = ANY (%(gathered)s) AS gathered, person_id,
           CASE WHEN template = ANY (%(gathered)s) THEN concat(person_id, office_id) ELSE id::text END AS mail
    FROM read.notification AS queued
    WHERE channel = 'email' AND state = 'queued'
    AND NOT EXISTS (SELECT FROM messaging.attempt WHERE notification_id = queued.id)
), ready AS (
    SELECT mail FROM waiting GROUP BY mail, gathered, person_id
    HAVING NOT gathered OR (
        min(queued_at) <= now() - make_interval(secs => %(window)s)
        AND NOT EXISTS (
            SELECT FROM read.notification AS told
            WHERE told.person_id = waiting.person_id AND told.envelope_id IS NOT NULL
            AND told.settled_at > now() - make_interval(secs => %(pause)s) AND told.template = ANY (%(gathered)s)
        )
    )
)
INSERT INTO messaging.attempt (notification_id, mail_id, attempts, not_before)
SELECT id, first_value(id) OVER (PARTITION BY mail ORDER BY queued_at, id), 0, now()
FROM waiting JOIN ready USING (mail)
"""
CLAIM = """
UPDATE messaging.attempt
SET attempts = attempts + 1, put_off = false, not_before = now() + make_interval(secs => %(lease)s)
WHERE mail_id IN (
    SELECT mail_id FROM messaging.attempt JOIN read.notification ON id = notification_id
    WHERE not_before <= now() GROUP BY mail_id ORDER BY min(queued_at) LIMIT %(limit)s
)
RETURNING mail_id, notification_id, attempts
"""


@dataclass(frozen=True, slots=True)
class Gathering:
    """How news is put together into one e-mail for each person.

    The first e-mail of a burst leaves `window_seconds` after its first piece of news, with all that came by then; the
    next to the same person leaves `pause_seconds` after that one was sent at the earliest, with all that came since.
    So nobody waits longer than the window for the first word, and nobody gets more than one such e-mail in a pause.
    """

    window_seconds: float
    pause_seconds: float


class PostgresOutbox:
    """The outbox of application.ports."""

    def __init__(self, store: Store, gathering: Gathering) -> None:
        self._store = store
        self._gathering = gathering

    def claim(self, limit: int) -> Sequence[Claim]:
        """Put together what is new, and take some e-mails that are due, for a minute."""
        new = {
            "gathered": sorted(GATHERED),
            "window": self._gathering.window_seconds,
            "pause": self._gathering.pause_seconds,
        }
        with self._store.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            connection.execute(GATHER, new)
            rows = connection.execute(CLAIM, {"limit": limit, "lease": LEASE_SECONDS}).fetchall()
        mails: dict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            mails[row["mail_id"]].append(row["notification_id"])
        attempts = {row["mail_id"]: row["attempts"] for row in rows}
        return [
            Claim(mail_id, sorted(told, key=lambda one: (one != mail_id, one)), attempts[mail_id])
            for mail_id, told in mails.items()
        ]

    def postpone(self, mail_id: UUID, seconds: float) -> None:
        """Give one back for later."""
        with self._store.connection() as connection:
            connection.execute(
                "UPDATE messaging.attempt SET put_off = true, not_before = now() + make_interval(secs => %s)"
                " WHERE mail_id = %s",
                (seconds, mail_id),
            )

    def holds(self, mail_id: UUID) -> bool:
        """Tell whether an e-mail is among those that wait or are on their way."""
        with self._store.connection() as connection:
            return bool(connection.execute("SELECT 1 FROM messaging.attempt WHERE mail_id = %s", (mail_id,)).fetchone())

    def settle(self, notification_ids: Collection[UUID]) -> None:
        """Forget some."""
        with self._store.connection() as connection:
            connection.execute(
                "DELETE FROM messaging.attempt WHERE notification_id = ANY (%s)", (list(notification_ids),)
            )
