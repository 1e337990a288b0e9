"""The gateway's route table, read from ``deploy/gateway/routes.toml``, and the Caddyfile that is made of it."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files

from launcher.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Route:
    """Requests whose path is ``prefix`` or lies below it go to ``service``."""

    prefix: str
    service: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes and the request headers to remove."""

    routes: tuple[Route, ...]
    removed_headers: tuple[str, ...]


def route_table() -> RouteTable:
    """Read the table; it travels with the package."""
    table = tomllib.loads((files("launcher") / "routes.toml").read_text(encoding="utf-8"))
    routes = tuple(Route(str(route["prefix"]), str(route["service"])) for route in table["route"])
    return RouteTable(routes, tuple(str(header) for header in table["identity_headers"]["remove"]))


def caddyfile(table: RouteTable, port: int, services: Mapping[str, int | str], bind: str = LOOPBACK) -> str:
    """Return the configuration of a gateway on this port of the address ``bind``.

    ``services`` gives the loopback port of each service, or its host:port.
    """
    removals = "\n".join(f"\trequest_header -{header}" for header in table.removed_headers)
    handlers = "\n".join(
        f"\t@route{number} path {route.prefix} {route.prefix}/*\n"
        f"\thandle @route{number} {{\n\t\treverse_proxy {_upstream(services[route.service])}\n\t}}"
        for number, route in enumerate(table.routes)
        if route.service in services
    )
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
	handle {{
{unknown}
	}}
	handle_errors {{
{unreachable}
	}}
}}
"""


def _upstream(service: int | str) -> str:
    return service if isinstance(service, str) else f"{LOOPBACK}:{service}"


def _problem(code: str, status: int, detail: str) -> str:
    title = HTTPStatus(status).phrase
    kind = f"urn:scelle:problem:{code}"
    body = json.dumps({"type": kind, "title": title, "status": status, "detail": detail, "code": code})
    return f"\t\theader Content-Type application/problem+json\n\t\trespond `{body}` {status}"
