"""Traces and metrics, exported only where an operator gave an endpoint, and the traceparent that events carry."""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

SAMPLED = 0.05
"""The share of traces recorded: all of them would cost two thirds of the throughput."""

FASTAPI: TelemetryConfig = {"operation_spans": False, "logs": False, "auto_configure": False}
"""FastAPI's own telemetry: one span per request; never its logs, which quote what people sent."""

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def configure(service: str, endpoint: str | None, *, sampled: float = SAMPLED) -> Callable[[], None]:
    """Export to the OTLP/HTTP `endpoint`, if there is one; return what to call at the end of the process."""
    if not endpoint:
        return lambda: None
    from chassis.exporting import export  # noqa: PLC0415 - most processes export nothing, and start sooner

    return export(service, endpoint.rstrip("/"), sampled)


def enter(traceparent: str | None) -> str:
    """Continue the trace of `traceparent` (W3C Trace Context), or begin one; return the traceparent of this work."""
    valid = traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        valid = f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags):02x}"
    current = valid or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    _current.set(current)
    return current


def current() -> str | None:
    """Return the traceparent of the work in progress, for calls to other services."""
    return _current.get()
