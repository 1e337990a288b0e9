"""The outermost layer of a request: correlation id, trace, security headers, one log line, and no leak of an error."""

import time
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from chassis import metrics, telemetry
from chassis.http.problems import Unexpected, answer
from chassis.logging import get_logger

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent unless the route says otherwise."""

CORRELATION_HEADER = "X-Correlation-Id"
_QUIET_ROUTES = {"/livez", "/readyz"}


class RequestContext:
    """Middleware that gives every request its context and every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        correlation_id = _uuid(headers.get(CORRELATION_HEADER)) or str(uuid4())
        trace = telemetry.enter(headers.get("traceparent"))
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state.update(correlation_id=correlation_id, trace=trace)
        with bound_contextvars(correlation_id=correlation_id, trace_id=trace[3:35]):
            return await self._answer(scope, receive, send, correlation_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, correlation_id: str) -> None:
        started, status, counted = time.perf_counter(), 0, metrics.requests
        counted.under_way += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers[CORRELATION_HEADER] = correlation_id
                if scope["app"].state.draining:
                    headers["Connection"] = "close"
                if status == HTTPStatus.NO_CONTENT and "Content-Type" in headers:
                    del headers["Content-Type"]  # there is no content that it could be about
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            self.log.info("request-abandoned", method=scope["method"], route=_route(scope))
        except Exception:
            self.log.exception("request-failed", method=scope["method"], route=_route(scope))
            if status:
                raise
            await answer(Unexpected(), correlation_id=correlation_id)(scope, receive, send_with_headers)
        finally:
            counted.under_way -= 1
            if scope["path"] not in _QUIET_ROUTES:
                spent, route = time.perf_counter() - started, _route(scope)
                counted.note(scope["method"], route, status, spent)
                self.log.info(
                    "request-answered",
                    method=scope["method"],
                    route=route,
                    status=status,
                    duration_ms=round(spent * 1000, 1),
                )


def _route(scope: Scope) -> str:
    """Return the whole template of the route: an address may hold what people typed."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path", "unknown")


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None
