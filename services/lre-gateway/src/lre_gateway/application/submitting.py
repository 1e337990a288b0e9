"""Letters that were asked for leave: four at a time for each sender, once each, whatever breaks on the way."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from eventstore import Changed, Store, retried

from lre_gateway.application.clock import Clock
from lre_gateway.application.consents import Consents
from lre_gateway.application.lately import Lately
from lre_gateway.application.ports import Ready, Register
from lre_gateway.application.provider import ProviderError
from lre_gateway.application.submission import Attempt, Outcome, Submission
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.state import State

log = get_logger()

AT_ONCE = 4
"""Letters of one sender under way at the same time."""
SENDERS_AT_ONCE = 4
LETTERS = 200
"""Taken up in one step."""
INTERRUPTED_AFTER = timedelta(minutes=3)
"""Longer than a call may take: a letter in submission for longer belongs to a process that is no more."""
PAUSE = timedelta(seconds=30)
CONSENTS_AGE = timedelta(minutes=10)
"""How old what the provider said of consents may be when letters leave (A-20)."""


class Submitting:
    """The worker that hands letters over; one process runs it."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        *,
        store: Store,
        register: Register,
        submission: Submission,
        consents: Consents,
        clock: Clock,
        interrupted_after: timedelta = INTERRUPTED_AFTER,
        pause: timedelta = PAUSE,
    ) -> None:
        self._store = store
        self._register = register
        self._submission = submission
        self._consents = consents
        self._clock = clock
        self._interrupted_after = interrupted_after
        self._pause = pause
        self._paused: dict[UUID, datetime] = {}
        self._consents_read: dict[UUID, datetime] = {}
        self._going: set[UUID] = set()
        """Batches of which this process knows that they are not paused."""
        self._threads = ThreadPoolExecutor(AT_ONCE * SENDERS_AT_ONCE, "submitting")

    def close(self) -> None:
        """Wait for the letters under way; take up no more."""
        self._threads.shutdown(cancel_futures=True)

    def step(self) -> int:
        """Hand over some of the letters that are due; return how many were tried."""
        self.recover()
        now = self._clock()
        self._paused = {sender: until for sender, until in self._paused.items() if until > now}
        due = self._register.ready_to_submit(LETTERS, without=self._paused.keys())
        queues: dict[UUID, deque[Ready]] = {}
        for ready in due:
            queues.setdefault(ready.sender_id, deque()).append(ready)
        lately = Lately(self._clock)
        running = [
            self._threads.submit(self._run, sender_id, queue, lately)
            for sender_id, queue in queues.items()
            if self._may_begin(sender_id, queue)
            for _ in range(AT_ONCE)
        ]
        tried = sum(one.result() for one in running)
        for batch_id in dict.fromkeys(ready.batch_id for ready in due) or self._register.open_batches():
            self._finish(batch_id)
        return tried

    def recover(self) -> int:
        """Find letters whose submission was cut off by a crash; their outcome is unknown and will be searched."""
        cut = self._register.in_submission(self._clock() - self._interrupted_after)
        found = [letter_id for letter_id in cut if letter_id not in self._submission.in_flight]
        for letter_id in found:
            self._interrupted(letter_id)
        return len(found)

    def _may_begin(self, sender_id: UUID, queue: Sequence[Ready]) -> bool:
        """Read the consents again if that was long ago; without them nothing leaves."""
        now, read = self._clock(), self._consents_read.get(sender_id)
        if read is not None and now - read < CONSENTS_AGE:
            return True
        try:
            self._consents.refresh_sender(sender_id)
        except ProviderError:
            self._put_off(sender_id, queue[0].batch_id, "provider-away")
            return False
        self._consents_read[sender_id] = now
        return True

    def _run(self, sender_id: UUID, queue: deque[Ready], lately: Lately) -> int:
        """Take letters of a sender one after the other until none is left or the sender is put off."""
        tried = 0
        while sender_id not in self._paused:
            try:
                ready = queue.popleft()
            except IndexError:
                break
            tried += 1
            try:
                self._after(ready, self._submission.send(ready.letter_id, lately=lately))
            except Exception:
                # One letter must not keep the others; what it left behind is found by recovery.
                log.exception("letter-not-submitted", letter_id=str(ready.letter_id))
        return tried

    def _after(self, ready: Ready, attempt: Attempt) -> None:
        if attempt.outcome is Outcome.NOT_EXECUTED:
            self._put_off(ready.sender_id, ready.batch_id, attempt.problem or "provider-away")
        elif attempt.outcome in {Outcome.SUBMITTED, Outcome.HELD} and ready.sender_id not in self._paused:
            self._resume(ready.batch_id)

    def _put_off(self, sender_id: UUID, batch_id: UUID, cause: str) -> None:
        self._paused[sender_id] = self._clock() + self._pause
        self._going.discard(batch_id)
        self._pause_batch(batch_id, cause)

    @retried
    def _pause_batch(self, batch_id: UUID, cause: str) -> None:
        batch = self._store.get(Batch, batch_id)
        batch.pause(cause, self._clock())
        self._save(batch)

    def _resume(self, batch_id: UUID) -> None:
        if batch_id in self._going:
            return
        self._going.add(batch_id)
        batch = self._store.get(Batch, batch_id)
        if batch.paused is not None:
            try:
                batch.resume(self._clock())
                self._save(batch)
            except Changed:
                return  # another letter of the batch said so

    @retried
    def _finish(self, batch_id: UUID) -> None:
        if self._register.left_to_submit(batch_id) == 0:
            batch = self._store.get(Batch, batch_id)
            batch.finish(self._clock())
            self._save(batch)

    @retried
    def _interrupted(self, letter_id: UUID) -> None:
        letter = self._store.get(Letter, letter_id)
        if letter.state is State.SUBMITTING:
            letter.outcome_unknown("interrupted", self._clock())
            self._store.save(letter, actor=Actor.system(office_id=letter.office_id))

    def _save(self, batch: Batch) -> None:
        if batch.pending_events:
            self._store.save(batch, actor=Actor.system(office_id=batch.office_id))
