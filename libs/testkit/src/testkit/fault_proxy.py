"""Links that misbehave: TCP connections that are passed on late, in crumbs, slowly, or not at all, or are cut.

A `Network` is a thread with an event loop of its own; each `Link` of it listens on a loopback port and passes
connections on to one server. What is wrong with a link can be changed at any moment, also for open connections.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from launcher.ports import LOOPBACK

CHUNK = 64 * 1024  # bytes read at a time
AHEAD = 64  # chunks that are on their way in one direction
LOOK_SECONDS = 0.02  # between two looks whether a silent link speaks again
RETRANSMISSION_SECONDS = 0.2  # what TCP makes of a lost packet: it comes later
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset and no farewell


@dataclass(frozen=True, slots=True)
class Toxics:
    """What is wrong with a link; nothing by default. Times are seconds, sizes bytes."""

    latency: float = 0.0
    """Added to what goes either way."""
    jitter: float = 0.0
    """At most so much more or less, differently for each chunk; the order stays."""
    loss: float = 0.0
    """Which share of the chunks comes only after a retransmission."""
    reset: float = 0.0
    """Which share of the chunks cuts the connection that they are on."""
    crumbs: int = 0
    """Nothing longer than this is passed on at once; 0 is no limit."""
    rate: float = 0.0
    """Bytes in a second, each way and for each connection; 0 is no limit."""
    silent: bool = False
    """Connections are taken and nothing passes, either way, as in a partition: it comes when the link heals."""
    down: bool = False
    """Connections are refused, and the open ones are cut."""


HEALTHY = Toxics()


@dataclass(eq=False)
class Link:
    """One way to a server. Its methods may be called from any thread."""

    target: int
    port: int
    network: "Network"
    toxics: Toxics = HEALTHY
    passed: int = 0
    """Connections that were taken."""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def put(self, toxics: Toxics) -> None:
        """Make this what is wrong with the link from now on; returns when it is so."""
        self.network.do(self._put(toxics))

    @contextmanager
    def suffering(self, **toxics: Any) -> Iterator[Self]:
        """Let the link suffer for the block."""
        self.put(Toxics(**toxics))
        try:
            yield self
        finally:
            self.put(HEALTHY)

    def cut(self) -> None:
        """Reset every open connection."""
        self.network.do(self._cut())

    def lead_to(self, target: int) -> None:
        """Pass connections that come from now on to another port."""
        self.target = target

    def close(self) -> None:
        """End the link."""
        self.network.do(self._close())

    async def _put(self, toxics: Toxics) -> None:
        self.toxics = toxics
        if toxics.down:
            await self._close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._taken, LOOPBACK, self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._connections):
            _reset(writer)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.passed += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:
            _reset(writer)
            return
        both = {writer, far_writer}
        self._connections |= both
        ways = [
            asyncio.ensure_future(self._pass_on(reader, far_writer, both)),
            asyncio.ensure_future(self._pass_on(far_reader, writer, both)),
        ]
        self._tasks.update(ways)
        try:
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._tasks.difference_update(ways)
            self._connections -= both
            for one in both:
                one.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, both: set[asyncio.StreamWriter]
    ) -> None:
        """Pass on one direction: what is read now leaves when it is due."""
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)
        sending = asyncio.ensure_future(self._send(due, writer))
        try:
            with suppress(OSError):
                while data := await reader.read(self.toxics.crumbs or CHUNK):
                    if self.network.chance() < self.toxics.reset:
                        for one in both:
                            _reset(one)
                        return
                    await due.put((asyncio.get_running_loop().time() + self._delay(), data))
            await due.put((0.0, b""))
            await sending
        finally:
            sending.cancel()

    async def _send(self, due: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            moment, data = await due.get()
            while self.toxics.silent:  # noqa: ASYNC110 - the other thread's word, not an event of this loop
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(moment - asyncio.get_running_loop().time())
            if not data:
                with suppress(OSError):
                    writer.write_eof()
                return
            if self.toxics.rate:
                await asyncio.sleep(len(data) / self.toxics.rate)
            with suppress(OSError):
                writer.write(data)
                await writer.drain()

    def _delay(self) -> float:
        wrong, chance = self.toxics, self.network.chance
        lost = RETRANSMISSION_SECONDS if chance() < wrong.loss else 0.0
        return wrong.latency + lost + wrong.jitter * (2 * chance() - 1)


class Network:
    """Some links, and the thread in which they live; `seed` decides what their chances come to."""

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed).random  # noqa: S311 - not a secret
        self.links: dict[str, Link] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()

    def link(self, name: str, target: int, port: int = 0) -> Link:
        """Make a link to a loopback port, listening on `port`, or on a free one."""
        if not port:
            with socket.socket() as free:
                free.bind((LOOPBACK, 0))
                port = free.getsockname()[1]
        made = Link(target, port, self)
        made.put(HEALTHY)
        self.links[name] = made
        return made

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the thread of the links, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End every link and the thread."""
        for link in self.links.values():
            link.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connected = writer.get_extra_info("socket")
    with suppress(OSError):
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
