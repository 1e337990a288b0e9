"""One process at a time does a job: a lock that PostgreSQL frees when the process dies, or is held still for long."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator

import psycopg

ASK_SECONDS = 1.0
BREATH_SECONDS = 5.0
CANCEL_SECONDS = 0.5
SILENCE_SECONDS = 20
"""How long a leader may say nothing until the server ends its session: a process that does not run leads nobody."""


class LeadershipLost(Exception):
    """The session that held the lock is over."""


@contextlib.asynccontextmanager
async def leadership(dsn: str, job: str) -> AsyncIterator[None]:
    """Wait until this process is the only one on `job`, and stay it for the block.

    Raises LeadershipLost out of the block when the session ends. It avoids noise and is no fence: a process that was
    paused may believe a while longer that it leads.
    """
    number = int.from_bytes(hashlib.sha256(job.encode()).digest()[:8], "big", signed=True)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("SELECT set_config('idle_session_timeout', %s, false)", (f"{SILENCE_SECONDS}s",))
        while True:
            row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (number,))).fetchone()
            if row and row[0]:
                break
            await asyncio.sleep(ASK_SECONDS)
        async with _breathing(connection):
            yield


@contextlib.asynccontextmanager
async def _breathing(connection: psycopg.AsyncConnection[object]) -> AsyncIterator[None]:
    """Keep the session awake for the block; end the block when the session is gone."""
    block = asyncio.timeout(None)

    async def breathe() -> None:
        try:
            while True:
                await asyncio.sleep(BREATH_SECONDS)
                await connection.execute("SELECT 1")
        except psycopg.Error:
            block.reschedule(0)

    try:
        async with block:
            breath = asyncio.create_task(breathe())
            try:
                yield
            finally:
                while not breath.done():  # asyncio.wait_for of Python 3.11 can swallow a cancellation
                    breath.cancel()
                    await asyncio.wait({breath}, timeout=CANCEL_SECONDS)
    except TimeoutError:
        if block.expired():
            raise LeadershipLost from None
        raise
