"""Who a caller is before being signed in: an address."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

from identity.application.visitor import Visitor
from identity.domain.device import device


def visitor(request: Request) -> Visitor:
    """Return the caller; behind the gateway, the address that the gateway saw, which it writes last."""
    ip = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    if forwarded and _is_in(ip, request.app.state.trusted_proxies):
        ip = forwarded.rpartition(",")[2].strip()
    on = device(request.headers.get("user-agent", ""))
    return Visitor(_line(ip), request.state.correlation_id, request.state.trace, on)


def _is_in(ip: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _line(ip: str) -> str:
    """Return what attempts are counted for: an IPv4 address, or the /64 that one subscriber has of IPv6."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else ip


CurrentVisitor = Annotated[Visitor, Depends(visitor)]
