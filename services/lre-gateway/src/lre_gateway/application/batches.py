"""Batches: letters written together, checked together, and handed to the provider together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from chassis.actor import Actor
from eventstore import Store, retried

from lre_gateway.application.access import Access, office_of, person, worker
from lre_gateway.application.clock import Clock
from lre_gateway.application.office_settings import Settings
from lre_gateway.application.ports import Register
from lre_gateway.application.providers import Providers
from lre_gateway.application.writing import NewLetter, Writing
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.refusals import NothingChosen, NothingReady, TooMany
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.state import ENDS, State
from lre_gateway.domain.vocabulary import HoldMode, Level, Printing

MOST_LETTERS = 500
"""In one call; they are saved in one transaction."""
HANDED = frozenset({State.AWAITING_SENDER_AUTH, State.IN_TRANSIT, State.NOTIFIED, *ENDS}) - {State.CANCELLED}


@dataclass(frozen=True, slots=True)
class Print:
    """How paper is printed (A-42)."""

    colour: bool = False
    sides: Printing = Printing.SIMPLEX

    def plain(self) -> dict[str, Any]:
        """Return it as an event holds it."""
        return {"colour": self.colour, "sides": self.sides.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """What letters share."""

    sender_id: UUID
    level: Level
    dossier_id: UUID | None = None
    entity: str | None = None
    payment_method: str | None = None
    """At the provider; by default the one linked to the entity."""
    print: Print | None = None
    dossier_reference: str | None = None
    """Shown to people; by default the number of the dossier."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far handing the letters over has come."""

    asked: int
    done: int
    """Handed over. It never goes back."""
    by_state: Mapping[State, int]
    paused: str | None
    finished: bool
    rechecked_at: datetime | None
    """When the check was redone because something changed, the last time that it found something new."""
    rechecked_for: tuple[str, ...]
    """What had changed: cancellation, dossier, office, recipient, sender."""


class Batches:
    """The use cases of batches, for the staff of an office."""

    def __init__(  # noqa: PLR0913 - what a batch is made with
        self,
        *,
        store: Store,
        access: Access,
        register: Register,
        settings: Settings,
        writing: Writing,
        providers: Providers,
        clock: Clock,
    ) -> None:
        self._store = store
        self._access = access
        self._register = register
        self._settings = settings
        self._writing = writing
        self._providers = providers
        self._clock = clock

    def create(self, actor: Actor, new: NewBatch, letters: Sequence[NewLetter] = ()) -> Any:
        """Begin a batch, with its first letters (A-31); return its id and theirs. Nothing leaves yet."""
        worker(actor)
        _refuse_too_many(letters)
        batch, reference = self.begun(actor, new, command_id(actor, office_of(actor), "batch"))
        ids = [uuid4() for _ in letters]
        written = self._writing.letters(batch, ids, letters, person(actor), reference)
        if written:
            batch.extend(len(written))
        outcome = {"id": str(batch.id), "letter_ids": list(map(str, ids))}
        return self._store.save(batch, *written, actor=actor, outcome=outcome)

    @retried
    def add_letters(self, actor: Actor, batch_id: UUID, letters: Sequence[NewLetter]) -> Any:
        """Write more letters for a batch; return their ids."""
        if not letters:
            raise NothingChosen
        _refuse_too_many(letters)
        batch = self._access.batch(actor, batch_id, to_change=True)
        reference = self._access.dossier(actor, batch.dossier_id) if batch.dossier_id else ""
        ids = [uuid4() for _ in letters]
        written = self._writing.letters(batch, ids, letters, person(actor), reference)
        batch.extend(len(written))
        return self._store.save(batch, *written, actor=actor, outcome={"letter_ids": list(map(str, ids))})

    @retried
    def submit(self, actor: Actor, batch_id: UUID) -> Any:
        """Have the letters that are ready handed to the provider (A-48); return how many. The others stay."""
        batch = self._access.batch(actor, batch_id, to_change=True)
        ready = self._register.batch_counts(batch_id).get(State.READY, 0)
        if not ready:
            raise NothingReady
        batch.submit(ready, person(actor), self._clock())
        return self._store.save(batch, actor=actor, outcome={"letters": ready})

    def progress(self, actor: Actor, batch_id: UUID) -> Progress:
        """Return how far it has come."""
        batch, counts = self._access.batch(actor, batch_id), self._register.batch_counts(batch_id)
        done = sum(amount for state, amount in counts.items() if state in HANDED)
        return Progress(batch.asked, done, counts, batch.paused, batch.finished, *batch.redone)

    def begun(self, actor: Actor, new: NewBatch, batch_id: UUID) -> tuple[Batch, str]:
        """Return a new batch, not saved, and the reference of its dossier for people."""
        sender = self._access.sender(actor, new.sender_id, to_change=True)
        sender.refuse_if_revoked()
        number = self._access.dossier(actor, new.dossier_id) if new.dossier_id else ""
        batch = Batch.begin(
            batch_id,
            office_id=sender.office_id,
            dossier_id=new.dossier_id,
            sender_id=sender.id,
            level=new.level.value,
            hold_mode=self._hold_mode(sender).value,
            entity=new.entity,
            payment_method=new.payment_method or sender.method_of(new.entity),
            print=(new.print or Print()).plain() if new.level is Level.PAPER else None,
            created_by=person(actor),
            at=self._clock(),
        )
        return batch, new.dossier_reference or number

    def _hold_mode(self, sender: Sender) -> HoldMode:
        """Return the way the office chose, or the one every provider can go."""
        if not self._providers[sender.provider].capabilities().drafts_at_provider:
            return HoldMode.DEFERRED_SUBMIT
        return self._settings.of(sender.office_id).choices.hold_mode


def command_id(actor: Actor, within: UUID, what: str) -> UUID:
    """Return a new id, the same one for the same command of the same person."""
    if actor.command is None:
        return uuid4()
    return uuid5(within, f"{what}:{actor.person_id}:{actor.command.key}")


def unasked(actor: Actor) -> Actor:
    """Return the actor for what is saved before the command as a whole is done."""
    return replace(actor, command=None)


def _refuse_too_many(letters: Sequence[NewLetter]) -> None:
    if len(letters) > MOST_LETTERS:
        raise TooMany(limit=MOST_LETTERS)
