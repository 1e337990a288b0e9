"""The provider calls: what it says is written down as a hint and answered at once; nothing in it is believed."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol
from uuid import UUID

from chassis.http import accept_stream, problems
from chassis.refusal import NotFound, Refusal
from fastapi import APIRouter, Request, Response

from lre_gateway.adapters.hints import MAX_BODY_BYTES, Call, TooManyCalls

WAIT_SECONDS = 1.5
"""How long the write is waited for; whoever was answered 200 was written down.

It is a plain insert into a table of its own, with no event, no proof entry and no counter, so that it waits for no
writer of the service. A provider waits for us 2.5 s, and calls again a quarter of an hour later.
"""
RETRY_SECONDS = 60
KEPT_HEADERS = frozenset({"content-type"})
"""What says how to read the body; nothing else of a call is kept."""
MAX_HEADER = 200

Networks = Collection[IPv4Network | IPv6Network]


class CallAgain(Refusal):
    """The call could not be written down in time; call again later."""

    code, status = "call-again", 503


class Addresses(Protocol):
    """Recognises the addresses that were given to the provider."""

    def letter(self, provider: str, secret: str) -> UUID | None:
        """Return the letter whose address this is; None for any other."""
        ...


class Writer(Protocol):
    """Writes calls down."""

    def put(self, call: Call) -> "Future[None]":
        """Take a call; the future ends when it is written. Raises TooManyCalls, never waits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may call, where, and what becomes of it."""

    addresses: Addresses
    writer: Writer
    callers: Networks
    proxies: Networks
    """Whose X-Forwarded-For is believed."""
    status: int
    """What the provider takes for "received"."""
    clock: Callable[[], datetime]


def webhook_routes(door: Door) -> APIRouter:
    """Return the route that the provider calls; nobody signs in there."""
    router = APIRouter(tags=["webhooks"], responses=problems(NotFound, CallAgain))
    anything: dict[str, Any] = {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}

    @router.post(
        "/webhooks/{provider}/{path_secret}",
        status_code=door.status,
        response_class=Response,
        dependencies=[accept_stream(MAX_BODY_BYTES)],
        openapi_extra=anything,
    )
    async def take(provider: str, path_secret: str, request: Request) -> Response:
        """Take a call of the provider, which only makes us read a letter again; anyone else finds nothing here."""
        letter_id = door.addresses.letter(provider, path_secret)
        if letter_id is None or not _comes_from(request, door):
            raise NotFound
        kept = ((name, value) for name, value in request.headers.items() if name in KEPT_HEADERS)
        headers = {name: value[:MAX_HEADER] for name, value in kept if value.isprintable()}
        call = Call(
            provider=provider,
            letter_id=letter_id,
            headers=headers,
            body=await request.body(),
            received_at=door.clock(),
        )
        try:
            written = door.writer.put(call)
            async with asyncio.timeout(WAIT_SECONDS):
                await asyncio.wrap_future(written)
        except (TooManyCalls, TimeoutError):
            raise CallAgain(retry_after=RETRY_SECONDS) from None  # what waits is written later: no harm, a hint twice
        return Response(status_code=door.status)

    return router


def _comes_from(request: Request, door: Door) -> bool:
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    if forwarded and _is_in(peer, door.proxies):
        peer = forwarded.rpartition(",")[2].strip()
    return _is_in(peer, door.callers)


def _is_in(text: str, networks: Networks) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
