"""Who a caller is before being signed in: an address."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

from identity.application.visitor import Visitor


def visitor(request: Request) -> Visitor:
    """Return the caller; behind the gateway, the address that the gateway saw, which it writes last."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")
    ip = forwarded.rpartition(",")[2].strip() if forwarded and peer in request.app.state.trusted_proxies else peer
    return Visitor(_line(ip), request.state.correlation_id, request.state.trace)


def _line(ip: str) -> str:
    """Return what attempts are counted for: an IPv4 address, or the /64 that one subscriber has of IPv6."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else ip


CurrentVisitor = Annotated[Visitor, Depends(visitor)]
