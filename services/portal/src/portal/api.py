"""The interfaces of the other services, as the person who is signed in."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from chassis import telemetry
from structlog.contextvars import get_contextvars

PREFIXES = {
    "identity": "/api/identity/v1",
    "dossier": "/api/dossiers/v1",
    "vault": "/api/vault/v1",
    "messaging": "/api/messages/v1",
    "lre-gateway": "/api/letters/v1",
    "journal": "/api/journal/v1",
}
TIMEOUT = httpx.Timeout(15.0, connect=2.0)

# httpcore asks for this module several times in each call. It is not installed, and for one that is not there Python
# searches every folder anew: a third of the portal's processor time. None says at once that there is none.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # documented: the import system takes None

Json = Any


class ApiRefused(Exception):
    """A service refused; what it said is an RFC 9457 problem."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("code"))
        self.status = status
        self.code = str(problem.get("code", "unexpected"))
        self.problem = problem


class ApiAway(Exception):
    """A service does not answer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made, and from which address."""

    token: str | None = None
    forwarded: str | None = None
    """The X-Forwarded-For that the gateway wrote: services count attempts by address."""
    agent: str | None = None
    """The User-Agent of whoever signs in: people see in their account on what they did."""


class Api:
    """The services by name; close it at the end."""

    def __init__(self, peers: Mapping[str, str]) -> None:
        self._bases = {name: f"{peers[name].rstrip('/')}{prefix}" for name, prefix in PREFIXES.items()}
        self.http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False)

    async def get(self, caller: Caller, service: str, path: str, **params: Any) -> Json:
        """Read; parameters that are None or empty are left out. Raises ApiRefused, ApiAway."""
        given = {name: value for name, value in params.items() if value not in {None, ""}}
        return (await self.call(caller, "GET", service, path, params=given)).json()

    async def send(  # noqa: PLR0913 - what a command is made of
        self, caller: Caller, method: str, service: str, path: str, body: Json = None, *, key: str | None = None
    ) -> Json:
        """Carry out a command, once for each `key`; return what it answers, None for nothing."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.call(caller, method, service, path, json=body, headers=headers)
        return answer.json() if answer.content else None

    async def call(self, caller: Caller, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        """Make one call; raise ApiRefused for an answer that is a problem, ApiAway for none."""
        return checked(await self.sent(self.request(caller, method, service, path, **options)))

    async def sent(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Send a call and return its answer, whatever it is; raise ApiAway for none."""
        try:
            return await self.http.send(request, stream=stream)
        except httpx.TransportError as error:
            raise ApiAway from error

    def request(self, caller: Caller, method: str, service: str, path: str, **options: Any) -> httpx.Request:
        """Build a call, for whoever streams its answer."""
        headers = {**options.pop("headers", {}), **telemetry.outgoing()}
        if caller.token:
            headers["Authorization"] = f"Bearer {caller.token}"
        if caller.forwarded:
            headers["X-Forwarded-For"] = caller.forwarded
        if caller.agent:
            headers["User-Agent"] = caller.agent
        if correlation_id := get_contextvars().get("correlation_id"):
            headers["X-Correlation-Id"] = correlation_id
        if options.get("json", True) is None:
            del options["json"]
        return self.http.build_request(method, self._bases[service] + path, headers=headers, **options)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is no refusal; raise ApiRefused for the others, which must have been read."""
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise ApiRefused(answer.status_code, problem if isinstance(problem, dict) else {})
