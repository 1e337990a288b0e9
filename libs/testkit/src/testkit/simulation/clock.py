"""An event loop whose time passes only when nothing is left to do, and whose timers are late by a seeded delay."""

import asyncio
import random
import selectors
from collections.abc import Callable
from typing import Any


class Deadlock(AssertionError):
    """Everybody waits, and nothing will ever wake them."""


class _Jump(selectors.SelectSelector):
    """Waits by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Threads are steps of the one thread here: each runs whole, at a moment of its own."""

    def __init__(self, chance: random.Random, *, latest: float) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self._chance = chance
        self._latest = latest

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._jump.now

    def call_at(  # type: ignore[override] # the same arguments, said more shortly
        self, when: float, callback: Callable[..., object], *args: Any, **more: Any
    ) -> asyncio.TimerHandle:
        """Call back then, or somewhat later, as schedulers do."""
        return super().call_at(when + self._chance.random() * self._latest, callback, *args, **more)

    def run_in_executor(self, _executor: object, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override] # a task is a future
        """Run the work after a while; whoever is cancelled before that never began it."""

        async def later() -> Any:
            await asyncio.sleep(0)
            return work(*args)

        return self.create_task(later())
