"""What is told of relays and consumers, and how the trace of a request goes on over the bus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bus import Consuming, Relaying, connected
from bus.progress import Relayed, backlog
from bus.streams import configuration, ensure_stream
from bus.tracing import MOST_SPANS, processing, publishing
from contracts import Envelope
from contracts.examples import example
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@contextlib.asynccontextmanager
async def running(*tasks: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    gathered = asyncio.gather(*(task(stop) for task in tasks))
    yield
    stop.set()
    await gathered


async def eventually(holds: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 60
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it never came to hold"
        await asyncio.sleep(0.02)


def told(task: object) -> dict[str, float]:
    assert isinstance(task, Relaying | Consuming)
    return {name: value for name, value, _labels in task.readings()}


@pytest.mark.anyio
async def test_a_relay_tells_what_waits_and_since_when_it_fails(server: Any, store: Any) -> None:
    relay = Relaying(server.url, "dossier", store)
    assert set(told(relay)) == {"relay_interrupted_seconds", "relay_stopped"}, "the stream was not looked at yet"
    store.write(3)
    async with running(relay):
        await eventually(lambda: told(relay).get("relay_lag_events") == 0)
        assert (told(relay)["relay_interrupted_seconds"], told(relay)["outbox_age_seconds"]) == (0, 0)
        server.kill()
        store.write(5)
        await eventually(lambda: told(relay)["relay_interrupted_seconds"] > 0)
        assert told(relay)["relay_lag_events"] == 5
        assert told(relay)["outbox_age_seconds"] > 0
        server.start()
        await eventually(lambda: told(relay)["relay_lag_events"] == 0)
        assert told(relay)["relay_interrupted_seconds"] == 0


@pytest.mark.anyio
async def test_a_relay_whose_stream_contradicts_its_store_says_that_it_stopped(server: Any, store: Any) -> None:
    relay = Relaying(server.url, "dossier", store)
    store.write(1)
    async with connected(server.url, "somebody else") as connection:
        await ensure_stream(connection.jetstream(), configuration("dossier"))
        await connection.jetstream().publish("ev.dossier.forged.none", b"not ours")
    async with running(relay):
        await eventually(lambda: told(relay)["relay_stopped"] == 1)


def test_a_relay_that_stands_by_says_nothing(store: Any) -> None:
    progress = Relayed(standing_by=True, reached=7)
    assert list(progress.readings(store)) == []


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 1_000])
def test_the_backlog_is_counted_whatever_its_length(store: Any, count: int) -> None:
    store.write(10 + count)
    waiting, age = backlog(store, 10)
    assert waiting == count
    assert (age > 0) == (count > 0)


@pytest.mark.anyio
async def test_a_consumer_tells_what_is_behind_it_and_since_when_it_fails(server: Any, store: Any, inbox: Any) -> None:
    relay, consumer = (
        Relaying(server.url, "dossier", store),
        Consuming(server.url, "messaging", "dossier", inbox, store.refill),
    )
    store.write(4)
    inbox.failures = 10**6
    async with running(relay, consumer):
        await eventually(lambda: told(consumer).get("inbox_lag_events") == 4)
        assert told(consumer)["inbox_interrupted_seconds"] > 0
        inbox.failures = 0
        await eventually(lambda: told(consumer)["inbox_lag_events"] == 0)
        await eventually(lambda: told(consumer)["inbox_interrupted_seconds"] == 0)
    assert "inbox_parked_messages" not in told(consumer), "this inbox sets nothing aside"


@pytest.fixture(scope="module")
def recorder() -> InMemorySpanExporter:
    """Return what this process records: only what others ask for, as the provider stays for all tests."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def recorded(recorder: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    recorder.clear()
    yield recorder
    recorder.clear()


def traced(number: int = 1, *, flags: str = "01", age: timedelta = timedelta()) -> Envelope:
    made = example("dossier.document-deposited", seq=number)
    update = {"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "time": datetime.now(UTC) - age}
    return made.model_copy(update=update)


def parents(spans: tuple[ReadableSpan, ...]) -> set[tuple[int, int]]:
    return {(span.parent.trace_id, span.parent.span_id) for span in spans if span.parent}


def test_a_recorded_trace_goes_on_from_the_request_to_the_relay_and_to_what_the_consumer_causes(
    recorded: InMemorySpanExporter,
) -> None:
    with publishing(traced(), "EV_DOSSIER") as sent:
        pass
    (published,) = recorded.get_finished_spans()
    assert parents((published,)) == {(int(TRACE, 16), int(SPAN, 16))}
    assert sent == f"00-{TRACE}-{published.context.span_id:016x}-01"
    with processing([traced().model_copy(update={"traceparent": sent})], "EV_DOSSIER", "messaging") as received:
        current = trace.get_current_span().get_span_context()
    processed = recorded.get_finished_spans()[-1]
    assert (processed.parent and processed.parent.span_id) == published.context.span_id
    assert received[0].traceparent == f"00-{TRACE}-{processed.context.span_id:016x}-01"
    assert current == processed.context
    assert received[0].proofentry == traced().proofentry


@pytest.mark.parametrize("quiet", [{"flags": "00"}, {"age": timedelta(hours=2)}])
def test_what_nobody_records_and_what_is_no_news_has_no_span(
    recorded: InMemorySpanExporter, quiet: dict[str, Any]
) -> None:
    envelope = traced(**quiet)
    with publishing(envelope, "EV_DOSSIER") as sent, processing([envelope], "EV_DOSSIER", "messaging") as received:
        assert (sent, list(received)) == (envelope.traceparent, [envelope])
    assert recorded.get_finished_spans() == ()


def test_of_a_long_batch_some_have_spans_and_all_are_taken_in_in_their_order(recorded: InMemorySpanExporter) -> None:
    batch = [traced(number, flags="00" if number % 2 else "01") for number in range(1, 101)]
    with processing(batch, "EV_DOSSIER", "journal") as received:
        assert [one.storeseq for one in received] == list(range(1, 101))
    assert len(recorded.get_finished_spans()) == MOST_SPANS


def test_a_failure_is_named_by_its_class_and_never_quoted(recorded: InMemorySpanExporter) -> None:
    with pytest.raises(PermissionError), processing([traced()], "EV_DOSSIER", "messaging"):
        raise PermissionError("canari")
    (span,) = recorded.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "PermissionError"
    assert "canari" not in span.to_json()
