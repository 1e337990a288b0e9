"""A person: a member of offices, or a client of one office."""

from typing import Annotated, Any
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import Personal

from identity.domain.erasure import Basis
from identity.domain.refusals import AlreadyConfirmed, PersonErased

_Own = Annotated[str | None, Personal(of="originator_id")]


class Person(Aggregate):
    """Who someone is. Two persons are never merged because they share an e-mail address."""

    TOPIC = "identity.person"

    class Created(AggregateCreated):
        """A member signed in for the first time, or an office named a client."""

        TOPIC = "identity.person-registered"
        kind: str
        office_id: UUID | None
        first_name: _Own
        last_name: _Own
        email: _Own
        phone: _Own
        issuer: str | None
        subject: _Own

    class Changed(AggregateEvent):
        """How the person is called or reached was corrected."""

        TOPIC = "identity.person-changed"
        first_name: _Own
        last_name: _Own
        email: _Own
        phone: _Own

    class EmailConfirmed(AggregateEvent):
        """The person reads the address."""

        TOPIC = "identity.email-confirmed"

    class PasswordSet(AggregateEvent):
        """The person chose a password; `change_id` names the secret that it puts in force."""

        TOPIC = "identity.password-set"
        class_version = 2
        person_id: UUID
        change_id: UUID | None
        first: bool

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Nothing waited for its event before; whether it was the first was not said."""
            state["change_id"] = None
            state["first"] = False

    class SecondFactorEnabled(AggregateEvent):
        """From now on a code of the person's own app is asked for."""

        TOPIC = "identity.second-factor-enabled"
        class_version = 2
        person_id: UUID
        change_id: UUID | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Nothing waited for its event before."""
            state["change_id"] = None

    class SecondFactorRemoved(AggregateEvent):
        """The person, or the office at their request, went back to codes by SMS."""

        TOPIC = "identity.second-factor-removed"
        class_version = 2
        person_id: UUID
        cause: str
        change_id: UUID | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Nothing waited for its event before."""
            state["change_id"] = None

    class Erased(AggregateEvent):
        """An office has the person erased; the key is destroyed next."""

        TOPIC = "identity.person-erased"
        person_id: UUID
        office_id: UUID
        basis: str

    @event(Created)
    def __init__(  # noqa: PLR0913, PLR0917 - what is known of a person
        self,
        kind: str,
        office_id: UUID | None,
        first_name: str | None,
        last_name: str | None,
        email: str | None,
        phone: str | None,
        issuer: str | None = None,
        subject: str | None = None,
    ) -> None:
        self.kind = kind
        self.office_id = office_id
        self.first_name = first_name
        self.last_name = last_name
        self.email = email
        self.phone = phone
        self.issuer = issuer
        self.subject = subject
        self.email_confirmed = False
        self.has_password = False
        self.erased = False

    def change(
        self,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
    ) -> None:
        """Correct what is given; what is already so is not said again."""
        self._refuse_if_erased()
        new = (
            first_name or self.first_name,
            last_name or self.last_name,
            email or self.email,
            phone or self.phone,
        )
        if new != (self.first_name, self.last_name, self.email, self.phone):
            self._changed(*new)

    @event(Changed)
    def _changed(self, first_name: str | None, last_name: str | None, email: str | None, phone: str | None) -> None:
        if email != self.email:
            self.email_confirmed = False
        self.first_name = first_name
        self.last_name = last_name
        self.email = email
        self.phone = phone

    def confirm_email(self) -> None:
        """Note that the person read a message sent to the address (L-19)."""
        self._refuse_if_erased()
        if self.email_confirmed:
            raise AlreadyConfirmed
        self._email_confirmed()

    @event(EmailConfirmed)
    def _email_confirmed(self) -> None:
        self.email_confirmed = True

    def set_password(self, change_id: UUID) -> None:
        """Note that the person chose a password; the password itself is no event."""
        self._refuse_if_erased()
        first = not self.has_password
        self.trigger_event(self.PasswordSet, person_id=self.id, change_id=change_id, first=first)

    @event(PasswordSet)
    def _password_set(self) -> None:
        self.has_password = True

    def enable_second_factor(self, change_id: UUID) -> None:
        """Note that codes of an app are asked for; the secret itself is no event."""
        self._refuse_if_erased()
        self.trigger_event(self.SecondFactorEnabled, person_id=self.id, change_id=change_id)

    @event(SecondFactorEnabled)
    def _second_factor_enabled(self) -> None:
        """Nothing of it is kept here."""

    def remove_second_factor(self, cause: str, change_id: UUID) -> None:
        """Note that codes go by SMS again; `cause` is `asked` by the person or `office`."""
        self._refuse_if_erased()
        self.trigger_event(self.SecondFactorRemoved, person_id=self.id, cause=cause, change_id=change_id)

    @event(SecondFactorRemoved)
    def _second_factor_removed(self) -> None:
        """Nothing of it is kept here."""

    def erase(self, office_id: UUID, basis: Basis) -> None:
        """Have the person erased, as an office asks."""
        self._refuse_if_erased()
        self.trigger_event(self.Erased, person_id=self.id, office_id=office_id, basis=basis.value)

    @event(Erased)
    def _erased(self) -> None:
        self.erased = True

    def _refuse_if_erased(self) -> None:
        if self.erased:
            raise PersonErased
