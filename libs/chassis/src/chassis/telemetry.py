"""Traces and metrics, exported only where an operator gave an endpoint, and the traceparent that events carry."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

_FASTAPI: TelemetryConfig = {"operation_spans": False, "metrics": False, "logs": False, "auto_configure": False}

DECIDED = "scelle"
"""The entry of a tracestate (W3C Trace Context) by which a process of ours says that it decided whether the trace is
recorded. The gateway removes the header: what others say in a traceparent is not for them to decide."""

MOST_LINKS = 32
"""How many traces one span tells of: a batch may hold thousands."""

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def configure(service: str, endpoint: str | None, *, sampled: float) -> Callable[[], None]:
    """Export to the OTLP/HTTP `endpoint`, if there is one, a share of the traces; return what to call at the end."""
    if not endpoint:
        return lambda: None
    from chassis.exporting import export  # noqa: PLC0415 - most processes export nothing, and start sooner

    return export(service, endpoint.rstrip("/"), sampled)


def exporting() -> bool:
    """Tell whether this process records spans at all."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def of_requests() -> TelemetryConfig:
    """Return what FastAPI records: one span per request; never its logs, which quote what people sent.

    Where nothing is exported it is told so now: finding out cost it a tenth of every command.
    """
    return {**_FASTAPI, "tracing": exporting()}


def enter(traceparent: str | None) -> str:
    """Continue the trace of `traceparent` (W3C Trace Context), or begin one; return the traceparent of this work.

    Where no span is recorded or dropped, nothing is exported, and the flag of the caller is not handed on.
    """
    valid = f"{traceparent[:-2]}00" if traceparent and _TRACEPARENT.fullmatch(traceparent) else None
    current = _of_span() or valid or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    _current.set(current)
    return current


def current() -> str | None:
    """Return the traceparent of the work in progress, for calls to other services."""
    return _of_span() or _current.get()


def outgoing() -> dict[str, str]:
    """Return the headers by which a call to another service of ours continues the work in progress."""
    if span := _of_span():
        return {"traceparent": span, "tracestate": f"{DECIDED}=1"}
    return {"traceparent": began} if (began := _current.get()) else {}


def recorded(traceparent: str | None) -> bool:
    """Tell whether somebody records this trace; a tenth of a microsecond, for whoever asks for every event."""
    return traceparent is not None and traceparent.endswith("-01")


@contextmanager
def telling_of(name: str, traceparents: Iterable[str | None], facts: Mapping[str, int | str]) -> Iterator[None]:
    """Record the work of this block as a span that is linked to the recorded ones of some traces, if there are any.

    `facts` are constants, numbers and ids of ours, never what people typed.
    """
    links = [link for one in traceparents if one and recorded(one) and (link := _link(one))][:MOST_LINKS]
    if not links:
        yield
        return
    with trace.get_tracer("scelle").start_as_current_span(
        name,
        kind=SpanKind.INTERNAL,
        attributes=dict(facts),
        links=links,
        record_exception=False,  # messages of drivers quote the values of rows
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _of_span() -> str | None:
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags):02x}" if span.is_valid else None


def _link(traceparent: str) -> Link | None:
    if not _TRACEPARENT.fullmatch(traceparent):
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return Link(context)
