"""The two tasks of a working process, ready for the list of a service's `work`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine, Iterator
from typing import Any

from bus.connection import connected
from bus.consumer import Consumer
from bus.inbox import Inbox, Parking, Refill
from bus.progress import Consumed, Reading, Relayed
from bus.relay import Leadership, Relay, Source

CANCEL_SECONDS = 0.5


class Relaying:
    """The task that keeps the stream of a service equal to its store until it is told to stop."""

    def __init__(
        self,
        url: str,
        service: str,
        source: Source,
        *,
        leadership: Leadership = contextlib.nullcontext,
        replicas: int = 1,
    ) -> None:
        self._url, self._service, self._source = url, service, source
        self._leadership, self._replicas = leadership, replicas
        self._progress = Relayed()

    def __call__(self, stop: asyncio.Event) -> Awaitable[None]:
        """Work until the event is set."""
        return _until(stop, self._relay())

    def readings(self) -> Iterator[Reading]:
        """Tell how the relay gets on."""
        return self._progress.readings(self._source)

    async def _relay(self) -> None:
        async with connected(self._url, f"{self._service} relay") as connection:
            await Relay(
                connection,
                self._service,
                self._source,
                leadership=self._leadership,
                replicas=self._replicas,
                progress=self._progress,
            ).run()


class Consuming:
    """The task that takes the events of a producer into the inbox of a service until it is told to stop."""

    def __init__(self, url: str, service: str, producer: str, inbox: Inbox, refill: Refill) -> None:
        self._url, self._service, self._producer = url, service, producer
        self._inbox, self._refill = inbox, refill
        self._progress = Consumed()

    def __call__(self, stop: asyncio.Event) -> Awaitable[None]:
        """Work until the event is set."""
        return _until(stop, self._consume())

    def readings(self) -> Iterator[Reading]:
        """Tell how the consumer gets on."""
        labels = {"producer": self._producer}
        yield "inbox_interrupted_seconds", self._progress.interrupted_seconds, labels
        if self._progress.lag is not None:
            yield "inbox_lag_events", self._progress.lag, labels
        if isinstance(self._inbox, Parking):
            yield "inbox_parked_messages", self._inbox.parked(self._producer), labels

    async def _consume(self) -> None:
        async with connected(self._url, f"{self._service} consumer of {self._producer}") as connection:
            await Consumer(connection, self._service, self._producer, self._inbox, self._refill, self._progress).run()


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
