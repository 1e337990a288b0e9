"""What messaging needs of others, in its own words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from messaging.domain.notification import Template


@dataclass(frozen=True, slots=True)
class Person:
    """How a message addresses someone."""

    first_name: str | None
    last_name: str | None
    email: str | None = None

    @property
    def name(self) -> str:
        """The full name, or the polite form for someone without one."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or "Madame, Monsieur"


@dataclass(frozen=True, slots=True)
class Link:
    """A person, the link that identity made for them, and the office that is meant."""

    person: Person
    url: str
    office_name: str


@dataclass(frozen=True, slots=True)
class Office:
    """An office and who decides in it."""

    name: str
    notary_ids: Sequence[UUID]
    member_ids: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Readers:
    """A dossier and who of its office may read it."""

    office_id: UUID
    number: str
    title: str
    staff_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Request:
    """A requested document, why versions of it were refused, and those on which nobody decides any more."""

    label: str
    refusals: Mapping[UUID, str]
    closed: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that a client has still to send."""

    label: str
    """Empty once the client was erased."""
    batch_id: UUID | None
    due_on: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, by ids: who prepared it, and where it belongs."""

    office_id: UUID
    dossier_id: UUID | None
    batch_id: UUID
    prepared_by: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """How many letters of a batch stand where."""

    asked: int
    by_state: Mapping[str, int]


class Letters(Protocol):
    """The gateway of letters; the same rules as `People`."""

    def letter(self, letter_id: UUID) -> Letter | None:
        """Return a letter."""

    def standing(self, batch_id: UUID) -> Standing | None:
        """Return how the letters of a batch stand."""


class People(Protocol):
    """The identity service. Each raises a refusal of status 503 while it does not answer; None is somebody unknown."""

    def person(self, person_id: UUID) -> Person | None:
        """Return name and e-mail address; None if the person is unknown or was erased."""

    def office(self, office_id: UUID) -> Office | None:
        """Return an office."""

    def invitation(self, person_id: UUID, office_id: UUID) -> Link | None:
        """Return a fresh link for a client of an office."""

    def access_link(self, person_id: UUID, office_id: UUID) -> Link | None:
        """Return a fresh link by which a client who asked for it chooses a new password."""

    def email_confirmation(self, person_id: UUID) -> Link | None:
        """Return a fresh link by which a new member confirms the e-mail address."""


class Dossiers(Protocol):
    """The dossier service; the same rules."""

    def readers(self, dossier_id: UUID) -> Readers | None:
        """Return a dossier with the staff that may read it."""

    def request(self, request_id: UUID) -> Request | None:
        """Return a requested document."""

    def missing(self, dossier_id: UUID, client_id: UUID) -> Sequence[Missing]:
        """Return what a client has still to send; nothing for an archived or unknown dossier."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message ready to be sent."""

    id: UUID
    """The same at every attempt; reports on the message name it."""
    message_id: str
    """Made of it, so that a message sent twice shows once."""
    to: str
    subject: str
    text: str
    html: str


class Templates(Protocol):
    """The words."""

    def render(self, template: Template, values: Mapping[str, str]) -> tuple[str, str, str]:
        """Return subject, text and HTML; the values are escaped."""

    def amount(self, template: Template, number: int) -> str:
        """Return in words how many of a kind there are: 3 documents déposés."""

    def day(self, day: str) -> str:
        """Return a day of the calendar, YYYY-MM-DD, in words."""

    def moment(self, instant: str) -> str:
        """Return an instant, RFC 3339, in words, by the clocks of Paris."""


class MailPostponed(Exception):
    """The mail server is away or wants the message later."""


class MailRefused(Exception):
    """The mail server will never take this message; the text is a code: address-refused or message-refused."""


class Reported(StrEnum):
    """What a report says became of an e-mail."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    NOTHING_FINAL = "nothing-final"
    """It is tried again, or was handed to a server that will not say more."""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery status notification (RFC 3464), without whom it is about: our id says that."""

    mail_id: UUID | None
    """None if it names no e-mail of ours."""
    reported: Reported
    status: str
    """The status code of RFC 3463."""


class Mailer(Protocol):
    """The way out."""

    def connected(self) -> AbstractContextManager[Callable[[Mail], None]]:
        """Reach the mail server, before a message is written in vain; give what hands a message over.

        Both raise MailPostponed, handing over also MailRefused.
        """


@dataclass(frozen=True, slots=True)
class Claim:
    """An e-mail that this process tries to send now."""

    mail_id: UUID
    """The first of the notifications it tells."""
    notification_ids: Sequence[UUID]
    """All of them, the same at every attempt."""
    attempt: int
    """1 at the first attempt."""


class Outbox(Protocol):
    """Which e-mails wait, and since how many attempts."""

    def claim(self, limit: int) -> Sequence[Claim]:
        """Take some that are due; another process gets them only if this one does not settle them in a minute."""

    def postpone(self, mail_id: UUID, seconds: float) -> None:
        """Give one back, to be tried after `seconds`."""

    def settle(self, notification_ids: Collection[UUID]) -> None:
        """Forget the attempts of notifications that are sent or failed."""

    def holds(self, mail_id: UUID) -> bool:
        """Tell whether an e-mail is among those that wait or are on their way."""


class Register(Protocol):
    """Which notifications exist."""

    def known(self, notification_ids: Collection[UUID]) -> set[UUID]:
        """Return those that were queued before."""

    def waiting_for(self, person_id: UUID) -> Sequence[UUID]:
        """Return the e-mails to a person that are neither sent nor failed."""

    def told_by(self, mail_id: UUID) -> Sequence[UUID]:
        """Return the notifications that an e-mail which was sent tells."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline, and the reminder that is to leave now, in days from it."""

    deadline_id: UUID
    days: int


class Deadlines(Protocol):
    """Which deadlines there are, and when offices remind."""

    def noted(self, deadline_id: UUID) -> bool:
        """Tell whether a deadline is known."""

    def due(self, today: date, limit: int) -> Sequence[Due]:
        """Return reminders whose day has come and that were not dealt with; of several of one deadline the latest.

        A day that was past when the documents were asked for is none; nor is there any for somebody erased.
        """

    def days_of(self, office_id: UUID) -> Sequence[int]:
        """Return when an office reminds, in days from the due date."""
