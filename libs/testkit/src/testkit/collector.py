"""What a platform exports, received: an OTLP/HTTP endpoint that remembers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """One span; ids in hexadecimal, as in a traceparent."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: frozenset[tuple[str, str]]
    """(trace, span)."""
    facts: Mapping[str, Any]


class Collector:
    """Everything that was sent, as it came."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.received: list[tuple[str, bytes]] = []
        """Path and body of each request."""
        self.url = ""

    def spans(self, trace: str | None = None) -> list[Span]:
        """Return the spans that came until now: all, or those of a trace or linked to it."""
        found = [span for path, body in list(self.received) if path == "/v1/traces" for span in _spans(body)]
        return [one for one in found if trace is None or trace in {one.trace, *(link for link, _ in one.links)}]

    def metrics(self) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
        """Return, by service and name, the labels of every series that came until now."""
        found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        for path, body in list(self.received):
            if path == "/v1/metrics":
                for service, metric in _metrics(body):
                    kind = metric.WhichOneof("data")  # none where there is nothing to say
                    for point in getattr(metric, kind).data_points if kind else ():
                        series, labels = found.setdefault(service, {}).setdefault(metric.name, []), _facts(point)
                        if labels not in series:
                            series.append(labels)
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receive what is exported to the collector's `url` while the block lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def _spans(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _facts(resource.resource)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                links = frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
                ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                yield Span(service, span.name, *ids, links, _facts(span))


def _metrics(body: bytes) -> Iterator[tuple[str, Any]]:
    for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        service = _facts(resource.resource)["service.name"]
        for scope in resource.scope_metrics:
            yield from ((service, metric) for metric in scope.metrics)


def _facts(message: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in message.attributes}
