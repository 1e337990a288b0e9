"""What happens without anyone asking."""

import asyncio
import contextlib

from chassis.logging import get_logger
from chassis.process import Task

from vault.application.reaping import Reaper

REAPING_SECONDS = 3600.0


def reaping(reaper: Reaper) -> Task:
    """Return the task that reaps every hour; several processes may do so at once."""

    async def reap(stop: asyncio.Event) -> None:
        log = get_logger()
        while not stop.is_set():
            count = await asyncio.to_thread(reaper.reap)
            if count:
                log.warning("abandoned-deposits-removed", count=count)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REAPING_SECONDS)

    return reap
