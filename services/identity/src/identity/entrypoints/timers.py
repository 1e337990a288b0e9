"""What happens without anyone asking."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.process import rest

from identity.application.delivery import ByText
from identity.application.erasures import Finishing

POLL_SECONDS = 0.5
DELIVERY_POLL_SECONDS = 2.0


def finishing(erasures: Finishing) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that finishes erasures until it is told to stop; several processes may do so at once."""

    async def finish_erasures(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(erasures.finish_all)
            await rest(stop, POLL_SECONDS)

    return finish_erasures


def following(delivery: ByText) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return the task that makes undelivered codes good until it is told to stop; several processes may do so."""

    async def follow_codes(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(delivery.make_good)
            await rest(stop, DELIVERY_POLL_SECONDS)

    return follow_codes
