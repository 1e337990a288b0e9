"""The two tasks of a working process, ready for the list of a service's `work`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bus.connection import connected
from bus.consumer import Consumer, Inbox, Refill
from bus.relay import Leadership, Relay, Source

CANCEL_SECONDS = 0.5

Task = Callable[[asyncio.Event], Awaitable[None]]


def relaying(
    url: str, service: str, source: Source, *, leadership: Leadership = contextlib.nullcontext, replicas: int = 1
) -> Task:
    """Return the task that keeps the stream of `service` equal to its store until it is told to stop."""

    async def relay() -> None:
        async with connected(url, f"{service} relay") as connection:
            await Relay(connection, service, source, leadership=leadership, replicas=replicas).run()

    return lambda stop: _until(stop, relay())


def consuming(url: str, service: str, producer: str, inbox: Inbox, refill: Refill) -> Task:
    """Return the task that takes the events of `producer` into the inbox of `service` until it is told to stop."""

    async def consume() -> None:
        async with connected(url, f"{service} consumer of {producer}") as connection:
            await Consumer(connection, service, producer, inbox, refill).run()

    return lambda stop: _until(stop, consume())


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run until told to stop, then cancel: both tasks may be cut off anywhere, as by a crash, and lose nothing."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        while not working.done():  # asyncio.wait_for of Python 3.11 can swallow a cancellation
            working.cancel()
            await asyncio.wait({working}, timeout=CANCEL_SECONDS)
    if not working.cancelled():
        working.result()
