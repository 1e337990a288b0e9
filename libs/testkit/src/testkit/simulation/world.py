"""One seed: a store that fills, relays and consumers that die and come back, a server that forgets, and the oracle."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from bus.consumer import Consumer
from bus.relay import Relay
from contracts import Envelope

from testkit.simulation.clock import VirtualLoop
from testkit.simulation.events import Stored, envelope, event, parse, remembered
from testkit.simulation.server import Server, Weather

SERVICE, FOLLOWER = "dossier", "journal"
EVENTS = 12
STORM_SECONDS = 20.0
AFTER_SECONDS = 10.0
"""How long the storm may go on when nothing more is written."""
CALM_SECONDS = 300.0
"""More than any wait of the relay and the consumer: what is not right by then stays wrong."""
LATEST = 2.0
"""How late timers are, at most, in seconds."""


class Store:
    """The producer's store: the truth."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self.events: list[Stored] = []

    def write(self) -> None:
        """Record the next event; it is acknowledged by that."""
        self.events.append(event(len(self.events) + 1))

    def epoch(self) -> int:
        """Return the life of the store."""
        return 1

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """Return events; the database may be away, and the process may die while it reads."""
        self._weather.kills()
        if self._weather.chance.random() < self._weather.lost:
            raise ConnectionError
        return self.events[after : after + limit]

    def refill(self, after: int, limit: int) -> Sequence[Envelope]:
        """Answer a consumer that misses events."""
        return [envelope(stored.number) for stored in self.read(after, limit)]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an inbox is."""

    epoch: int
    store_seq: int


class Inbox:
    """The consumer's database: each effect in one transaction with its position."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self.taken: list[Envelope] = []

    def position(self, _producer: str) -> Reached | None:
        """Return the position."""
        return Reached(self.taken[-1].epoch, self.taken[-1].storeseq) if self.taken else None

    def receive(self, messages: Sequence[Envelope]) -> None:
        """Take messages in; the process may die after any of them, the database may go away before any."""
        for message in messages:
            self._weather.kills()
            if self._weather.chance.random() < self._weather.lost:
                raise ConnectionError
            if self.taken and message.storeseq <= self.taken[-1].storeseq:
                continue  # as the transaction finds out that holds the position; it would not notice a gap
            self.taken.append(message)
            self._weather.kills()


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, *, relay: type[Relay] = Relay, consumer: type[Consumer] = Consumer) -> None:
        """Draw how bad it will be."""
        self._relay, self._consumer = relay, consumer
        self.chance = random.Random(seed)  # noqa: S311 - not a secret
        random.seed(seed)  # the relay and the consumer spread their retries with the module's own
        mild = self.chance.random()
        self.weather = Weather(self.chance, lost=0.15 * mild, killed=0.04 * self.chance.random())
        self.server = Server(self.weather)
        self.store = Store(self.weather)
        self.inbox = Inbox(self.weather)
        self.storm = True

    def run(self) -> None:
        """Let it happen; raise AssertionError if anything is lost, doubled or out of order."""
        loop = VirtualLoop(self.chance, latest=LATEST)
        with closing(loop), remembered():
            loop.run_until_complete(self._life())

    async def _life(self) -> None:
        relays = [self._process(self._relaying) for _ in range(2)]
        consumers = [self._process(self._consuming) for _ in range(1 + (self.chance.random() < 0.3))]  # noqa: PLR2004 - sometimes two by mistake
        running = [asyncio.create_task(one) for one in (*relays, *consumers, self._nature())]
        try:
            for _ in range(EVENTS):
                await asyncio.sleep(self.chance.random() * STORM_SECONDS / EVENTS)
                self.store.write()
            await asyncio.sleep(self.chance.random() * AFTER_SECONDS)
            self.storm = False
            self.weather.calm()
            await self._settled()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _relaying(self) -> Awaitable[None]:
        return self._relay(self.server, SERVICE, self.store).run()  # type: ignore[arg-type] # the model

    def _consuming(self) -> Awaitable[None]:
        return self._consumer(self.server, FOLLOWER, SERVICE, self.inbox, self.store.refill).run()  # type: ignore[arg-type] # the model

    async def _process(self, life: Callable[[], Awaitable[None]]) -> None:
        """Run a process that dies and is started again."""
        while True:
            task = asyncio.ensure_future(life())
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
            task.cancelled() or task.exception()
            await asyncio.sleep(self.chance.random())

    async def _nature(self) -> None:
        """Have the server forget things, while the storm lasts."""
        while self.storm:
            await asyncio.sleep(self.chance.random() * STORM_SECONDS / 2)
            stream = next(iter(self.server.streams.values()), None)
            if stream is None or not self.storm:
                continue
            what = self.chance.randrange(4)
            if what == 0:
                stream.forget(self.chance.randint(1, 4))
            elif what == 1:
                self.server.streams.clear()
            elif what == 2:  # noqa: PLR2004 - the third of four mishaps
                stream.consumers.clear()
        await asyncio.Event().wait()

    async def _settled(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CALM_SECONDS
        while (wrong := self._wrong()) and loop.time() < deadline:  # noqa: ASYNC110 - nobody tells when it is right
            await asyncio.sleep(1)
        if wrong:
            raise AssertionError(wrong)

    def _wrong(self) -> str | None:
        truth = [event.entry.decode() for event in self.store.events]
        copied = [parse(body).proofentry for stream in self.server.streams.values() for body in stream.messages]
        if copied != truth:
            return f"the stream holds {len(copied)} messages for {len(truth)} events"
        if [message.proofentry for message in self.inbox.taken] != truth:
            return f"{len(self.inbox.taken)} of {len(truth)} events took effect"
        return None
