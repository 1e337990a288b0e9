"""Traces and metrics sent to an OTLP endpoint."""

from collections.abc import Callable

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


class _WithoutQuery(SpanProcessor):
    """FastAPI puts the query string on the span; what people look for is nobody else's business."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface's
        if span.attributes and "url.query" in span.attributes:
            span.set_attribute("url.query", "REDACTED")


def export(service: str, endpoint: str, sampled: float) -> Callable[[], None]:
    """Export to the OTLP/HTTP `endpoint`; return what to call at the end of the process."""
    resource = Resource.create({"service.name": service})
    tracers = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(sampled)))
    tracers.add_span_processor(_WithoutQuery())
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics"))
    meters = MeterProvider(resource=resource, metric_readers=[reader])
    metrics.set_meter_provider(meters)

    def shutdown() -> None:
        tracers.shutdown()
        meters.shutdown()

    return shutdown
