"""Letters whose submission has an unknown outcome are searched at their provider; nothing is sent again before."""

from datetime import timedelta
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from eventstore import Store, retried

from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Agenda, Due, Task
from lre_gateway.application.provider import NotSupported, ProviderError, Snapshot
from lre_gateway.application.providers import Providers, follow
from lre_gateway.application.submission import reference_of
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import State

log = get_logger()

LETTERS = 100
QUIET = timedelta(minutes=10)
"""How long after the attempt a search may still miss a letter that the provider has."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
PATIENCE = 3
"""Searches in vain before a person is told; searching goes on."""


class Reconciling:
    """The worker that searches; one process runs it."""

    def __init__(
        self, *, store: Store, agenda: Agenda, providers: Providers, clock: Clock, quiet: timedelta = QUIET
    ) -> None:
        self._store = store
        self._agenda = agenda
        self._providers = providers
        self._clock = clock
        self._quiet = quiet

    def step(self) -> int:
        """Search some of the letters that are due; return how many."""
        due = self._agenda.due(Task.RECONCILE, self._clock(), LETTERS)
        for one in due:
            try:
                self._search(one)
            except Exception:
                # One letter must not keep the others.
                log.exception("letter-not-searched", letter_id=str(one.letter_id))
                self._later(one)
        return len(due)

    def _search(self, due: Due) -> None:
        letter = self._store.get(Letter, due.letter_id)
        sender = self._store.get(Sender, letter.sender_id)
        if letter.state is not State.SUBMISSION_UNKNOWN:
            self._agenda.forget(Task.RECONCILE, [letter.id])
            return
        searched_at = self._clock()
        try:
            found = self._providers[sender.provider].find(sender.account or "", reference_of(letter))
        except ProviderError as error:
            log.warning("search-failed", letter_id=str(letter.id), cause=type(error).__name__)
            if due.attempt + 1 >= PATIENCE or isinstance(error, NotSupported):
                self._call_somebody(letter.id)
            self._later(due)
            return
        if found is None and searched_at < letter.changed_at + self._quiet:
            self._agenda.put_off(Task.RECONCILE, {letter.id: letter.changed_at + self._quiet})
            return
        self._settle(letter.id, found)
        self._agenda.forget(Task.RECONCILE, [letter.id])

    def _later(self, due: Due) -> None:
        pause = min(FIRST_PAUSE * (1 << min(due.attempt, 10)), LONGEST_PAUSE)
        self._agenda.put_off(Task.RECONCILE, {due.letter_id: self._clock() + pause})

    @retried
    def _settle(self, letter_id: UUID, found: Snapshot | None) -> None:
        """Follow the letter that was found; one whose absence is proven may be submitted again."""
        letter = self._store.get(Letter, letter_id)
        if letter.state is not State.SUBMISSION_UNKNOWN:
            return
        if found is None:
            letter.absent(self._clock())
        else:
            follow(letter, found, self._providers[self._store.get(Sender, letter.sender_id).provider], self._clock())
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))

    @retried
    def _call_somebody(self, letter_id: UUID) -> None:
        letter = self._store.get(Letter, letter_id)
        letter.attention("search-impossible", self._clock())
        if letter.pending_events:
            self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
