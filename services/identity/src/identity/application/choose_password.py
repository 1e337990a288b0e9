"""A client chooses a password (L-51), and changes it (S-04)."""

from collections.abc import Collection

from chassis.actor import Actor
from eventstore import Store

from identity.application.client_sign_in import Passwords
from identity.application.codes import Challenges
from identity.application.errors import LinkSpent
from identity.application.one_time import OneTimeTokens, Purpose, readable
from identity.application.proving import Proving
from identity.application.secret_changes import put_in_force
from identity.application.sessions import Sessions
from identity.application.visitor import Visitor
from identity.domain.password import check_password
from identity.domain.person import Person
from identity.domain.sign_in import NOBODY


class ChoosePassword:
    """The end of a first access, and the change by whoever is signed in."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        tokens: OneTimeTokens,
        passwords: Passwords,
        sessions: Sessions,
        proving: Proving,
        challenges: Challenges,
        shortest: int,
        breached: Collection[str],
    ) -> None:
        self._store, self._tokens, self._passwords, self._sessions = store, tokens, passwords, sessions
        self._proving, self._challenges = proving, challenges
        self._shortest, self._breached = shortest, breached

    def choose(self, setup_token: str, password: str, visitor: Visitor) -> None:
        """Keep the password; invitations are then spent and older sessions end.

        Raises:
            PasswordRefused: it does not meet the rules; the token stays good.
            LinkUnknown, LinkSpent: the token does not exist, or is used or too old.

        """
        row = readable(self._tokens, setup_token, Purpose.PASSWORD)
        check_password(password, shortest=self._shortest, breached=self._breached)
        person = self._store.get(Person, row.person_id or NOBODY)
        if person.erased or not self._tokens.use(setup_token, Purpose.PASSWORD):
            raise LinkSpent
        actor = visitor.known_as(person.id, person.kind, person.office_id)
        if not person.email_confirmed:
            person.confirm_email()  # the invitation came by e-mail
        self._keep(person, password, actor)

    def change(self, actor: Actor, present: str, password: str) -> None:
        """Keep another password; the caller stays signed in here and nowhere else (S-04, C-23).

        Raises:
            PasswordRefused: the new one does not meet the rules.
            NotAllowed, PasswordWrong, TooManyAttempts: the present one is not proved.

        """
        check_password(password, shortest=self._shortest, breached=self._breached)
        person_id = self._proving.password(actor, present)
        self._challenges.end_all(person_id)  # a code that was sent for the former password opens nothing
        self._keep(self._store.get(Person, person_id), password, actor)

    def _keep(self, person: Person, password: str, actor: Actor) -> None:
        change_id = self._passwords.prepare(person.id, password)
        self._tokens.spend_all(person.id, Purpose.INVITATION)
        self._tokens.spend_all(person.id, Purpose.PASSWORD)
        self._sessions.end_all(person.id, "password-changed", actor, but=actor.session_id)
        person.set_password(change_id)
        put_in_force(self._store, person, actor)
        self._passwords.settle(person.id)
