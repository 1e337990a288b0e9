"""An application served by a real HTTP server, in a thread of the test's process."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import uvicorn
from starlette.applications import Starlette

TICK_SECONDS = 1.0  # how often the Date header is made again
PAUSE_SECONDS = 0.002
GRACE_SECONDS = 2.0


class _Server(uvicorn.Server):
    """A uvicorn that ends when it is told to; by itself it looks ten times a second, and waits a tenth of one more."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = threading.Event()
        self._wake: Callable[[], object] = self._told.set

    async def main_loop(self) -> None:
        """Serve until told."""
        told = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, told.set)
        while not self._told.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, finish those under way for a while, close the application."""
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(PAUSE_SECONDS)
        await self.lifespan.shutdown()

    def end(self) -> None:
        """Tell it, from another thread."""
        self.should_exit = True
        self._told.set()
        self._wake()


@contextmanager
def serving(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve `app` for the block, on a free port unless one is named; give its address."""
    server = _Server(uvicorn.Config(app, log_config=None, ws="none", lifespan="on", proxy_headers=False))
    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.end()
            thread.join()
