"""Caught messages, parsed the way a reader's mail program would show them."""

import re
import uuid
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser

from pydantic import BaseModel, ConfigDict, Field

_LINK = re.compile(r"https?://[^\s<>\"]+")


class Message(BaseModel):
    """One message as one envelope delivered it."""

    id: str
    message_id: str | None = Field(description="the Message-ID header")
    sender: str = Field(description="the envelope's sender")
    recipients: list[str] = Field(description="the envelope's recipients")
    envelope_id: str | None = Field(default=None, description="what reports are to repeat (RFC 3461, ENVID)")
    notify: list[str] = Field(default=[], description="what is to be reported: success, failure, delay or never")
    sent_from: str = Field(serialization_alias="from")
    to: list[str]
    subject: str
    text: str
    html: str
    links: list[str] = Field(description="addresses in the text and in the HTML, in order, each once")
    headers: list[tuple[str, str]]
    at: datetime


class Faults(BaseModel):
    """Refuse the next `greylist` deliveries with 451, and these recipients for ever with 550."""

    model_config = ConfigDict(extra="forbid")

    greylist: int = Field(default=0, ge=0)
    refuse: set[str] = set()


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def parse(raw: bytes, sender: str, recipients: list[str]) -> Message:
    """Parse a message received by SMTP."""
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    text, html = _body(mail, "plain"), _body(mail, "html")
    anchors = _Anchors()
    anchors.feed(html)
    to = mail["to"]
    return Message(
        id=str(uuid.uuid4()),
        message_id=mail["message-id"],
        sender=sender,
        recipients=recipients,
        sent_from=str(mail["from"] or ""),
        to=[address.addr_spec for address in to.addresses] if to else [],
        subject=str(mail["subject"] or ""),
        text=text,
        html=html,
        links=list(dict.fromkeys([*_LINK.findall(text), *anchors.links])),
        headers=[(name, str(value)) for name, value in mail.items()],
        at=datetime.now(UTC),
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


class Mailbox:
    """Every message of this run, oldest first."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._messages: list[Message] = []

    def greylists(self) -> bool:
        """Say whether this delivery must be tried again later, and count it."""
        if not self.faults.greylist:
            return False
        self.faults.greylist -= 1
        return True

    def keep(self, message: Message) -> None:
        """Keep a message."""
        self._messages.append(message)

    def received(self, to: str | None) -> list[Message]:
        """Return what an address (or every address) has received; letter case does not count."""
        return [
            message
            for message in self._messages
            if to is None or to.casefold() in (recipient.casefold() for recipient in message.recipients)
        ]

    def find(self, message_id: str) -> Message | None:
        """Return the message with this id."""
        return next((message for message in self._messages if message.id == message_id), None)

    def forget(self) -> None:
        """Forget every message and every fault."""
        self._messages.clear()
        self.faults = Faults()
