"""A notification: that one person is told one thing, by one channel."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event


class Channel(StrEnum):
    """How the person is told."""

    EMAIL = "email"
    IN_APP = "in-app"


class Template(StrEnum):
    """What the person is told; the words are in the template of that name."""

    EMAIL_CONFIRMATION = "email-confirmation"
    MEMBERSHIP_PENDING = "membership-pending"
    MEMBERSHIP_APPROVED = "membership-approved"
    INVITATION = "invitation"
    ACCESS_LINK = "access-link"
    DOCUMENTS_REQUESTED = "documents-requested"
    DOCUMENT_DEPOSITED = "document-deposited"
    DOCUMENT_REFUSED = "document-refused"
    DOCUMENT_VALIDATED = "document-validated"
    DOSSIER_COMPLETED = "dossier-completed"
    MESSAGE_RECEIVED = "message-received"
    """The other side of a conversation wrote; `about_id` is the client, when an office is told."""
    REMINDER = "reminder"
    REMINDER_OVERDUE = "reminder-overdue"
    DEADLINE_PASSED = "deadline-passed"
    LETTER_ACKNOWLEDGED = "letter-acknowledged"
    LETTER_REFUSED = "letter-refused"
    LETTER_NOT_CLAIMED = "letter-not-claimed"
    LETTER_BOUNCED = "letter-bounced"
    LETTER_CHANGE_REQUESTED = "letter-change-requested"
    DIGEST = "digest"
    """Several of those in GATHERED in one e-mail; never the template of a notification itself."""
    LETTERS_ENDED = "letters-ended"
    """How the letters of a batch stand; the e-mail that goes with the notices above."""
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a template
    AUTHENTICATOR_ON = "authenticator-on"
    AUTHENTICATOR_OFF = "authenticator-off"
    AUTHENTICATOR_OFF_BY_OFFICE = "authenticator-off-by-office"


GATHERED = frozenset(
    {
        Template.DOCUMENTS_REQUESTED,
        Template.DOCUMENT_DEPOSITED,
        Template.DOCUMENT_VALIDATED,
        Template.MESSAGE_RECEIVED,
        Template.DEADLINE_PASSED,
    }
)
"""What is told in one e-mail with whatever else of this kind the same person is to be told (S-18).

A refusal is not among them: it has its own words and its own link (L-66).
"""


class State(StrEnum):
    """Where a notification stands; one in the application is there as soon as it is queued."""

    QUEUED = "queued"
    SENT = "sent"
    """The mail server took it."""
    FAILED = "failed"
    """It did not, or there was nothing to send."""
    DELIVERED = "delivered"
    """It was sent, and reported to be in the mailbox."""
    BOUNCED = "bounced"
    """It was sent, and reported to have come back."""


CAME_TO_NOTHING = frozenset({State.FAILED, State.BOUNCED})
"""What may be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What to tell whom: ids only, names and addresses are asked for when the message is written."""

    person_id: UUID
    channel: Channel
    template: Template
    office_id: UUID | None = None
    dossier_id: UUID | None = None
    request_id: UUID | None = None
    version_id: UUID | None = None
    batch_id: UUID | None = None
    about_id: UUID | None = None
    """The person it is about, where that is not the reader."""
    letter_id: UUID | None = None
    due_on: str | None = None
    """The day, YYYY-MM-DD, by which documents are expected."""
    at: str | None = None
    """The instant, RFC 3339, of what a security message is about."""


class Notification(Aggregate):
    """Queued once, then sent or failed, and perhaps reported delivered or bounced; read once in the application."""

    TOPIC = "messaging.notification"

    class Created(AggregateCreated):
        """The person is to be told."""

        TOPIC = "messaging.notification-queued"
        class_version = 4
        person_id: UUID
        channel: str
        template: str
        cause_event: str
        office_id: UUID | None
        dossier_id: UUID | None
        request_id: UUID | None
        version_id: UUID | None
        batch_id: UUID | None
        about_id: UUID | None
        letter_id: UUID | None
        due_on: str | None
        at: str | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Nobody was told about letters before."""
            state["letter_id"] = None

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            """Nobody was reminded of anything before."""
            state["due_on"] = None

        @staticmethod
        def upcast_v3_v4(state: dict[str, Any]) -> None:
            """Nobody was told of a changed password before."""
            state["at"] = None

    class Sent(AggregateEvent):
        """The mail server took the message; reports name it by `mail_id`, as it may tell several notifications."""

        TOPIC = "messaging.notification-sent"
        class_version = 2
        mail_id: UUID | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """No report was asked for before."""
            state["mail_id"] = None

    class Delivered(AggregateEvent):
        """A mail server reported that the message is in the mailbox."""

        TOPIC = "messaging.notification-delivered"

    class Bounced(AggregateEvent):
        """A mail server reported that the message, which another had taken, came back."""

        TOPIC = "messaging.notification-bounced"
        status: str

    class Failed(AggregateEvent):
        """The message cannot be delivered."""

        TOPIC = "messaging.notification-failed"
        cause: str

    class Read(AggregateEvent):
        """The person saw it in the application."""

        TOPIC = "messaging.notification-read"

    @event(Created)
    def __init__(  # noqa: PLR0913 - the facts of the event
        self,
        *,
        person_id: UUID,
        channel: str,
        template: str,
        cause_event: str,
        office_id: UUID | None,
        dossier_id: UUID | None,
        request_id: UUID | None,
        version_id: UUID | None,
        batch_id: UUID | None,
        about_id: UUID | None,
        letter_id: UUID | None,
        due_on: str | None,
        at: str | None,
    ) -> None:
        self.notice = Notice(
            person_id=person_id,
            channel=Channel(channel),
            template=Template(template),
            office_id=office_id,
            dossier_id=dossier_id,
            request_id=request_id,
            version_id=version_id,
            batch_id=batch_id,
            about_id=about_id,
            letter_id=letter_id,
            due_on=due_on,
            at=at,
        )
        self.cause_event = cause_event
        self.state = State.QUEUED
        self.is_read = False

    @classmethod
    def queue(cls, notification_id: UUID, notice: Notice, cause_event: str) -> Self:
        """Return the notification that tells this; `cause_event` is the id of the event that caused it."""
        facts = asdict(notice) | {"channel": notice.channel.value, "template": notice.template.value}
        return cls._create(cls.Created, id=notification_id, cause_event=cause_event, **facts)

    def sent(self, mail_id: UUID) -> None:
        """Record that the message was handed over."""
        if self.state is State.QUEUED:
            self._sent(mail_id)

    @event(Sent)
    def _sent(self, mail_id: UUID | None) -> None:
        self.state = State.SENT
        self.mail_id = mail_id

    def delivered(self) -> None:
        """Record that the message is in the mailbox; the first report stands."""
        if self.state is State.SENT:
            self._delivered()

    @event(Delivered)
    def _delivered(self) -> None:
        self.state = State.DELIVERED

    def bounced(self, status: str) -> None:
        """Record that the message came back; `status` is a code of RFC 3463. The first report stands."""
        if self.state is State.SENT:
            self._bounced(status)

    @event(Bounced)
    def _bounced(self, status: str) -> None:
        self.state = State.BOUNCED
        self.status = status

    def fail(self, cause: str) -> None:
        """Record that the message cannot be delivered; `cause` is a code, never the words of a mail server."""
        if self.state is State.QUEUED:
            self._failed(cause)

    @event(Failed)
    def _failed(self, cause: str) -> None:
        self.state = State.FAILED
        self.cause = cause

    def read(self) -> None:
        """Record that the person has seen it in the application."""
        if not self.is_read:
            self._read()

    @event(Read)
    def _read(self) -> None:
        self.is_read = True
