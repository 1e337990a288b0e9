"""What happens without anyone asking."""

import asyncio

from chassis.logging import get_logger
from chassis.process import Task, rest

from vault.application.converting import Converting
from vault.application.destroying import Destroying
from vault.application.ports import ScannerAway
from vault.application.reaping import Reaper
from vault.application.scanning import Scanning

REAPING_SECONDS = 600.0
SCANNING_SECONDS = 0.5
SCANNER_AWAY_SECONDS = 5.0
CONVERTING_SECONDS = 2.0


def reaping(reaper: Reaper, destroying: Destroying) -> Task:
    """Return the task that reaps every ten minutes; several processes may do so at once."""

    async def reap(stop: asyncio.Event) -> None:
        log = get_logger()
        while not stop.is_set():
            count = await asyncio.to_thread(reaper.reap) + await asyncio.to_thread(destroying.destroy_orphans)
            if count:
                log.warning("abandoned-deposits-removed", count=count)
            await rest(stop, REAPING_SECONDS)

    return reap


def scanning(documents: Scanning) -> Task:
    """Return the task that has documents scanned; several processes may do so at once."""

    async def scan(stop: asyncio.Event) -> None:
        log = get_logger()
        while not stop.is_set():
            pause = SCANNING_SECONDS
            try:
                if await asyncio.to_thread(documents.scan_due):
                    continue
            except ScannerAway as away:
                log.warning("scanner-away", cause=str(away))
                pause = SCANNER_AWAY_SECONDS
            await rest(stop, pause)

    return scan


def converting(pictures: Converting) -> Task:
    """Return the task that has PDF copies made of pictures; several processes may do so at once."""

    async def convert(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await pictures.convert_due()
            await rest(stop, CONVERTING_SECONDS)

    return convert
