"""A client chooses a password (L-51)."""

from collections.abc import Collection

from eventstore import Store

from identity.application.client_sign_in import Passwords
from identity.application.errors import LinkSpent
from identity.application.one_time import OneTimeTokens, Purpose, readable
from identity.application.sessions import Sessions
from identity.application.visitor import Visitor
from identity.domain.password import check_password
from identity.domain.person import Person
from identity.domain.sign_in import NOBODY


class ChoosePassword:
    """The end of a first access."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        store: Store,
        tokens: OneTimeTokens,
        passwords: Passwords,
        sessions: Sessions,
        shortest: int,
        breached: Collection[str],
    ) -> None:
        self._store, self._tokens, self._passwords, self._sessions = store, tokens, passwords, sessions
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
        self._passwords.put(person.id, password)
        self._tokens.spend_all(person.id, Purpose.INVITATION)
        self._tokens.spend_all(person.id, Purpose.PASSWORD)
        actor = visitor.known_as(person.id, person.kind, person.office_id)
        self._sessions.end_all(person.id, "password-changed", actor)
        if not person.email_confirmed:
            person.confirm_email()  # the invitation came by e-mail
        person.set_password()
        self._store.save(person, actor=actor)
