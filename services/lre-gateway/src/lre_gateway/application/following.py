"""Letters follow their providers: read in few calls, changed only by what is news."""

from collections.abc import Mapping
from uuid import UUID

from chassis.actor import Actor
from eventstore import Store, retried

from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Agenda, Task
from lre_gateway.application.provider import Provider, Snapshot
from lre_gateway.application.providers import follow
from lre_gateway.domain.letter import Letter

MOST_KNOWN = 100_000
"""Snapshots remembered, each as one number."""


class Following:
    """Brings what a provider shows into letters. A snapshot seen before costs nothing."""

    def __init__(self, *, store: Store, agenda: Agenda, clock: Clock) -> None:
        self._store = store
        self._agenda = agenda
        self._clock = clock
        self._known: dict[UUID, int] = {}

    def take(self, provider: Provider, snapshots: Mapping[UUID, Snapshot]) -> int:
        """Let letters follow their snapshots; return how many changed."""
        changed = 0
        for letter_id, snapshot in snapshots.items():
            if self._known.get(letter_id) != hash(snapshot):
                changed += self._follow(provider, letter_id, snapshot)
        return changed

    def absent(self, letter_id: UUID) -> None:
        """Note that a provider does not show a letter that it took."""
        self._told(letter_id, "letter-not-shown")

    def _follow(self, provider: Provider, letter_id: UUID, snapshot: Snapshot) -> bool:
        news = self._applied(provider, letter_id, snapshot)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[letter_id] = hash(snapshot)
        return news

    @retried
    def _applied(self, provider: Provider, letter_id: UUID, snapshot: Snapshot) -> bool:
        letter = self._store.get(Letter, letter_id)
        wanted = letter.pending
        follow(letter, snapshot, provider, self._clock())
        if not letter.pending_events:
            return False
        self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
        if set(letter.pending) - set(wanted):
            self._agenda.forget(Task.EVIDENCE, [letter_id])  # new proofs are looked for at once
        return True

    @retried
    def _told(self, letter_id: UUID, cause: str) -> None:
        letter = self._store.get(Letter, letter_id)
        letter.breach(cause, self._clock())
        if letter.pending_events:
            self._store.save(letter, actor=Actor.system(office_id=letter.office_id))
