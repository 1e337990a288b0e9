"""What the API of conversations takes and gives, with examples."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.http import Input, Line, Output, Page, example
from pydantic import Field

from dossier.application.ports import Person
from dossier.domain.conversation import Purpose
from dossier.entrypoints.http import examples
from dossier.entrypoints.http.answers import PersonView
from dossier.readmodel.messages import ConversationRow, MessageRow

MESSAGE: examples.Members = {
    "id": "4d0ed1b4-9f0c-4a46-8a5e-3f5b0a4b7c21",
    "side": "client",
    "author": examples.PERSON | {"id": examples.DOSSIER_CLIENT["id"], "first_name": "Jean", "last_name": "Durand"},
    "purpose": "appointment",
    "batch_id": None,
    "subject": "Signature du bail",
    "text": "Pourrions-nous nous voir jeudi ou vendredi ?",
    "posted_at": "2026-03-02T09:30:00Z",
    "read_at": "2026-03-02T10:05:00Z",
}
CONVERSATION: examples.Members = {
    "client": MESSAGE["author"],
    "messages": 3,
    "unread": 1,
    "last_at": "2026-03-02T09:30:00Z",
    "last_side": "client",
}
Side = Literal["client", "office"]
Text = Annotated[str, Field(min_length=1, max_length=4000, examples=[MESSAGE["text"]])]
Subject = Annotated[Line, Field(min_length=1, max_length=150, examples=[MESSAGE["subject"]])]


class NewMessage(Input):
    """The form "Contacter l'interlocuteur" (S-21)."""

    subject: Subject
    text: Text
    purpose: Purpose = Purpose.OTHER


class NewAnswer(Input):
    """What the office writes to a client."""

    subject: Subject | None = None
    text: Text


class Seen(Input):
    """The last message that was seen."""

    until: Annotated[UUID, Field(examples=[MESSAGE["id"]])]


class MessageView(Output):
    """One message; its words are null once the client was erased. `batch_id`: what was asked for with it."""

    model_config = example(MESSAGE)

    id: UUID
    side: Side
    author: PersonView
    purpose: Purpose
    batch_id: UUID | None
    subject: str | None
    text: str | None
    posted_at: datetime
    read_at: datetime | None
    """When somebody of the other side first saw it."""

    @classmethod
    def of(cls, row: MessageRow, author: Person | None) -> "MessageView":
        """Return what is shown of a message."""
        return cls.model_validate(asdict(row) | {"author": PersonView.of(row.author_id, author)})


class MessagePage(Page[MessageView]):
    """Messages, newest first; `next` opens the following page and is null on the last."""

    model_config = example({"items": [MESSAGE], "next": None})


class ConversationLine(Output):
    """How a client's conversation stands; `unread` messages of theirs nobody of the office has read."""

    model_config = example(CONVERSATION)

    client: PersonView
    messages: int = 0
    unread: int = 0
    last_at: datetime | None = None
    last_side: Side | None = None


class ConversationList(Output):
    """The clients of a dossier, in the order they were added."""

    model_config = example({"items": [CONVERSATION]})

    items: list[ConversationLine]


def standing(row: ConversationRow) -> dict[str, Any]:
    """Return the members of a line beside the client."""
    found = asdict(row)
    del found["client_id"]
    return found
