"""Which events are about a person or a document: an index of what the services publish, beside the log.

Leaves hold commitments, no client and no document of another service, so the log alone cannot be asked about one. What
is found through this index is proven by the log; what the index does not find is counted as hidden, never as absent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from chassis.client import Unavailable
from chassis.logging import get_logger
from chassis.process import rest
from contracts import Envelope

from journal.log.database import Database

SUBJECTS = (
    *("client_id", "owner_id", "person_id", "subject_id", "recipient_id"),
    *("version_id", "request_id", "replaces", "reissued_from", "document_id"),
)
"""Fields of published events that name a person, a document or a letter."""
PAGE = 500  # events of one answer
POLL_SECONDS = 2.0
WHOLE = 0  # in the place of a number: every event of the aggregate

Feed = Callable[[str, int, int], Sequence[Envelope]]
"""(service, after, limit) → its events after that number."""


class Mentions:
    """Keeps the index up with the log."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed

    def catch_up(self) -> None:
        """Look through what the log has taken in since the last time; raises Unavailable."""
        for svc, done, last in self._behind():
            after = done
            while after < last:
                after = self._page(svc, after)

    def _behind(self) -> list[tuple[str, int, int]]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT s.svc, s.last, coalesce(m.store_seq, 0) AS done FROM journal.source s"
                " LEFT JOIN journal.mentioned m ON m.svc = s.svc ORDER BY s.svc"
            ).fetchall()
        return [(row["svc"], row["done"], row["last"]) for row in rows if row["done"] < row["last"]]

    def _page(self, svc: str, after: int) -> int:
        found = self._feed(svc, after, PAGE)
        if not found:
            raise Unavailable(peer=svc)  # the service has lost what the log holds: nobody may be told "nothing found"
        rows = [row for envelope in found for row in _mentions(envelope)]
        last = found[-1].storeseq
        with self._database.transaction() as connection:
            connection.cursor().executemany(
                "INSERT INTO journal.mention VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows
            )
            connection.execute(
                "INSERT INTO journal.mentioned AS m VALUES (%s, %s) ON CONFLICT (svc) DO UPDATE"
                " SET store_seq = greatest(m.store_seq, excluded.store_seq)",
                (svc, last),
            )
        return last


def _mentions(envelope: Envelope) -> Iterator[tuple[str, str, str, int]]:
    """Tell what one event is about; a dossier is about several clients, so only the event itself is about one."""
    of_dossier = str(envelope.dossier) == envelope.subject
    for name in SUBJECTS:
        value = envelope.data.get(name)
        if isinstance(value, str):
            yield value, envelope.producer, envelope.subject, envelope.storeseq if of_dossier else WHOLE


def mentioning(mentions: Mentions) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that keeps the index up, so that nobody who asks waits for it."""

    async def keep(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await asyncio.to_thread(mentions.catch_up)
            except Unavailable:
                get_logger().warning("mentions-wait", exc_info=True)
            await rest(stop, POLL_SECONDS)

    return keep
