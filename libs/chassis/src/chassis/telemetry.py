"""Traces and metrics, exported only where an operator gave an endpoint, and the traceparent that events carry."""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

SAMPLED = 0.05
"""The share of traces recorded: all of them would cost two thirds of the throughput."""

FASTAPI: TelemetryConfig = {"operation_spans": False, "logs": False, "auto_configure": False}
"""FastAPI's own telemetry: one span per request; never its logs, which quote what people sent."""

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


class _WithoutQuery(SpanProcessor):
    """FastAPI puts the query string on the span; what people look for is nobody else's business."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface's
        if span.attributes and "url.query" in span.attributes:
            span.set_attribute("url.query", "REDACTED")


def configure(service: str, endpoint: str | None, *, sampled: float = SAMPLED) -> Callable[[], None]:
    """Export to the OTLP/HTTP `endpoint`, if there is one; return what to call at the end of the process."""
    if not endpoint:
        return lambda: None
    resource = Resource.create({"service.name": service})
    tracers = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(sampled)))
    tracers.add_span_processor(_WithoutQuery())
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}/v1/metrics"))
    meters = MeterProvider(resource=resource, metric_readers=[reader])
    metrics.set_meter_provider(meters)

    def shutdown() -> None:
        tracers.shutdown()
        meters.shutdown()

    return shutdown


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
