"""What the log says of itself without being asked: its keys when they change, and daily how far every office came."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.process import rest

from journal.log.appender import Appender
from journal.log.heads import DAILY, append_head
from journal.log.keys import record_keys
from journal.log.records import Records
from journal.log.signer import LogSigner, PublicKey

PARIS = ZoneInfo("Europe/Paris")  # where the offices' days end
POLL_SECONDS = 2.0


def close_day(records: Records, day: date) -> int:
    """Append the head of each office that was active since the last closed day; returns how many, 0 the second time.

    Activity counts from one closing to the next by place in the log, so what is taken in late is of the next day.
    """
    with records.writing() as appender:
        since = appender.connection.execute("SELECT coalesce(max(size), 0) AS size FROM journal.day").fetchone()
        closed = appender.connection.execute(
            "INSERT INTO journal.day VALUES (%s, %s) ON CONFLICT DO NOTHING", (day, appender.size)
        ).rowcount
        offices = _active(appender, since["size"] if since else 0) if closed else []
        for office in offices:
            append_head(appender, DAILY, office)
    return len(offices)


def _active(appender: Appender, since: int) -> list[UUID]:
    rows = appender.connection.execute(
        "SELECT DISTINCT office FROM journal.entry WHERE idx >= %s AND office IS NOT NULL AND kind <> 'head'"
        " ORDER BY office",
        (since,),
    ).fetchall()
    return [row["office"] for row in rows]


def bookkeeping(records: Records, signer: LogSigner) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that records the log's keys when they change, and closes each day soon after it has ended."""

    async def keep(stop: asyncio.Event) -> None:
        closed: date | None = None
        recorded: Sequence[PublicKey] = ()
        while not stop.is_set():
            keys = signer.keys
            if keys != recorded:
                await asyncio.to_thread(record_keys, records, keys)
                recorded = keys
            ended = datetime.now(PARIS).date() - timedelta(days=1)
            if ended != closed:
                await asyncio.to_thread(close_day, records, ended)
                closed = ended
            await rest(stop, POLL_SECONDS)

    return keep
