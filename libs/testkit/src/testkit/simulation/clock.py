"""An event loop whose time passes only when nothing is left to do, and whose timers are late by a seeded delay."""

import asyncio
import heapq
import random
import selectors
from collections.abc import Callable
from contextvars import Context
from typing import Any


class Deadlock(AssertionError):
    """Everybody waits, and nothing will ever wake them."""


class _Nothing(selectors.SelectSelector):
    """Is never asked: nothing arrives from outside."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Threads are steps of the one thread here: each runs whole, at a moment of its own."""

    _ready: Any  # of the base class, which types neither
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, chance: random.Random, *, latest: float) -> None:
        super().__init__(_Nothing())
        self._chance = chance
        self._latest = latest
        self._now = 0.0

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._now

    def call_soon(  # type: ignore[override] # the same arguments, said more shortly
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call back in the next turn, as the base class does, without asking whether this is its debug mode."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override] # as above
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back then, or somewhat later, as schedulers do."""
        timer = asyncio.TimerHandle(when + self._chance.random() * self._latest, callback, args, self, context)
        timer._scheduled = True  # type: ignore[attr-defined] # noqa: SLF001 - as the base class does
        heapq.heappush(self._scheduled, timer)
        return timer

    def run_in_executor(self, _executor: object, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override] # a future of this loop
        """Run the work after a while; whoever is cancelled before that never began it."""
        done: asyncio.Future[Any] = self.create_future()

        def begin() -> None:
            if done.cancelled():
                return
            try:
                done.set_result(work(*args))
            except BaseException as error:  # noqa: BLE001 - also the end of the process, which is its caller's too
                done.set_exception(error)

        self.call_soon(begin)
        return done

    def _run_once(self) -> None:
        """Run what is ready, as the base class does, without asking any socket: most of a seed's time went there."""
        ready, scheduled = self._ready, self._scheduled
        while not ready:
            if not scheduled:
                raise Deadlock
            timer = heapq.heappop(scheduled)
            timer._scheduled = False  # type: ignore[attr-defined] # noqa: SLF001 - as the base class does
            if not timer.cancelled():
                self._now = max(self._now, timer.when())
                ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:  # noqa: SLF001 - as the base class does
                handle._run()  # noqa: SLF001 - as the base class does
