"""What time alone brings: windows that close, and consents that are read again."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from eventstore import Store, retried

from lre_gateway.application.clock import Clock
from lre_gateway.application.consents import Consents
from lre_gateway.application.ports import Register
from lre_gateway.application.provider import ProviderError
from lre_gateway.domain.letter import Letter

log = get_logger()

LETTERS = 200
CONSENTS_EVERY = timedelta(hours=6)
AFTER_AN_ERROR = timedelta(minutes=15)


class Deadlines:
    """The worker that watches the windows of recipients; one process runs it."""

    def __init__(self, *, store: Store, register: Register, clock: Clock) -> None:
        self._store = store
        self._register = register
        self._clock = clock

    def step(self) -> int:
        """Say of some letters that their window closes soon, or closed without a fact; return of how many."""
        return sum(self._say(letter_id) for letter_id in self._register.deadlines(self._clock(), LETTERS))

    @retried
    def _say(self, letter_id: UUID) -> bool:
        letter = self._store.get(Letter, letter_id)
        letter.watch_deadline(self._clock())
        if not letter.pending_events:
            return False
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
        return True


class ConsentRefreshing:
    """The worker that reads consents again, so that checks see what people answered; one process runs it."""

    def __init__(self, *, register: Register, consents: Consents, clock: Clock) -> None:
        self._register = register
        self._consents = consents
        self._clock = clock
        self._next: dict[UUID, datetime] = {}

    def step(self) -> int:
        """Read the answers to the accounts that are due; return how many persons changed."""
        now, changed = self._clock(), 0
        for sender_id in self._register.senders_linked():
            if self._next.get(sender_id, now) > now:
                continue
            pause = CONSENTS_EVERY
            try:
                changed += self._consents.refresh_sender(sender_id)
            except ProviderError as error:
                log.warning("consents-not-read", sender_id=str(sender_id), cause=type(error).__name__)
                pause = AFTER_AN_ERROR
            self._next[sender_id] = now + pause
        return changed
