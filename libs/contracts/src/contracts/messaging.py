"""What messaging tells the others: who was told what, by which channel, and whether it arrived."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from contracts.erasure import KeysDestroyed
from contracts.published import Published


class NotificationQueued(Published):
    """A person is to be told something."""

    TOPIC: ClassVar[str] = "messaging.notification-queued"
    person_id: UUID
    office_id: UUID | None = None
    dossier_id: UUID | None = None
    channel: str
    """email or in-app."""
    template: str
    """Name of the text."""
    cause_event: str
    """Id of the envelope that caused it."""
    letter_id: UUID | None = None
    due_on: date | None = None
    """The day of which a client is reminded."""


class NotificationSent(Published):
    """The message was handed over to the mail server, or shown in the application."""

    TOPIC: ClassVar[str] = "messaging.notification-sent"


class NotificationFailed(Published):
    """The message could not be delivered."""

    TOPIC: ClassVar[str] = "messaging.notification-failed"
    cause: str
    """A code: address-refused, message-refused, unreachable, erased, or settled when nothing was left to tell."""


class NotificationDelivered(Published):
    """The mail server of the person reported that the message is in the mailbox."""

    TOPIC: ClassVar[str] = "messaging.notification-delivered"


class NotificationBounced(Published):
    """A message that the mail server had taken came back."""

    TOPIC: ClassVar[str] = "messaging.notification-bounced"
    status: str
    """The status code of RFC 3463, such as 5.1.1."""


class NotificationRead(Published):
    """The person read it in the application."""

    TOPIC: ClassVar[str] = "messaging.notification-read"


class DeadlineNoted(Published):
    """A client is to send documents of a dossier by a day; reminders are planned around it."""

    TOPIC: ClassVar[str] = "messaging.deadline-noted"
    dossier_id: UUID
    office_id: UUID
    client_id: UUID
    due_on: date


class DeadlineReached(Published):
    """The day of a reminder has come."""

    TOPIC: ClassVar[str] = "messaging.deadline-reached"
    dossier_id: UUID
    office_id: UUID
    client_id: UUID
    days: int
    """From the due date; negative before it."""
    outcome: str
    """reminded, or nothing-left when all was sent or called off."""


class RemindersChosen(Published):
    """An office chose when its clients are reminded."""

    TOPIC: ClassVar[str] = "messaging.reminders-chosen"
    office_id: UUID
    actor_id: UUID
    days: tuple[int, ...]
    """From the due date, earliest first; none for no reminder."""


class PersonKeysDestroyed(KeysDestroyed):
    """Messaging destroyed its key of an erased person, and what waited to be sent to them."""

    TOPIC: ClassVar[str] = "messaging.person-keys-destroyed"


EVENTS: tuple[type[Published], ...] = (
    NotificationQueued,
    NotificationSent,
    NotificationFailed,
    NotificationDelivered,
    NotificationBounced,
    NotificationRead,
    DeadlineNoted,
    DeadlineReached,
    RemindersChosen,
    PersonKeysDestroyed,
)
