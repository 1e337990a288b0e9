"""Who a caller is before being signed in: an address."""

from typing import Annotated

from fastapi import Depends, Request

from identity.application.visitor import Visitor


def visitor(request: Request) -> Visitor:
    """Return the caller; behind the gateway, the address that the gateway saw, which it writes last."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")
    ip = forwarded.rpartition(",")[2].strip() if forwarded and peer in request.app.state.trusted_proxies else peer
    return Visitor(ip, request.state.correlation_id, request.state.trace)


CurrentVisitor = Annotated[Visitor, Depends(visitor)]
