"""Time becomes calls: the sender of e-mails, and the one who reminds."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.process import rest

SENDING_SECONDS = 0.25
REMINDING_SECONDS = 30.0


def every(seconds: float, call: Callable[[], int], name: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task `name` that calls until it is told to stop, with a pause whenever there was nothing to do.

    A call that has begun is finished first.
    """

    async def calling(stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await asyncio.to_thread(call):
                await rest(stop, seconds)

    calling.__name__ = calling.__qualname__ = name
    return calling
