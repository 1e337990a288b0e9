"""The trace of a request over the bus: a span where its event is published, one where each consumer takes it in.

Only events of recorded traces have spans, so that the others cost nothing, and only while they are news: a stream that
is made again would tell of requests of last year.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

from contracts import Envelope
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

NEWS = timedelta(hours=1)
MOST_SPANS = 32
"""How many events of one batch have spans."""

_W3C = TraceContextTextMapPropagator()
HEADER = "traceparent"


@contextmanager
def publishing(envelope: Envelope, stream: str) -> Iterator[str | None]:
    """Record the publication of an event; gives the traceparent that goes with the message, if there is one."""
    if not _told(envelope):
        yield envelope.traceparent
        return
    span = _span("publish", envelope, stream, SpanKind.PRODUCER)
    with _ending([span]):
        yield _traceparent(span)


@contextmanager
def processing(envelopes: Sequence[Envelope], stream: str, consumer: str) -> Iterator[Sequence[Envelope]]:
    """Record that a consumer takes in some events together; gives them as they are to be continued from here.

    What is called and stored because of an event belongs to its span; calls belong to it where it is the only one.
    """
    told = [envelope for envelope in envelopes if _told(envelope)][:MOST_SPANS]
    if not told:
        yield envelopes
        return
    spans = {envelope.id: _span("process", envelope, stream, SpanKind.CONSUMER, consumer) for envelope in told}
    alone = spans[told[0].id] if len(envelopes) == 1 else None
    with _ending(list(spans.values())), _current(alone) if alone else nullcontext():
        yield [
            continued(envelope, _traceparent(spans[envelope.id])) if envelope.id in spans else envelope
            for envelope in envelopes
        ]


def continued(envelope: Envelope, traceparent: str | None) -> Envelope:
    """Return an envelope as its next reader continues it; what was stored says the same as before."""
    if traceparent is None or traceparent == envelope.traceparent:
        return envelope
    return envelope.model_copy(update={"traceparent": traceparent})


def _told(envelope: Envelope) -> bool:
    recorded = envelope.traceparent is not None and envelope.traceparent.endswith("-01")
    return recorded and datetime.now(UTC) - envelope.time < NEWS


def _span(does: str, envelope: Envelope, stream: str, kind: SpanKind, consumer: str | None = None) -> Span:
    """Begin a span under that of the event; its attributes are names and numbers of ours."""
    facts = {
        "messaging.system": "nats",
        "messaging.operation.name": does,
        "messaging.destination.name": stream,
        "messaging.message.id": envelope.id,
        "scelle.event.type": envelope.type,
        **({"messaging.consumer.group.name": consumer} if consumer else {}),
    }
    parent = _W3C.extract({HEADER: str(envelope.traceparent)})
    return trace.get_tracer("scelle").start_span(f"{does} {envelope.topic}", parent, kind, facts)


def _current(span: Span) -> AbstractContextManager[Span]:
    return trace.use_span(span, record_exception=False, set_status_on_exception=False)


@contextmanager
def _ending(spans: Sequence[Span]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for span in spans:  # the name only: messages of drivers quote the values of rows
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        for span in spans:
            span.end()


def _traceparent(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(span))
    return carrier.get(HEADER)
