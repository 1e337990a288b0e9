"""Traces and metrics sent to an OTLP endpoint."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from chassis.metrics import ACTIVE, BOUNDS, DURATION, REQUESTS, Requests, requests, watch
from chassis.telemetry import DECIDED

EXPORT_SECONDS = 15
PATIENCE_SECONDS = 2.0
"""For how long an endpoint that does not answer is tried: a process that ends waits for it, and its work is done."""
REDACTED = "REDACTED"
TYPED = ("url.path", "url.query", "server.address", "http.request.method_original")
"""What FastAPI puts on a span as it came: addresses may hold what people typed. The route is named by its template."""


class _WithoutWhatWasTyped(SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface's
        for name in TYPED:
            if span.attributes and name in span.attributes:
                span.set_attribute(name, REDACTED)


class Sampling(Sampler):
    """Of spans that begin a trace: those that tell of recorded traces, and a share of the others."""

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(  # noqa: PLR0913, PLR0917 - the interface is not ours
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002 - as above
    ) -> SamplingResult:
        """Decide on one span."""
        told = any(link.context.trace_flags.sampled for link in links or ())
        sampler = ALWAYS_ON if told else self._share
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """Return what the SDK shows of it."""
        return f"linked, or {self._share.get_description()}"


class Remote(Sampler):
    """Of spans whose parent is elsewhere: those that we decided on there, and a share of the requests of others.

    Their flag decides nothing, or any stranger could have all requests recorded; nor does their trace id, which they
    choose as well.
    """

    def __init__(self, share: float) -> None:
        self._share = share

    def should_sample(  # noqa: PLR0913, PLR0917 - the interface is not ours
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002 - as above
    ) -> SamplingResult:
        """Decide on one span."""
        parent = trace.get_current_span(parent_context).get_span_context()
        ours = kind != SpanKind.SERVER or DECIDED in parent.trace_state  # events are ours, requests may be anybody's
        told = parent.trace_flags.sampled if ours else random.random() < self._share  # noqa: S311 - protects nothing
        return (ALWAYS_ON if told else ALWAYS_OFF).should_sample(
            parent_context, trace_id, name, kind, attributes, links
        )

    def get_description(self) -> str:
        """Return what the SDK shows of it."""
        return f"decided by us, or {self._share} of others"


class MetricExporter(OTLPMetricExporter):
    """Adds the requests, which are counted outside the SDK."""

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **more: Any
    ) -> MetricExportResult:
        """Send what was read, and the requests counted until now."""
        return super().export(with_requests(metrics_data, requests), timeout_millis, **more)


def with_requests(data: MetricsData, counted: Requests) -> MetricsData:
    """Add a histogram to what the SDK has read: in the scope of the requests under way, which are always read."""
    resources = [
        replace(
            resource,
            scope_metrics=[
                replace(scope, metrics=[*scope.metrics, _histogram(counted)])
                if any(metric.name == ACTIVE for metric in scope.metrics)
                else scope
                for scope in resource.scope_metrics
            ],
        )
        for resource in data.resource_metrics
    ]
    return MetricsData(resources)


def _histogram(counted: Requests) -> Metric:
    now, points = time.time_ns(), []
    for (method, route, hundreds), durations in list(counted.answered.items()):
        counts = list(durations.counts)
        points.append(
            HistogramDataPoint(
                attributes={"method": method, "route": route, "status": f"{hundreds}xx"},
                start_time_unix_nano=counted.began_ns,
                time_unix_nano=now,
                count=sum(counts),
                sum=durations.total,
                bucket_counts=counts,
                explicit_bounds=BOUNDS,
                min=durations.shortest,
                max=durations.longest,
            )
        )
    declared = REQUESTS[DURATION]
    return Metric(DURATION, declared.help, declared.unit, Histogram(points, AggregationTemporality.CUMULATIVE))


def export(service: str, endpoint: str, sampled: float) -> Callable[[], None]:
    """Export to the OTLP/HTTP `endpoint`; return what to call at the end of the process."""
    resource = Resource.create({"service.name": service, "service.instance.id": str(uuid4())})
    remote = Remote(sampled)
    sampler = ParentBased(Sampling(sampled), remote_parent_sampled=remote, remote_parent_not_sampled=remote)
    tracers = TracerProvider(resource=resource, sampler=sampler)
    tracers.add_span_processor(_WithoutWhatWasTyped())
    tracers.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=PATIENCE_SECONDS))
    )
    trace.set_tracer_provider(tracers)
    exporter = MetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=PATIENCE_SECONDS)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=EXPORT_SECONDS * 1000)
    meters = MeterProvider(resource=resource, metric_readers=[reader])
    metrics.set_meter_provider(meters)
    watch(requests.readings, {ACTIVE: REQUESTS[ACTIVE]})

    def shutdown() -> None:
        with ThreadPoolExecutor() as both:
            both.submit(tracers.shutdown)
            both.submit(meters.shutdown)

    return shutdown
