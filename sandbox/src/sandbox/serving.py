"""One process, several listeners: the address its users see, and an admin address that they never see."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


class _Server(uvicorn.Server):
    """Leaves the signals to `serve`: two servers of one process would each take them from the other."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def setting(name: str, default: str | None = None) -> str:
    """Return the environment variable SANDBOX_<name>; without a default it must be given.

    Raises:
        SystemExit: the variable is missing, with its name.

    """
    value = os.environ.get(f"SANDBOX_{name}", default)
    if value is None:
        raise SystemExit(f"SANDBOX_{name} is not set")
    return value


def application(title: str) -> FastAPI:
    """Return an application that answers /livez, which the launcher waits for."""
    app = FastAPI(title=title)

    @app.get("/livez")
    def livez() -> dict[str, str]:
        return {"status": "alive"}

    return app


async def serve(apps: dict[int, FastAPI], host: str, stopped: Callable[[], None] = lambda: None) -> None:
    """Serve each application on its port until SIGTERM or SIGINT, then call `stopped`."""
    servers = [
        _Server(uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2))
        for port, app in apps.items()
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.gather(*(server.serve() for server in servers))
    finally:
        stopped()
