"""A person who is erased, by identity or by the office, is erased here."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from chassis.actor import Actor
from contracts.identity import PersonErased
from eventsourcing.domain import Aggregate
from eventstore import Changed, Missing, Position, Store

from lre_gateway.application.clock import Clock
from lre_gateway.application.ports import Register
from lre_gateway.domain.erasure import Erasure
from lre_gateway.domain.letter import Letter


class Erasing:
    """Destroys the key of a person, and gives up the letters to them that did not leave.

    The key goes first, then the events say so, with the position of the message: a crash in between brings the message
    again, and destroying twice does no harm. The proofs of letters that left are in the vault, held by law.
    """

    def __init__(self, store: Store, register: Register, clock: Clock) -> None:
        self._store = store
        self._register = register
        self._clock = clock

    def erase(self, erased: PersonErased, actor: Actor, position: Position) -> None:
        """Do it and say so, once. Raises Changed if a letter leaves at this moment; the next try sees it."""
        changed = erase_subject(self._store, self._register, erased.person_id, self._clock())
        if _said(self._store, erased.person_id):
            changed = [one for one in changed if not isinstance(one, Erasure)]
        self._store.save(*changed, actor=actor, position=position)


def erase_subject(store: Store, register: Register, subject_id: UUID, now: datetime) -> list[Aggregate]:
    """Destroy the key of a person; return what has to be saved: the letters given up, and that it was done."""
    keys = int(store.keys.destroy(subject_id))
    recipients = register.recipients_about(subject_id)
    given_up = [_given_up(store, letter_id, now) for letter_id in register.unsent_letters_to(recipients)]
    erasure = Erasure(person_id=subject_id, keys=keys, evidence_kept=register.evidence_about(recipients))
    return [*given_up, erasure]


def _given_up(store: Store, letter_id: UUID, now: datetime) -> Letter:
    letter = store.get(Letter, letter_id)
    letter.cancel(None, now)
    return letter


def _said(store: Store, subject_id: UUID) -> bool:
    with suppress(Missing, Changed):
        store.get(Erasure, Erasure.create_id(subject_id))
        return True
    return False
