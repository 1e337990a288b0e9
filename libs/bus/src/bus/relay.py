"""Copies the events of a service's store to its stream, in order, each under its own number.

The invariant: message n of the stream is event n of the store. Every publish carries the number it must follow
(`Nats-Expected-Last-Sequence`), so that of any number of relays, stale or not, only one can place an event and only in
its place; leadership merely avoids noise. Where the stream stands is read from the stream itself, never remembered.
"""

import asyncio
import contextlib
import logging
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import nats.errors
from contracts import Envelope, Malformed, envelope_of
from contracts.registry import Record
from nats.aio.client import Client
from nats.js import api
from nats.js.errors import NotFoundError

from bus.progress import Relayed
from bus.streams import ConfigurationDiffers, configuration, ensure_stream
from bus.tracing import HEADER, publishing

log = logging.getLogger(__name__)

WINDOW = 200  # messages in flight; the fence makes everything after the first refused one fail too
POLL_SECONDS = 0.05
TAIL_CHECK_SECONDS = 3.0
PUBLISH_SECONDS = 5.0
FROZEN_SECONDS = 30.0  # longer than the fail-over of a replicated stream, measured at 4 to 17 s
ALARM_SECONDS = 30.0
LONGEST_PAUSE = 2.0

Leadership = Callable[[], AbstractAsyncContextManager[object]]


class Diverged(RuntimeError):
    """The stream holds what the store does not: the store went back in time, or someone else wrote to the stream.

    Nothing is published until an operator looked at it: raise the epoch of a store that was set back; delete a stream
    that someone else wrote to, it is made again.
    """


class Source(Protocol):
    """The event store of a service, as libs/eventstore offers it."""

    def read(self, after: int, limit: int) -> Sequence[Record]:
        """Return the events that follow number `after`, in order and without gaps, at most `limit`."""

    def epoch(self) -> int:
        """Return the life of the store: raised when it was set back to an earlier state."""


class Relay:
    """Keeps the stream of one service equal to its store."""

    def __init__(  # noqa: PLR0913 - what a relay stands between
        self,
        connection: Client,
        service: str,
        source: Source,
        *,
        leadership: Leadership = contextlib.nullcontext,
        replicas: int = 1,
        progress: Relayed | None = None,
    ) -> None:
        self._jetstream = connection.jetstream(timeout=PUBLISH_SECONDS)
        self._service = service
        self._source = source
        self._leadership = leadership
        self._wanted = configuration(service, replicas)
        self._stream = str(self._wanted.name)
        self._failing_since: float | None = None
        self._pause = POLL_SECONDS
        self._progress = progress or Relayed()
        self.alarm: str | None = None
        """Why nothing is published, when that is for an operator to solve."""

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is tried again, with the same message ids."""
        while True:
            try:
                self._progress.standing_by = True
                async with self._leadership():
                    self._progress.standing_by = False
                    await self._lead()
            except (Diverged, ConfigurationDiffers) as error:
                self.alarm = str(error)
                self._progress.stopped = True
                self._failed()
                log.critical("relay-stopped", extra={"producer": self._service, "cause": str(error)})
                await asyncio.sleep(ALARM_SECONDS)
            except Exception as error:  # noqa: BLE001 - the bus or the database is away, or another relay was faster
                self._failed()
                log.warning("relay-interrupted", extra={"producer": self._service, "error": _described(error)})
                await self._recreate_if_frozen(error)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads relays, protects nothing

    async def _lead(self) -> None:
        last = self._succeeded(await self._align())
        checked = _now()
        self.alarm, self._progress.stopped = None, False
        while True:
            records = await asyncio.to_thread(self._source.read, last, WINDOW)
            if records:
                sys.audit("scelle.crashpoint", "bus.after-read")
                last = self._succeeded(await self._publish([envelope_of(record) for record in records], last))
                self._failing_since, self._pause = None, POLL_SECONDS
            elif _now() - checked > TAIL_CHECK_SECONDS:
                last = self._succeeded(await self._align())
                checked = _now()
            if len(records) < WINDOW:  # what is recorded meanwhile is read, sent and taken in together
                await asyncio.sleep(POLL_SECONDS)

    def _succeeded(self, last: int) -> int:
        self._progress.reached = last
        self._progress.works()
        return last

    def _failed(self) -> None:
        self._progress.standing_by = False
        self._progress.fails()

    async def _align(self) -> int:
        """Return how far the stream is a true copy of the store; raise Diverged when it is not one at all."""
        state = (await ensure_stream(self._jetstream, self._wanted)).state
        if state.last_seq == 0:
            return 0
        if state.first_seq != 1 or state.messages != state.last_seq:
            return await self._recreate("messages are missing in it")
        try:
            message = await self._jetstream.get_msg(self._stream, state.last_seq)
        except NotFoundError:
            return await self._recreate("its last message is missing")
        epoch = await asyncio.to_thread(self._source.epoch)
        ours = await asyncio.to_thread(self._source.read, state.last_seq - 1, 1)
        tail = _envelope(message.data)
        if tail and ours and tail.proofentry.encode() == ours[0].entry and tail.storeseq == state.last_seq:
            return int(state.last_seq)
        if tail and tail.epoch < epoch:
            return await self._recreate(f"it is of epoch {tail.epoch} and the store of epoch {epoch}")
        raise Diverged(f"message {state.last_seq} of {self._stream} is not event {state.last_seq} of the store")

    async def _publish(self, envelopes: Sequence[Envelope], last: int) -> int:
        """Publish a window, all in flight at once; return the new last number or raise what stopped it."""
        if [envelope.storeseq for envelope in envelopes] != list(range(last + 1, last + 1 + len(envelopes))):
            raise Diverged(f"the store has no event {last + 1}, or not after {last}")
        sent = [asyncio.create_task(self._publish_one(envelope)) for envelope in envelopes]
        try:
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
        finally:
            for task in sent:
                task.cancel()
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return last + len(envelopes)

    async def _publish_one(self, envelope: Envelope) -> None:
        headers = {
            api.Header.MSG_ID.value: envelope.id,
            api.Header.EXPECTED_STREAM.value: self._stream,
            api.Header.EXPECTED_LAST_SEQUENCE.value: str(envelope.storeseq - 1),
        }
        with publishing(envelope, self._stream) as traceparent:
            if traceparent:
                headers[HEADER] = traceparent
            receipt = await self._jetstream.publish(envelope.bus_subject, envelope.json_bytes(), headers=headers)
        sys.audit("scelle.crashpoint", "bus.after-publish")
        if receipt.seq != envelope.storeseq:
            raise RuntimeError(f"{envelope.id} was stored as message {receipt.seq}")

    async def _recreate_if_frozen(self, error: Exception) -> None:
        """Replace a stream that answers questions but takes no message: its files are gone or its disk failed."""
        if not isinstance(error, nats.errors.TimeoutError):
            self._failing_since = None
            return
        now = _now()
        self._failing_since = self._failing_since or now
        if now - self._failing_since < FROZEN_SECONDS:
            return
        with contextlib.suppress(nats.errors.Error):
            await self._recreate(f"it took no message for {FROZEN_SECONDS} s")
            self._failing_since = None

    async def _recreate(self, cause: str) -> int:
        """Begin the stream anew; a purge would keep its memory of message ids and swallow what is published again."""
        log.error("stream-recreated", extra={"producer": self._service, "cause": cause})
        with contextlib.suppress(NotFoundError):
            await self._jetstream.delete_stream(self._stream)
        await ensure_stream(self._jetstream, self._wanted)
        return 0


def _now() -> float:
    return asyncio.get_running_loop().time()


def _envelope(body: bytes | None) -> Envelope | None:
    try:
        return Envelope.parse(body or b"")
    except Malformed:
        return None


def _described(error: Exception) -> str:
    """Name an error without what it quotes: a validation error repeats values."""
    return f"{type(error).__name__} {getattr(error, 'err_code', '') or ''}".strip()
