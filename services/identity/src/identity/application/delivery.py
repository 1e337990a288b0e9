"""How a code reaches a phone: by one provider of SMS, and if that delivers nothing, another code by a second one.

The second message never holds the code of the first: whoever gets that one late, or reads it elsewhere, has nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from chassis.actor import Actor
from eventstore import Store

from identity.application.codes import CodePolicy, NewChallenge, Recipient
from identity.application.digests import Digests, new_code
from identity.application.errors import TooManyAttempts
from identity.application.limits import HOUR, Limits, at_most
from identity.application.people import People
from identity.application.visitor import Visitor
from identity.domain.sign_in import RefusedCode, SentCode


@dataclass(frozen=True, slots=True)
class Awaited:
    """A code that the first provider took a while ago, and that nobody has answered; `message` is its own id for it."""

    id: UUID
    message: str
    purpose: str
    person_id: UUID


class Journeys(Protocol):
    """Which messages are under way."""

    def took(self, challenge_id: UUID, message: str) -> None:
        """Remember what the first provider calls the message."""
        ...

    def awaited(self, seconds: float) -> list[Awaited]:
        """Return the codes that are still good, asked for so long ago or longer, and not known to have arrived."""
        ...

    def settled(self, challenge_id: UUID) -> None:
        """Ask no more about a message."""
        ...

    def void(self, one: Awaited, code: bytes, seconds: int) -> bool:
        """Put another code, good for so long, in the place of one; False if it was answered or that was done before."""
        ...


class TextMessages(Protocol):
    """A provider of SMS."""

    def later(self, job: Callable[[], None]) -> None:
        """Do a job soon, while the caller goes on."""
        ...

    def send(self, number: str, text: str, reference: str) -> str | None:
        """Send, once for each reference; return the provider's id of the message, None if it was not taken."""
        ...

    def delivered(self, message: str) -> bool | None:
        """Tell whether a message is on the phone; None if the provider is away."""
        ...


class ByText:
    """The port `Delivery`, by one provider or two."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        journeys: Journeys,
        people: People,
        limits: Limits,
        first: TextMessages,
        second: TextMessages | None,
        digests: Digests,
        policy: CodePolicy,
        domain: str,
    ) -> None:
        self._store, self._journeys, self._people, self._limits = store, journeys, people, limits
        self._first, self._second = first, second
        self._digests, self._policy, self._domain = digests, policy, domain

    def hand_over(self, new: NewChallenge, recipient: Recipient, code: str, visitor: Visitor) -> None:
        """Have a code sent in the background: what a known person costs must not be seen from outside."""
        self._first.later(partial(self._send, new, recipient, code, visitor))

    def make_good(self) -> None:
        """Send another code by the second provider in the place of each that the first has not delivered in time."""
        if self._second is None:
            return
        told: bool | None = False
        for one in self._journeys.awaited(self._policy.delivery_seconds):
            told = told if told is None else self._first.delivered(one.message)  # who is away is asked once
            if told:
                self._journeys.settled(one.id)
            else:
                self._send_another(one, self._second)

    def _send(self, new: NewChallenge, recipient: Recipient, code: str, visitor: Visitor) -> None:
        if not self._admitted(recipient, visitor.nobody()):
            return
        text, reference = self._text(code), str(new.id)
        if message := self._first.send(recipient.phone, text, reference):
            if self._second:
                self._journeys.took(new.id, message)
        elif self._second is None or not self._second.send(recipient.phone, text, reference):
            return
        self._sent(recipient, new.purpose, visitor.nobody())

    def _send_another(self, one: Awaited, second: TextMessages) -> None:
        person, actor = self._people.person(one.person_id), Actor.system()
        recipient = Recipient(person.id, person.office_id, person.phone) if person and person.phone else None
        if recipient is None or not self._admitted(recipient, actor):
            self._journeys.settled(one.id)
            return
        code = new_code()
        # the code before is void before the next is anywhere; who loses this race sends nothing
        if self._journeys.void(one, self._digests.code(one.id, code), self._policy.seconds) and second.send(
            recipient.phone, self._text(code), str(one.id)
        ):
            self._sent(recipient, one.purpose, actor)

    def _admitted(self, recipient: Recipient, actor: Actor) -> bool:
        """Count a message; a number that had its share gets nothing more, and no answer tells."""
        cap = self._limits.cap
        try:
            self._limits.admit(
                cap(at_most(self._policy.per_hour), "number-hour", recipient.phone),
                cap(at_most(self._policy.per_day), "number-day", recipient.phone, window=24 * HOUR),
            )
        except TooManyAttempts:
            refused = RefusedCode(
                person_id=recipient.person_id, office_id=recipient.office_id, cause="too-many-for-number"
            )
            self._store.save(refused, actor=actor)
            return False
        return True

    def _text(self, code: str) -> str:
        minutes = self._policy.seconds // 60
        return f"Votre code Scellé : {code}. Il est valable {minutes} minutes.\n\n@{self._domain} #{code}"

    def _sent(self, recipient: Recipient, purpose: str, actor: Actor) -> None:
        sent = SentCode(person_id=recipient.person_id, office_id=recipient.office_id, purpose=purpose)
        self._store.save(sent, actor=actor)
