"""A connection to NATS that never gives up, and refuses servers that would ignore what we ask of them."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator

import nats
from nats.aio.client import Client

log = logging.getLogger(__name__)

OLDEST_SERVER = (2, 15)
"""Older servers silently ignore options of streams and consumers."""

PING_SECONDS = 10
CLOSE_SECONDS = 2.0


class ServerTooOld(RuntimeError):
    """The NATS server is older than what the streams need."""


@contextlib.asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[Client]:
    """Connect, and reconnect for as long as the block lasts; `name` is what the server's monitoring shows.

    `url` is an address, or several of one cluster with commas between them.

    Waits while no server answers. Raises ServerTooOld.
    """
    closing = asyncio.Event()

    async def note_disconnection() -> None:
        if not closing.is_set():
            log.warning("bus-disconnected", extra={"task": name})

    connection = await nats.connect(
        url.split(","),
        name=name,
        max_reconnect_attempts=-1,  # the library's default closes the connection for ever after two minutes
        reconnect_time_wait=random.uniform(0.2, 1.0),  # noqa: S311 - spreads the processes, protects nothing
        ping_interval=PING_SECONDS,  # a half-open link is noticed in 20 s, not in 4 minutes
        max_outstanding_pings=2,
        connect_timeout=2,
        error_cb=_note_error,
        disconnected_cb=note_disconnection,
        reconnected_cb=_note_reconnection,
    )
    try:
        version = connection.connected_server_version
        if (version.major, version.minor) < OLDEST_SERVER:
            raise ServerTooOld(f"NATS {version.major}.{version.minor} is older than {OLDEST_SERVER}")
        yield connection
    finally:
        closing.set()
        # Nothing waits in the connection's buffers that matters: only acknowledged messages count.
        with contextlib.suppress(Exception):
            await asyncio.wait_for(connection.close(), CLOSE_SECONDS)


async def _note_error(error: Exception) -> None:
    log.debug("bus-error", extra={"error": type(error).__name__})


async def _note_reconnection() -> None:
    log.info("bus-reconnected")
