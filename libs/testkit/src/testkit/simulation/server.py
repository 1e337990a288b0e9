"""A model of JetStream: what the relay and the consumer ask of it, with the answers of the real server."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

import nats.errors
from nats.js import api
from nats.js.errors import APIError, FetchTimeoutError, NotFoundError

T = TypeVar("T")

ANSWER_SECONDS = 2.0
"""How long a client waits for an answer that does not come."""
WRONG_LAST_SEQUENCE = 10071
NO_MESSAGE = 10037


class Killed(BaseException):
    """The process ended here: nothing of it runs any more."""


@dataclass
class Weather:
    """How likely each mishap is at a call; calm once the faults are over."""

    chance: random.Random
    lost: float = 0.0
    killed: float = 0.0

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.lost = self.killed = 0.0

    def kills(self) -> None:
        """Perhaps end the process."""
        if self.chance.random() < self.killed:
            raise Killed

    async def carry(self, act: Callable[[], T]) -> T:
        """Do something at the server; the request or the answer may be lost, and the process may die at any moment."""
        self.kills()
        await asyncio.sleep(0)
        if self.chance.random() < self.lost:
            await asyncio.sleep(ANSWER_SECONDS)
            raise nats.errors.TimeoutError
        done = act()
        self.kills()
        if self.chance.random() < self.lost:
            await asyncio.sleep(ANSWER_SECONDS)
            raise nats.errors.TimeoutError
        return done


@dataclass
class _Consumer:
    start: int
    ack_wait: float
    delivered: int = 0
    acked: int = 0
    pending: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.delivered = self.acked = self.start - 1

    def take(self, stored: list[bytes], count: int, now: float) -> list[int]:
        """Return the messages to deliver: first those that nobody acknowledged in time."""
        again = sorted(number for number, at in self.pending.items() if now - at >= self.ack_wait)
        new = range(self.delivered + 1, len(stored) + 1)
        chosen = [number for number in [*again, *new] if number <= len(stored)][:count]
        self.pending.update(dict.fromkeys(chosen, now))
        self.delivered = max([self.delivered, *chosen])
        return chosen

    def acknowledge(self, number: int) -> None:
        self.acked = max(self.acked, number)
        self.pending = {one: at for one, at in self.pending.items() if one > number}


@dataclass
class _Stream:
    config: api.StreamConfig
    created: float
    messages: list[bytes] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    consumers: dict[str, _Consumer] = field(default_factory=dict)

    def forget(self, count: int) -> None:
        """Lose the latest messages, and the memory of their ids with them."""
        del self.messages[max(0, len(self.messages) - count) :]
        self.ids = {name: number for name, number in self.ids.items() if number <= len(self.messages)}


class Server:
    """The streams; `jetstream` is what a connection of a process gives."""

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        self.streams: dict[str, _Stream] = {}
        self._made = 0

    def jetstream(self, timeout: float = 5.0) -> "JetStream":  # noqa: ARG002 - as of a connection
        """Return the context through which everything is asked."""
        return JetStream(self)

    def stream(self, name: str) -> _Stream:
        """Return a stream; raise NotFoundError."""
        if name not in self.streams:
            raise NotFoundError
        return self.streams[name]

    def make(self, config: api.StreamConfig) -> _Stream:
        """Return a stream, made if it is missing."""
        self._made += 1
        return self.streams.setdefault(str(config.name), _Stream(config, created=float(self._made)))


@dataclass(frozen=True, slots=True)
class Message:
    """A delivered message."""

    data: bytes
    metadata: Any
    acknowledge: Callable[[], None]
    weather: Weather
    headers: None = None

    async def ack(self) -> None:
        """Acknowledge it and everything before it, without an answer: nobody learns that it got lost."""
        self.weather.kills()
        if self.weather.chance.random() >= self.weather.lost:
            self.acknowledge()

    async def ack_sync(self, timeout: float = 1.0) -> None:  # noqa: ASYNC109, ARG002 - as of the library
        """Acknowledge it and everything before it."""
        await self.weather.carry(self.acknowledge)


class JetStream:
    """What nats-py's context offers of it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._carry = server.weather.carry

    async def stream_info(self, name: str) -> Any:
        """Describe a stream."""
        return await self._carry(lambda: _described(self._server.stream(name)))

    async def add_stream(self, config: api.StreamConfig) -> Any:
        """Make a stream."""
        return await self._carry(lambda: _described(self._server.make(config)))

    async def delete_stream(self, name: str) -> None:
        """Delete a stream with its consumers."""
        await self._carry(lambda: (self._server.stream(name), self._server.streams.pop(name)))

    async def get_msg(self, name: str, number: int) -> Any:
        """Read one message."""

        def read() -> Any:
            messages = self._server.stream(name).messages
            if not 0 < number <= len(messages):
                raise NotFoundError(code=404, err_code=NO_MESSAGE)
            return SimpleNamespace(data=messages[number - 1])

        return await self._carry(read)

    async def publish(self, _subject: str, payload: bytes, headers: dict[str, str]) -> Any:
        """Store a message: the known id first, then the fence, as the server does."""

        def store() -> Any:
            stream = self._server.streams.get(headers[api.Header.EXPECTED_STREAM.value])
            if stream is None:
                raise nats.errors.NoRespondersError
            known = stream.ids.get(headers[api.Header.MSG_ID.value])
            if known is not None:
                return SimpleNamespace(seq=known)
            if int(headers[api.Header.EXPECTED_LAST_SEQUENCE.value]) != len(stream.messages):
                raise APIError(code=400, err_code=WRONG_LAST_SEQUENCE)
            stream.messages.append(payload)
            stream.ids[headers[api.Header.MSG_ID.value]] = len(stream.messages)
            return SimpleNamespace(seq=len(stream.messages))

        return await self._carry(store)

    async def consumer_info(self, name: str, durable: str) -> Any:
        """Describe a consumer."""

        def describe() -> Any:
            consumer = _consumer(self._server.stream(name), durable)
            delivered = SimpleNamespace(stream_seq=consumer.delivered)
            return SimpleNamespace(num_ack_pending=len(consumer.pending), delivered=delivered)

        return await self._carry(describe)

    async def add_consumer(self, name: str, config: api.ConsumerConfig) -> None:
        """Make a consumer; one that exists otherwise is refused."""

        def make() -> None:
            consumers = self._server.stream(name).consumers
            if str(config.durable_name) in consumers:
                raise APIError(code=400, err_code=10148)
            consumers[str(config.durable_name)] = _Consumer(
                int(config.opt_start_seq or 1), float(config.ack_wait or 30)
            )

        await self._carry(make)

    async def delete_consumer(self, name: str, durable: str) -> None:
        """Delete a consumer."""

        def delete() -> None:
            stream = self._server.stream(name)
            _consumer(stream, durable)
            del stream.consumers[durable]

        await self._carry(delete)

    async def pull_subscribe_bind(self, *, consumer: str, stream: str) -> "Subscription":
        """Bind to a consumer."""
        return Subscription(self._server, stream, consumer)


class Subscription:
    """A pull subscription."""

    def __init__(self, server: Server, stream: str, durable: str) -> None:
        self._server, self._stream, self._durable = server, stream, durable

    async def fetch(self, count: int, timeout: float, heartbeat: float | None = None) -> list[Message]:  # noqa: ASYNC109 - as of the library
        """Return messages, waiting for the first; silence of a consumer that is gone is another error than none."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            found = await self._server.weather.carry(lambda: self._take(count))
            if found:
                return found
            if found is None and heartbeat is not None:
                raise nats.errors.TimeoutError
            if loop.time() >= deadline:
                raise FetchTimeoutError
            await asyncio.sleep(min(0.5, timeout))

    async def unsubscribe(self) -> None:
        """End it."""

    def _take(self, count: int) -> list[Message] | None:
        stream = self._server.streams.get(self._stream)
        consumer = stream.consumers.get(self._durable) if stream else None
        if stream is None or consumer is None:
            return None
        chosen = consumer.take(stream.messages, count, asyncio.get_running_loop().time())
        return [self._message(stream, consumer, number) for number in chosen]

    def _message(self, stream: _Stream, consumer: _Consumer, number: int) -> Message:
        ahead = len(stream.messages) - consumer.delivered
        metadata = SimpleNamespace(sequence=SimpleNamespace(stream=number), num_pending=ahead)
        data = stream.messages[number - 1]
        return Message(data, metadata, lambda: consumer.acknowledge(number), self._server.weather)


def _consumer(stream: _Stream, durable: str) -> _Consumer:
    if durable not in stream.consumers:
        raise NotFoundError
    return stream.consumers[durable]


def _described(stream: _Stream) -> Any:
    count = len(stream.messages)
    state = SimpleNamespace(last_seq=count, first_seq=1 if count else 0, messages=count)
    return SimpleNamespace(state=state, config=stream.config, created=stream.created)
