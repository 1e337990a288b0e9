"""What an operator does with streams: look at them, and have one made again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from nats.js.errors import NotFoundError

from bus.connection import connected
from bus.streams import stream_name


@dataclass(frozen=True, slots=True)
class StreamState:
    """The stream of a service as the server has it; None is a stream that does not exist."""

    service: str
    messages: int | None
    size: int
    """Bytes."""
    consumers: tuple[str, ...]


def stream_states(url: str, services: Iterable[str]) -> list[StreamState]:
    """Return the streams of some services on the server at `url`. Waits while no server answers."""

    async def look() -> list[StreamState]:
        async with connected(url, "operator") as connection:
            jetstream, found = connection.jetstream(), []
            for service in services:
                try:
                    state = (await jetstream.stream_info(stream_name(service))).state
                    consumers = await jetstream.consumers_info(stream_name(service))
                except NotFoundError:
                    found.append(StreamState(service, None, 0, ()))
                else:
                    names = tuple(sorted(one.name for one in consumers))
                    found.append(StreamState(service, state.messages, state.bytes, names))
            return found

    return asyncio.run(look())


def delete_stream(url: str, service: str) -> bool:
    """Delete the stream of a service; its relay makes it again from the store. Tell whether there was one."""

    async def delete() -> bool:
        async with connected(url, "operator") as connection:
            try:
                await connection.jetstream().delete_stream(stream_name(service))
            except NotFoundError:
                return False
            return True

    return asyncio.run(delete())
