"""Letters at their providers are read again, soon at first and rarely later; a hint makes it at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.logging import get_logger

from lre_gateway.application.clock import Clock
from lre_gateway.application.following import Following
from lre_gateway.application.ports import Agenda, AtProvider, Hints, RawHint, Register, Task
from lre_gateway.application.provider import Provider, ProviderError
from lre_gateway.application.providers import Providers

log = get_logger()

HINTS = 500
LETTERS = 500
"""Taken up in one step; a provider reads them in a few calls."""
AFTER_AN_ERROR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a letter is read again, by its age since it was submitted (lre.md 7, step 9)."""

    first_hour: timedelta = timedelta(minutes=2)
    first_day: timedelta = timedelta(minutes=30)
    later: timedelta = timedelta(hours=4)

    def next(self, submitted_at: datetime, now: datetime) -> datetime:
        """Return when a letter read now is read again."""
        age = now - submitted_at
        if age < timedelta(hours=1):
            return now + self.first_hour
        return now + (self.first_day if age < timedelta(days=1) else self.later)


class Polling:
    """The worker that reads letters; one process runs it."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        *,
        register: Register,
        agenda: Agenda,
        hints: Hints,
        following: Following,
        providers: Providers,
        clock: Clock,
        cadence: Cadence | None = None,
    ) -> None:
        self._register = register
        self._agenda = agenda
        self._hints = hints
        self._following = following
        self._providers = providers
        self._clock = clock
        self._cadence = cadence or Cadence()

    def step(self) -> int:
        """Read hinted letters, then some of those that are due; return how many were read."""
        raw = self._hints.take(HINTS)
        hinted = [letter_id for hint in raw for letter_id in self._meant(hint)]
        read = self._read(hinted) if hinted else 0
        self._hints.settle([hint.id for hint in raw])
        due = [one.letter_id for one in self._agenda.due(Task.POLL, self._clock(), LETTERS)]
        return read + (self._read(due) if due else 0)

    def _meant(self, hint: RawHint) -> Iterable[UUID]:
        """Return the letters a call may be about. Nothing else of it is believed, so a forged one costs a reading."""
        if hint.letter_id is not None:
            return [hint.letter_id]
        provider = self._providers.get(hint.provider)
        if provider is None:
            return []
        refs = {found.ref for found in provider.hints(hint.headers, hint.body) if found.ref is not None}
        return self._register.letters_of_refs(hint.provider, refs) if refs else []

    def _read(self, letter_ids: Sequence[UUID]) -> int:
        rows = self._register.at_provider(set(letter_ids))
        self._agenda.forget(Task.POLL, set(letter_ids) - {row.letter_id for row in rows})
        groups: dict[str, list[AtProvider]] = defaultdict(list)
        for row in rows:
            groups[row.provider].append(row)
        for name, group in groups.items():
            self._read_of(self._providers[name], group)
        return len(rows)

    def _read_of(self, provider: Provider, rows: Sequence[AtProvider]) -> None:
        now = self._clock()
        try:
            shown = {snapshot.ref: snapshot for snapshot in provider.get_many([row.provider_ref for row in rows])}
        except ProviderError as error:
            log.warning("provider-not-read", provider=provider.name, cause=type(error).__name__)
            self._agenda.put_off(Task.POLL, {row.letter_id: now + AFTER_AN_ERROR for row in rows})
            return
        for row in rows:
            try:
                if row.provider_ref in shown:
                    self._following.take(provider, {row.letter_id: shown[row.provider_ref]})
                else:
                    self._following.absent(row.letter_id)
            except Exception:
                # One letter must not keep the others; it is read again at its next turn.
                log.exception("letter-not-followed", letter_id=str(row.letter_id))
        self._agenda.put_off(
            Task.POLL, {row.letter_id: self._cadence.next(row.submitted_at, now) for row in rows}
        )  # fmt: skip
