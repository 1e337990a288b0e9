"""Time becomes calls: each kind of work in a task of its own, one process at a time."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from chassis.process import Task, rest

Leadership = Callable[[], AbstractAsyncContextManager[None]]

CANCEL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Work:
    """Something done again and again: `step` returns how many things it did; after none it rests `idle_seconds`."""

    name: str
    step: Callable[[], int]
    idle_seconds: float


def working(work: Work, leadership: Leadership) -> Task:
    """Return the task that does the work until it is told to stop; a step under way is finished first."""

    async def work_on(stop: asyncio.Event) -> None:
        async with contextlib.AsyncExitStack() as stack:
            if not await _leads(stack, leadership, stop):
                return
            while not stop.is_set():
                if not await asyncio.to_thread(work.step):
                    await rest(stop, work.idle_seconds)

    work_on.__qualname__ = work.name
    return work_on


async def _leads(stack: contextlib.AsyncExitStack, leadership: Leadership, stop: asyncio.Event) -> bool:
    """Wait until this process leads; False if it is told to stop before that."""
    leading = asyncio.ensure_future(stack.enter_async_context(leadership()))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    while not leading.done():  # asyncio.wait_for of Python 3.11 can swallow a cancellation
        leading.cancel()
        await asyncio.wait({leading}, timeout=CANCEL_SECONDS)
    if leading.cancelled():
        return False
    leading.result()
    return True
