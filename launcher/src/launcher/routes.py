"""The gateway's route table, read from ``deploy/gateway/routes.toml``, and the Caddyfile that is made of it."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files

from launcher.ports import LOOPBACK

EVERYTHING = "/"
"""The prefix of who gets what nobody else takes."""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests whose path is ``prefix`` or lies below it go to ``service``."""

    prefix: str
    service: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes, the prefixes that lead nowhere unless a route takes them, and the request headers to remove."""

    routes: tuple[Route, ...]
    closed: tuple[str, ...]
    removed_headers: tuple[str, ...]


def route_table() -> RouteTable:
    """Read the table; it travels with the package."""
    table = tomllib.loads((files("launcher") / "routes.toml").read_text(encoding="utf-8"))
    routes = tuple(Route(str(route["prefix"]), str(route["service"])) for route in table["route"])
    closed = tuple(str(prefix) for prefix in table["closed"])
    return RouteTable(routes, closed, tuple(str(header) for header in table["identity_headers"]["remove"]))


PATIENCE = """\
			lb_try_duration 3s
			lb_try_interval 100ms
"""
"""How long a request waits for a process that starts again, or goes to another one of the service.

What was taken by a process that then fell silent is sent again only if it reads: that cannot do anything twice.
"""


def caddyfile(table: RouteTable, port: int, services: Mapping[str, int | str], bind: str = LOOPBACK) -> str:
    """Return the configuration of a gateway on this port of the address ``bind``.

    ``services`` gives the loopback port of each service, or its host:port, or several of them with spaces between.
    """
    removals = "\n".join(f"\trequest_header -{header}" for header in table.removed_headers)
    handlers = "\n".join(
        f"\t@route{number} path {route.prefix} {route.prefix}/*\n"
        f"\thandle @route{number} {{\n{_proxy(services[route.service])}\n\t}}"
        for number, route in enumerate(table.routes)
        if route.service in services and route.prefix != EVERYTHING
    )
    closed = " ".join(f"{prefix} {prefix}/*" for prefix in table.closed)
    others = next((services.get(route.service) for route in table.routes if route.prefix == EVERYTHING), None)
    unknown = _problem("not-found", 404, "Nothing is at this address.")
    unreachable = _problem("unavailable", 503, "The service does not answer; try again in a moment.")
    return f"""{{
	admin off
	auto_https off
	persist_config off
	skip_install_trust
	servers {{
		timeouts {{
			read_header 10s
			idle 2m
		}}
	}}
	log {{
		level WARN
	}}
}}
http://:{port} {{
	bind {bind}
	header -Server
	header -Via
	header ?X-Content-Type-Options nosniff
{removals}
{handlers}
	@closed path {closed}
	handle @closed {{
{unknown}
	}}
	handle {{
{unknown if others is None else _proxy(others)}
	}}
	handle_errors {{
		header Retry-After 1
{unreachable}
	}}
}}
"""


def _proxy(service: int | str) -> str:
    return f"\t\treverse_proxy {_upstream(service)} {{\n{PATIENCE}\t\t}}"


def _upstream(service: int | str) -> str:
    return service if isinstance(service, str) else f"{LOOPBACK}:{service}"


def _problem(code: str, status: int, detail: str) -> str:
    title = HTTPStatus(status).phrase
    kind = f"urn:scelle:problem:{code}"
    body = json.dumps({"type": kind, "title": title, "status": status, "detail": detail, "code": code})
    return f"\t\theader Content-Type application/problem+json\n\t\trespond `{body}` {status}"
