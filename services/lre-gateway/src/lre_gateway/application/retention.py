"""Files of letters are destroyed once their office need not keep them: said first, then done, then said to be done."""

import sys
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from chassis.actor import Actor
from chassis.logging import get_logger
from chassis.refusal import Refusal
from eventstore import Store, retried

from lre_gateway.application.clock import Clock
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.ports import Agenda, Due, Register, Task, Vault
from lre_gateway.domain.letter import Letter

log = get_logger()

LETTERS = 50
"""Taken up in one step."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


class Retention:
    """The worker that ends the retention of letters; one process runs it.

    Which letters it ended for is an event before anything is destroyed, so that from then on nobody is offered a file
    that may be gone, and a rule that the office changes later reaches only the letters of which that was not said. A
    crash anywhere brings the letter again: a file destroyed twice is destroyed once.
    """

    def __init__(  # noqa: PLR0913 - what it works with
        self, *, store: Store, register: Register, settings: Settings, agenda: Agenda, vault: Vault, clock: Clock
    ) -> None:
        self._store = store
        self._register = register
        self._settings = settings
        self._agenda = agenda
        self._vault = vault
        self._clock = clock

    def step(self) -> int:
        """End the retention of some letters, and destroy the files of some; return how many times something was."""
        now, default = self._clock(), self._settings.defaults.retention_years
        ended = sum(self._end(letter_id) for letter_id in self._register.kept_long_enough(now, default, LETTERS))
        return ended + sum(self._destroy(due) for due in self._agenda.due(Task.DESTRUCTION, now, LETTERS))

    @retried
    def _end(self, letter_id: UUID) -> bool:
        """Look again at what the office chooses now: what the list said may be a moment old."""
        letter = self._store.get(Letter, letter_id)
        years = self._settings.of(letter.office_id).choices.retention_years
        if not letter.end_retention(years, self._clock()):
            return False
        self._save(letter)
        sys.audit("scelle.crashpoint", "letters.retention-ended")
        return True

    def _destroy(self, due: Due) -> bool:
        letter = self._store.get(Letter, due.letter_id)
        proofs = {one.version_id for one in letter.evidence}
        others = {document.version_id for document in letter.documents}
        gone = proofs | (others - self._register.needed_files(letter.office_id, others))
        try:
            for version_id in sorted(gone):
                self._vault.destroy(letter.office_id, version_id)
                sys.audit("scelle.crashpoint", "letters.file-destroyed")
        except Refusal as error:
            log.warning("letter-not-destroyed", letter_id=str(letter.id), cause=type(error).__name__)
            pause = min(FIRST_PAUSE * (1 << min(due.attempt, 10)), LONGEST_PAUSE)
            self._agenda.put_off(Task.DESTRUCTION, {letter.id: self._clock() + pause})
            return False
        self._say(letter.id, gone)
        self._agenda.forget(Task.DESTRUCTION, [letter.id])
        return True

    @retried
    def _say(self, letter_id: UUID, version_ids: Collection[UUID]) -> None:
        letter = self._store.get(Letter, letter_id)
        letter.files_destroyed(version_ids, self._clock())
        self._save(letter)

    def _save(self, letter: Letter) -> None:
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
