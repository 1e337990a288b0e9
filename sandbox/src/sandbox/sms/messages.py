"""The text messages that were accepted, and what the network is told to do with the next ones."""

import uuid
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Number = str  # E.164, such as +33612345678


class NewMessage(BaseModel):
    """What a customer of the provider asks to send; `reference` is its own name for the message."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(pattern=r"^\+[1-9][0-9]{7,14}$", examples=["+33612340464"])
    text: str = Field(min_length=1, max_length=918)
    reference: str = Field(min_length=1, max_length=100)


class Message(NewMessage):
    """An accepted message."""

    id: str
    state: Literal["delivered", "accepted"]
    at: datetime


class Faults(BaseModel):
    """Numbers that the network refuses, and numbers whose messages are accepted and never arrive."""

    model_config = ConfigDict(extra="forbid")

    refuse: set[Number] = set()
    lose: set[Number] = set()
    down: bool = False


class NumberRefused(Exception):
    """The network does not serve this number."""


class ReferenceReused(Exception):
    """The reference already names another message."""


class Messages:
    """Every message of this run, oldest first, idempotent by reference."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._by_reference: dict[str, Message] = {}

    def accept(self, new: NewMessage) -> tuple[Message, bool]:
        """Accept a message and say whether it is new.

        Raises:
            NumberRefused: the fault switch names this number.
            ReferenceReused: the reference was used for another number or text.

        """
        known = self._by_reference.get(new.reference)
        if known is not None:
            if (known.to, known.text) != (new.to, new.text):
                raise ReferenceReused
            return known, False
        if new.to in self.faults.refuse:
            raise NumberRefused
        message = Message(
            **new.model_dump(),
            id=str(uuid.uuid4()),
            state="accepted" if new.to in self.faults.lose else "delivered",
            at=datetime.now(UTC),
        )
        self._by_reference[new.reference] = message
        return message, True

    def find(self, message_id: str) -> Message | None:
        """Return the message with this id."""
        return next((message for message in self._by_reference.values() if message.id == message_id), None)

    def arrived(self, to: str | None) -> list[Message]:
        """Return what a phone (or every phone) has received, oldest first; lost messages are not there."""
        return [
            message
            for message in self._by_reference.values()
            if message.state == "delivered" and to in (None, message.to)
        ]

    def forget(self) -> None:
        """Forget every message and every fault."""
        self._by_reference.clear()
        self.faults = Faults()
