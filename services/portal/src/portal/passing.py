"""Bytes on their way between a browser and the vault: passed on as they come, never held."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
from fastapi import Response
from fastapi.responses import StreamingResponse

from portal.api import Caller, checked
from portal.visiting import Guest

KEPT = ("content-type", "content-length", "content-disposition")


async def pass_on(guest: Guest, version_id: UUID, ticket: str) -> Response:
    """Answer with the bytes of a version, as a file to keep."""
    call = guest.desk.api.request(Caller(ticket), "GET", "vault", f"/documents/{version_id}/content", timeout=60.0)
    return await streamed(guest, call)


async def streamed(guest: Guest, call: httpx.Request) -> Response:
    """Answer with what a service answers, as it comes. Raises ApiRefused, ApiAway."""
    answer = await guest.desk.api.sent(call, stream=True)
    if answer.is_error:
        await answer.aread()
        await answer.aclose()
        checked(answer)
    headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
    headers |= {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}

    async def chunks() -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.aiter_raw():
                yield chunk
        finally:
            await answer.aclose()

    return StreamingResponse(chunks(), headers=headers)
