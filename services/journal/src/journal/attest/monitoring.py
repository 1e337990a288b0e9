"""The monitor as a task and as a verb."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict

from chassis.logging import get_logger
from chassis.process import rest
from eventstore import leadership

from journal.attest.monitor import Monitor
from journal.attest.s3 import StorageAway

EVERY_SECONDS = 60.0


def monitoring(monitor: Monitor, database_url: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that looks every minute, in one process at a time."""

    async def watch(stop: asyncio.Event) -> None:
        async with leadership(database_url, "journal-monitor"):
            while not stop.is_set():
                try:
                    await asyncio.to_thread(monitor.look)
                except StorageAway as error:
                    get_logger().warning("storage-away", cause=str(error))
                await rest(stop, EVERY_SECONDS)

    return watch


def monitor_command(monitor: Monitor, words: Sequence[str]) -> int:
    """Carry out the verb; returns 0 when nothing is wrong, 1 otherwise, 2 when the copy was not reached."""
    parser = argparse.ArgumentParser(prog="journal monitor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--all", action="store_true", help="look at everything again, not only at what is new")
    asked = parser.parse_args(words)
    try:
        found = monitor.look(afresh=asked.all)
    except StorageAway as error:
        sys.stderr.write(f"the published log was not reached: {error}\n")
        return 2
    if asked.json:
        sys.stdout.write(json.dumps({"findings": [asdict(one) for one in found]}) + "\n")
    else:
        lines = [f"FOUND {one.check} at {one.place}: {one.what}" for one in found]
        sys.stdout.write("\n".join([*lines, f"{len(found)} findings"]) + "\n")
    return 1 if found else 0
