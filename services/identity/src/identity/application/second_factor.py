"""An authenticator app of the person's own instead of codes by SMS (docs/adr/0039)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import pyotp
from chassis.actor import Actor
from eventstore import Store

from identity.application.clients import Clients
from identity.application.codes import Challenges
from identity.application.digests import Digests, new_recovery_code
from identity.application.errors import SecondCodeRefused, SecondFactorOff, SecondFactorOn
from identity.application.people import People
from identity.application.proving import Proving
from identity.application.secret_changes import put_in_force
from identity.domain.authenticator import address, matching_step
from identity.domain.person import Person

RECOVERY_CODES = 8
BY_APP, BY_RECOVERY = "totp", "recovery-code"
"""What answered: the end of `means` in the event of the sign-in."""
_NOT_TYPED = str.maketrans("", "", " -\u00a0\u2011")


@dataclass(frozen=True, slots=True)
class Held:
    """The authenticator of a person; steps of 30 s, by the clock of the database."""

    secret: str
    confirmed_at: datetime | None
    step: int
    codes_left: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs; it is asked for once a code of it was given."""

    secret: str
    address: str


class Authenticators(Protocol):
    """Secrets that apps share with us, and recovery codes."""

    def begin(self, person_id: UUID, secret: str) -> None:
        """Keep a secret, unless one was begun a quarter of an hour ago at most or is asked for."""
        ...

    def held(self, person_id: UUID) -> Held | None:
        """Return the authenticator of a person."""
        ...

    def prepare_on(self, person_id: UUID, step: int, codes: Sequence[bytes]) -> UUID | None:
        """Write down that it is asked for, with these recovery codes; None if it is, or no secret was begun."""
        ...

    def prepare_off(self, person_id: UUID) -> UUID:
        """Write down that it is asked for no more."""
        ...

    def settle(self, person_id: UUID) -> None:
        """Put in force what was prepared and an event named."""
        ...

    def use_step(self, person_id: UUID, step: int) -> bool:
        """Take the code of a step; False if that of it or of a later one was taken before."""
        ...

    def use_code(self, person_id: UUID, code: bytes) -> bool:
        """Take a recovery code; False if it is none of the person's, or was taken before."""
        ...


class SecondFactor:
    """Turn it on, ask for it, turn it off."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        authenticators: Authenticators,
        proving: Proving,
        people: People,
        clients: Clients,
        challenges: Challenges,
        digests: Digests,
    ) -> None:
        self._store, self._held, self._proving, self._people = store, authenticators, proving, people
        self._clients, self._challenges, self._digests = clients, challenges, digests

    def mine(self, actor: Actor) -> Held | None:
        """Return the caller's authenticator if it is asked for."""
        return self._on(self._proving.client(actor))

    def begin(self, actor: Actor) -> Enrolment:
        """Return a secret for an app; asked again within a quarter of an hour, the same one.

        Raises:
            SecondFactorOn: one is asked for already; what is shared with it is told nobody again.

        """
        person_id = self._proving.client(actor)
        self._held.begin(person_id, pyotp.random_base32())
        held, person = self._held.held(person_id), self._people.person(person_id)
        if held is None or held.confirmed_at is not None or person is None:
            raise SecondFactorOn
        return Enrolment(held.secret, address(held.secret, person.email or ""))

    def turn_on(self, actor: Actor, password: str, code: str) -> list[str]:
        """Ask for the app from now on; return recovery codes, which nothing tells again.

        Raises:
            PasswordWrong, SecondCodeRefused, TooManyAttempts: it is not proved who asks, or that the app works.
            SecondFactorOff: no secret was asked for.
            SecondFactorOn: it is on already.

        """
        person_id = self._proving.password(actor, password)
        held = self._held.held(person_id)
        if held is None:
            raise SecondFactorOff
        if held.confirmed_at is not None:
            raise SecondFactorOn
        self._proving.admit("own-code", person_id)
        step = matching_step(held.secret, _plain(code), held.step)
        if step is None:
            self._proving.refused(actor, person_id, "own-code")
            raise SecondCodeRefused
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        person = self._store.get(Person, person_id)
        change_id = self._held.prepare_on(person_id, step, [self._digest(person_id, one) for one in codes])
        if change_id is None:
            raise SecondFactorOn
        person.enable_second_factor(change_id)
        self._changed(person, actor)
        return codes

    def turn_off(self, actor: Actor, password: str, code: str) -> None:
        """Send codes by SMS again.

        Raises:
            PasswordWrong, SecondCodeRefused, TooManyAttempts: it is not proved who asks.
            SecondFactorOff: it is off.

        """
        person_id = self._proving.password(actor, password)
        if self._on(person_id) is None:
            raise SecondFactorOff
        self._proving.admit("own-code", person_id)
        if self.answers(person_id, code) is None:
            self._proving.refused(actor, person_id, "own-code")
            raise SecondCodeRefused
        self._remove(person_id, "asked", actor)

    def remove_for(self, actor: Actor, client_id: UUID) -> None:
        """Send codes by SMS again to a client who lost the app and the recovery codes, and asks the office.

        Raises:
            NotFound, NotAllowed: it is no client whom the caller looks after.
            SecondFactorOff: it is off.

        """
        self._clients.kept(actor, client_id)
        self._remove(client_id, "office", actor)

    def on(self, person_id: UUID) -> bool:
        """Say whether a person signs in with an app."""
        return self._on(person_id) is not None

    def answers(self, person_id: UUID, code: str) -> str | None:
        """Return what a code is, BY_APP or BY_RECOVERY, None for a wrong one; a right one is used up."""
        held, plain = self._on(person_id), _plain(code)
        if held is None:
            return None
        step = matching_step(held.secret, plain, held.step)
        if step is not None and self._held.use_step(person_id, step):
            return BY_APP
        return BY_RECOVERY if self._held.use_code(person_id, self._digest(person_id, plain)) else None

    def _on(self, person_id: UUID) -> Held | None:
        held = self._held.held(person_id)
        return held if held and held.confirmed_at else None

    def _remove(self, person_id: UUID, cause: str, actor: Actor) -> None:
        person = self._store.get(Person, person_id)
        if not self.on(person_id):
            raise SecondFactorOff
        person.remove_second_factor(cause, self._held.prepare_off(person_id))
        self._changed(person, actor)

    def _changed(self, person: Person, actor: Actor) -> None:
        put_in_force(self._store, person, actor)
        self._held.settle(person.id)
        self._challenges.end_all(person.id)  # a code that is under way would be the way around

    def _digest(self, person_id: UUID, code: str) -> bytes:
        return self._digests.of("recovery code", str(person_id), code)


def _plain(code: str) -> str:
    """Return a code without what people put between its signs."""
    return code.translate(_NOT_TYPED).casefold()
