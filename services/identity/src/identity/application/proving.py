"""Whoever is signed in proves the password again before what matters: a session may lie open on a table."""

from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed
from eventstore import Store

from identity.application.client_sign_in import Passwords
from identity.application.errors import PasswordWrong
from identity.application.limits import Limits, at_most
from identity.domain.sign_in import RefusedSignIn

TRIES_PER_HOUR = 10
"""Of one person, whatever they are for."""


class Proving:
    """Asks for the present password."""

    def __init__(self, *, store: Store, passwords: Passwords, limits: Limits) -> None:
        self._store, self._passwords, self._limits = store, passwords, limits

    def client(self, actor: Actor) -> UUID:
        """Return the id of a client; members of offices prove who they are at their identity provider."""
        if actor.kind != "client" or actor.person_id is None:
            raise NotAllowed
        return actor.person_id

    def password(self, actor: Actor, password: str) -> UUID:
        """Return the id of the caller, whose password this is.

        Raises:
            NotAllowed: the caller is no client.
            PasswordWrong: it is another one; the event says so.
            TooManyAttempts: wait.

        """
        person_id = self.client(actor)
        self.admit("own-password", person_id)
        if self._passwords.matching(password, [person_id]) is None:
            self.refused(actor, person_id, "own-password")
            raise PasswordWrong
        return person_id

    def admit(self, what: str, person_id: UUID) -> None:
        """Count a try. Raises TooManyAttempts."""
        self._limits.admit(self._limits.cap(at_most(TRIES_PER_HOUR), what, str(person_id)))

    def refused(self, actor: Actor, person_id: UUID, cause: str) -> None:
        """Record that a proof was refused."""
        self._store.save(RefusedSignIn(person_id=person_id, office_id=actor.office_id, cause=cause), actor=actor)
