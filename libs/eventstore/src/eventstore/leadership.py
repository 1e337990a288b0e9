"""One process at a time does a job: a lock that PostgreSQL frees when the process dies."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator

import psycopg

ASK_SECONDS = 1.0


@contextlib.asynccontextmanager
async def leadership(dsn: str, job: str) -> AsyncIterator[None]:
    """Wait until this process is the only one on `job`, and stay it for the block.

    It avoids noise and is no fence: a process that was paused may believe a while longer that it leads.
    """
    number = int.from_bytes(hashlib.sha256(job.encode()).digest()[:8], "big", signed=True)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (number,))).fetchone()
            if row and row[0]:
                break
            await asyncio.sleep(ASK_SECONDS)
        yield
