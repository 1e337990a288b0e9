"""Follows the stream of one producer and hands its events to an inbox: all of them, once, in order.

The inbox's position is the truth; acknowledgements only save work. A hole in what arrives, whatever its cause, is
filled from the producer itself. Positions are compared as (epoch, store_seq): when a producer's store was set back and
its epoch raised, the events of the new epoch follow, from the first number that is not as before.
"""

import asyncio
import contextlib
import logging
import random
import sys
from collections.abc import Sequence

import nats.errors
from contracts import Envelope, Malformed
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import FetchTimeoutError, NotFoundError, ServiceUnavailableError

from bus.inbox import Inbox, Refill
from bus.progress import Consumed
from bus.streams import stream_name
from bus.tracing import HEADER, continued, processing

log = logging.getLogger(__name__)

BATCH = 100  # more brings little
FETCH_SECONDS = 5.0
DRAIN_SECONDS = 0.02
HEARTBEAT_SECONDS = 1.0  # without it an empty stream and a deleted consumer look the same
ACK_WAIT_SECONDS = 30.0
REFILL_PAGE = 500
LONGEST_PAUSE = 15.0
ABSENT_SECONDS = 0.5
NO_MESSAGE = 10037  # the server's error for a number that its stream does not hold
NEWEST = 2**53  # later than any epoch


class HoleRemains(RuntimeError):
    """Events are missing on the bus, and the producer did not give them either (yet)."""


class _ConsumerGone(Exception):
    """The durable consumer was deleted, perhaps with its stream."""


class _StreamReplaced(Exception):
    """The stream was deleted and made again while the place to go on from was looked for."""


class Consumer:
    """One service's durable consumer of one producer's whole stream. The inbox and the refill run in threads."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a consumer stands between
        self,
        connection: Client,
        service: str,
        producer: str,
        inbox: Inbox,
        refill: Refill,
        progress: Consumed | None = None,
    ) -> None:
        self._jetstream = connection.jetstream()
        self._durable = service
        self._producer = producer
        self._stream = stream_name(producer)
        self._inbox = inbox
        self._refill = refill
        self._pause = ABSENT_SECONDS
        self._progress = progress or Consumed()

    async def run(self) -> None:
        """Follow until cancelled; whatever fails is tried again."""
        while True:
            try:
                subscription = await self._subscribe()
                try:
                    await self._follow(subscription)
                finally:
                    with contextlib.suppress(Exception):
                        await subscription.unsubscribe()
            except _ConsumerGone:
                log.warning("consumer-gone", extra=self._names)
            except _StreamReplaced:
                log.warning("stream-replaced", extra=self._names)
            except NotFoundError:
                self._progress.fails()
                await asyncio.sleep(ABSENT_SECONDS)  # the producer's relay makes the stream
            except Exception as error:  # noqa: BLE001 - the bus or the database is away
                self._progress.fails()
                log.warning("consumer-interrupted", extra=self._names | {"error": type(error).__name__})
                self._pause = await _wait(self._pause)

    async def take(self, envelopes: Sequence[Envelope]) -> None:
        """Hand to the inbox what is new in some envelopes of any order, after filling the holes before and in them."""
        position = await self._position()
        fresh = sorted(
            (envelope for envelope in envelopes if (envelope.epoch, envelope.storeseq) > position),
            key=lambda envelope: (envelope.epoch, envelope.storeseq),
        )
        if not fresh:
            return
        expected = await self._expected(position, fresh[0])
        run: list[Envelope] = []
        for envelope in fresh:
            if envelope.storeseq < expected:
                continue
            if envelope.storeseq > expected:
                await self._receive(run)
                await self._fill(expected, envelope.storeseq)
                run = []
            run.append(envelope)
            expected = envelope.storeseq + 1
        await self._receive(run)

    @property
    def _names(self) -> dict[str, str]:
        return {"producer": self._producer, "consumer": self._durable}

    async def _position(self) -> tuple[int, int]:
        position = await asyncio.to_thread(self._inbox.position, self._producer)
        return (position.epoch, position.store_seq) if position else (0, 0)

    async def _expected(self, position: tuple[int, int], first: Envelope) -> int:
        """Return the number that must come next: a new epoch may begin before the position."""
        epoch, store_seq = position
        if epoch in (0, first.epoch):
            return store_seq + 1
        return min(store_seq + 1, await self._end_of_epoch(epoch, first.storeseq) + 1)

    async def _end_of_epoch(self, epoch: int, last: int) -> int:
        """Return the number of the stream's last message up to `epoch`, by bisection: epochs never decrease."""
        low, high = 0, last
        probe = last  # as a rule there is only one epoch, and one look tells
        while low < high:
            if await self._epoch_of(probe) <= epoch:
                low = probe
            else:
                high = probe - 1
            probe = (low + high + 1) // 2
        return low

    async def _epoch_of(self, sequence: int) -> int:
        """Return the epoch of a message; one that is unusable counts as old, the hole it makes is filled later.

        One that the stream holds no more counts as new: what may be unknown is taken from the producer again.
        """
        try:
            message = await self._jetstream.get_msg(self._stream, sequence)
        except NotFoundError as error:
            if error.err_code != NO_MESSAGE:
                raise
            return NEWEST
        try:
            return Envelope.parse(message.data or b"").epoch
        except Malformed:
            return 0

    async def _subscribe(self) -> JetStreamContext.PullSubscription:
        """Bind to the durable consumer, made anew unless it stands exactly where the inbox stands."""
        epoch, store_seq = await self._position()
        stream = await self._jetstream.stream_info(self._stream)
        self._progress.lag = max(stream.state.last_seq - store_seq, 0)
        known = min(store_seq, stream.state.last_seq)  # what a rebuilt stream brings again is dropped
        await self._bind((await self._end_of_epoch(epoch, known) if epoch else 0) + 1)
        if (await self._jetstream.stream_info(self._stream)).created != stream.created:
            raise _StreamReplaced  # the place was looked for in the former one, and may be beyond this one's end
        return await self._jetstream.pull_subscribe_bind(consumer=self._durable, stream=self._stream)

    async def _bind(self, start: int) -> None:
        """Have a durable consumer that stands before message `start`."""
        try:
            info = await self._jetstream.consumer_info(self._stream, self._durable)
            if info.num_ack_pending or info.delivered.stream_seq != start - 1:
                await self._jetstream.delete_consumer(self._stream, self._durable)
                await self._create(start)
        except NotFoundError:
            await self._create(start)

    async def _create(self, start: int) -> None:
        await self._jetstream.add_consumer(
            self._stream,
            api.ConsumerConfig(
                durable_name=self._durable,
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                ack_policy=api.AckPolicy.ALL,
                ack_wait=ACK_WAIT_SECONDS,
            ),
        )

    async def _follow(self, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
            try:
                messages = await subscription.fetch(1, timeout=FETCH_SECONDS, heartbeat=HEARTBEAT_SECONDS)
            except FetchTimeoutError:
                messages, self._progress.lag = [], 0  # alive and empty
            except (TimeoutError, ServiceUnavailableError):
                await self._check()
                await asyncio.sleep(ABSENT_SECONDS)
                continue
            if messages:
                await self._take_all(messages + await _pending(subscription))
            self._pause = ABSENT_SECONDS
            self._progress.works()

    async def _check(self) -> None:
        """Raise _ConsumerGone if that is why nothing came."""
        try:
            await self._jetstream.consumer_info(self._stream, self._durable)
        except NotFoundError:
            raise _ConsumerGone from None

    async def _take_all(self, messages: Sequence[Msg]) -> None:
        """Take in a batch. What cannot be taken in now is read again from the stream: it may be replaced by then."""
        envelopes = [envelope for message in messages if (envelope := self._read(message))]
        last = max(messages, key=lambda message: message.metadata.sequence.stream)
        await self.take(envelopes)
        if len(envelopes) < len(messages):
            await self._fill_up_to(last.metadata.sequence.stream)
        self._progress.lag = last.metadata.num_pending
        sys.audit("scelle.crashpoint", "bus.before-ack")
        # A lost acknowledgement costs a repeated delivery, which the position drops: nobody waits for its answer.
        with contextlib.suppress(nats.errors.Error):
            await last.ack()

    def _read(self, message: Msg) -> Envelope | None:
        """Read a message that is what its place in the stream says; anything else is a hole."""
        try:
            envelope = Envelope.parse(message.data)
        except Malformed:
            envelope = None
        sequence = message.metadata.sequence.stream
        if envelope is None or envelope.producer != self._producer or envelope.storeseq != sequence:
            log.error("message-unusable", extra=self._names | {"store_seq": sequence})
            return None
        return continued(envelope, (message.headers or {}).get(HEADER))

    async def _fill_up_to(self, last: int) -> None:
        _, store_seq = await self._position()
        if store_seq < last:
            await self._fill(store_seq + 1, last + 1)

    async def _fill(self, first: int, end: int) -> None:
        """Take the events first … end-1 from the producer."""
        log.warning("hole-refilled", extra=self._names | {"store_seq": first, "count": end - first})
        while first < end:
            page = await asyncio.to_thread(self._refill, first - 1, min(REFILL_PAGE, end - first))
            numbers = [envelope.storeseq for envelope in page]
            if not page or numbers != list(range(first, first + len(page))):
                raise HoleRemains(f"{self._producer} does not give event {first}")
            await self._receive(page)
            first += len(page)

    async def _receive(self, envelopes: Sequence[Envelope]) -> None:
        if envelopes:
            with processing(envelopes, self._stream, self._durable) as received:
                await asyncio.to_thread(self._inbox.receive, received)


async def _pending(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    """Fetch what is there already, and what comes within a moment: one transaction and one query for all of it.

    Waiting is done for one message at a time: a fetch of many that has begun to wait keeps the first message back
    until the batch is full or its time is over.
    """
    try:
        return await subscription.fetch(BATCH, timeout=DRAIN_SECONDS)
    except (TimeoutError, ServiceUnavailableError):  # the library raises its own and Python's
        return []


async def _wait(pause: float) -> float:
    await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the retries, protects nothing
    return min(pause * 2, LONGEST_PAUSE)
