"""What happens without anyone asking."""

import asyncio

from chassis.client import Unavailable
from chassis.logging import get_logger
from chassis.process import Task, rest

from dossier.application.destroying import Destroying

PAUSE_SECONDS = 1.0
AWAY_SECONDS = 10.0


def destroying(worker: Destroying) -> Task:
    """Return the task that has the bytes of withdrawn versions destroyed; several processes may do so at once."""

    async def destroy(stop: asyncio.Event) -> None:
        log = get_logger()
        while not stop.is_set():
            pause = PAUSE_SECONDS
            try:
                if await asyncio.to_thread(worker.step):
                    continue
            except Unavailable:
                log.warning("withdrawn-bytes-wait")
                pause = AWAY_SECONDS
            await rest(stop, pause)

    return destroy
