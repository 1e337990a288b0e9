"""What messaging tells the others: who was told what, by which channel, and whether it arrived."""

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


class NotificationSent(Published):
    """The message was handed over to the mail server of the person, or shown in the application."""

    TOPIC: ClassVar[str] = "messaging.notification-sent"


class NotificationFailed(Published):
    """The message could not be delivered."""

    TOPIC: ClassVar[str] = "messaging.notification-failed"
    cause: str
    """A code: address-refused, message-refused, unreachable, erased."""


class NotificationRead(Published):
    """The person read it in the application."""

    TOPIC: ClassVar[str] = "messaging.notification-read"


class PersonKeysDestroyed(KeysDestroyed):
    """Messaging destroyed its key of an erased person, and what waited to be sent to them."""

    TOPIC: ClassVar[str] = "messaging.person-keys-destroyed"


EVENTS: tuple[type[Published], ...] = (
    NotificationQueued,
    NotificationSent,
    NotificationFailed,
    NotificationRead,
    PersonKeysDestroyed,
)
