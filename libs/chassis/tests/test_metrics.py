"""What is exported: requests by template, everything else as it is when somebody looks."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from chassis import metrics, telemetry
from chassis.exporting import EXPORT_SECONDS, Remote, Sampling, with_requests
from chassis.metrics import ACTIVE, DURATION, REQUESTS, TASKS, Metric, Reading, Requests, watch, watch_tasks
from chassis.telemetry import telling_of
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags, TraceState


class Export:
    """A meter and what it exports."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider(metric_readers=[self._reader], shutdown_on_exit=False)
        self.meter = self.provider.get_meter("scelle")

    def data(self) -> MetricsData | None:
        found: MetricsData | None = self._reader.get_metrics_data()
        return found

    def values(self, data: MetricsData | None = None) -> dict[str, list[dict[str, Any]]]:
        found = data or self.data()
        exported = json.loads(found.to_json()) if found else {"resource_metrics": []}
        return {
            metric["name"]: metric["data"]["data_points"]
            for resource in exported["resource_metrics"]
            for scope in resource["scope_metrics"]
            for metric in scope["metrics"]
        }


@pytest.fixture
def export() -> Iterator[Export]:
    made = Export()
    yield made
    made.provider.shutdown()


def test_requests_are_counted_by_template_and_class_of_status(http: httpx.Client) -> None:
    metrics.requests.answered.clear()
    assert http.get("/trace?name=jean").is_success
    assert http.get("/notes/jean").status_code == 404
    assert http.get("/jean@example.fr").status_code == 404
    assert http.request("PROPFIND", "/trace").status_code == 405
    counted = {key: sum(durations.counts) for key, durations in metrics.requests.answered.items()}
    assert counted == {
        ("GET", "/api/notes/v1/trace", 2): 1,
        ("GET", "/api/notes/v1/notes/{note_id}", 4): 1,
        ("GET", "unknown", 4): 1,
        ("OTHER", "/api/notes/v1/trace", 4): 1,
    }
    assert metrics.requests.under_way == 0


def test_an_export_holds_the_requests_as_a_histogram(export: Export) -> None:
    counted = Requests()
    watch(counted.readings, {ACTIVE: REQUESTS[ACTIVE]}, export.meter)
    counted.under_way = 2
    for seconds in (0.004, 0.005, 0.3, 60.0):
        counted.note("GET", "/a/{id}", 200, seconds)
    data = export.data()
    assert data
    found = export.values(with_requests(data, counted))
    assert found[ACTIVE][0]["value"] == 2
    (point,) = found[DURATION]
    assert point["attributes"] == {"method": "GET", "route": "/a/{id}", "status": "2xx"}
    assert (point["count"], point["sum"]) == (4, pytest.approx(60.309))
    assert (point["min"], point["max"]) == (0.004, 60.0)
    assert point["bucket_counts"] == [2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_counting_a_request_costs_a_few_microseconds_at_most() -> None:
    """A bare request costs some 200 µs here; the least of several rounds, for a machine that does other things too."""
    counted = Requests()

    def spent() -> float:
        began = time.process_time()
        for _ in range(2_000):
            counted.note("GET", "/api/notes/v1/notes/{note_id}", 200, 0.01)
        return (time.process_time() - began) / 2_000

    assert min(spent() for _ in range(20)) < 6e-6


def test_one_reading_serves_all_metrics_of_an_export(export: Export) -> None:
    asked = 0

    def read() -> Iterator[Reading]:
        nonlocal asked
        asked += 1
        yield "things", asked, {"kind": "old"}
        yield "age_seconds", 0.5, {}
        yield "things", 7, {"kind": "new"}

    watch(read, {"things": Metric("{thing}", "Things", ("kind",)), "age_seconds": Metric("s", "Age")}, export.meter)
    found = export.values()
    assert [(point["attributes"], point["value"]) for point in found["things"]] == [
        ({"kind": "old"}, 1),
        ({"kind": "new"}, 7),
    ]
    assert found["age_seconds"][0]["value"] == 0.5


def test_what_cannot_be_read_hinders_nobody(export: Export) -> None:
    def away() -> Iterator[Reading]:
        raise ConnectionError("secret")

    watch(away, {"lost": Metric("1", "Lost")}, export.meter)
    watch(lambda: [("found", 1, {})], {"found": Metric("1", "Found")}, export.meter)
    assert set(export.values()) == {"found"}


def test_tasks_that_tell_how_they_get_on_are_watched(export: Export) -> None:
    class Telling:
        def __init__(self, age: float) -> None:
            self.age = age

        async def __call__(self, stop: asyncio.Event) -> None:
            await stop.wait()

        def readings(self) -> Iterator[Reading]:
            if self.age < 0:
                raise ConnectionError
            yield "inbox_lag_events", self.age, {"producer": f"p{self.age}"}

    async def silent(_stop: asyncio.Event) -> None: ...

    watch_tasks([Telling(1), silent, Telling(-1), Telling(2)], export.meter)
    found = export.values()
    assert set(found) == {"inbox_lag_events"} <= set(TASKS)
    assert {point["attributes"]["producer"] for point in found["inbox_lag_events"]} == {"p1", "p2"}


def test_a_span_that_tells_of_a_recorded_trace_is_recorded() -> None:
    def decided(*flags: int) -> Decision:
        links = [Link(SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(flag))) for flag in flags]
        return Sampling(0.0).should_sample(None, 2**127, "x", links=links).decision

    assert decided(0, 1) is Decision.RECORD_AND_SAMPLE
    assert decided(0) is decided() is Decision.DROP
    assert EXPORT_SECONDS < 60  # alerts wait a minute


@pytest.mark.parametrize("flag", [0, 1])
def test_the_flag_of_a_trace_counts_if_it_is_ours(flag: int) -> None:
    def decided(share: float, kind: SpanKind, **state: str) -> bool:
        parent = SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(flag), trace_state=TraceState(state.items()))
        around = trace.set_span_in_context(NonRecordingSpan(parent))
        return Remote(share).should_sample(around, 1, "x", kind).decision is Decision.RECORD_AND_SAMPLE

    for share in (0.0, 1.0):
        assert decided(share, SpanKind.SERVER, other="1") is bool(share), "a stranger's flag decides nothing"
        assert decided(share, SpanKind.SERVER, scelle="1") is bool(flag)
        assert decided(share, SpanKind.CONSUMER) is bool(flag), "what an event says was stored by us"


def test_a_call_between_services_says_that_its_flag_is_ours() -> None:
    given = f"00-{1:032x}-{2:016x}-01"
    continued = telemetry.enter(given)
    assert telemetry.outgoing() == {"traceparent": continued}, "nothing is exported here: nobody decided"
    with trace.use_span(NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1)))):
        assert telemetry.outgoing() == {"traceparent": given, "tracestate": "scelle=1"}


def test_work_that_belongs_to_no_recorded_trace_has_no_span() -> None:
    before = trace.get_current_span()
    with telling_of("append leaves", [None, f"00-{'1' * 32}-{'2' * 16}-00", "nonsense-01"], {}):
        assert trace.get_current_span() is before
