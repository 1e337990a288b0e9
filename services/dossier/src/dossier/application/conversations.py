"""Clients and the office write to each other about a dossier."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.refusal import NotFound
from eventstore import Missing, Store, retried

from dossier.application.access import Access, person
from dossier.application.ports import Written
from dossier.domain.conversation import Conversation, Purpose, Side
from dossier.domain.dossier import Dossier
from dossier.domain.refusals import TooManyMessages

PER_HOUR = {Side.CLIENT: 30, Side.OFFICE: 300}
"""Messages that one person may write within an hour; somebody of an office writes to many clients."""
WAIT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote."""

    text: str
    subject: str | None = None
    purpose: Purpose = Purpose.OTHER


class Conversations:
    """The use cases of messages; each client of a dossier has a conversation of their own with the office."""

    def __init__(self, store: Store, access: Access, written: Written) -> None:
        self._store = store
        self._access = access
        self._written = written

    @retried
    def write_to_office(self, actor: Actor, dossier_id: UUID, words: Words) -> Any:
        """Let a client write to the office (S-21, S-22); return the id of the message."""
        dossier = self._access.as_client(actor, dossier_id)
        dossier.refuse_if_archived()
        return self._post(actor, dossier, person(actor), Side.CLIENT, words)

    @retried
    def write_to_client(self, actor: Actor, dossier_id: UUID, client_id: UUID, words: Words) -> Any:
        """Let somebody of the office write to a client of the dossier; return the id of the message."""
        dossier = self._access.to_change(actor, dossier_id)
        if client_id not in dossier.client_ids:
            raise NotFound
        return self._post(actor, dossier, client_id, Side.OFFICE, words)

    @retried
    def read_by_office(self, actor: Actor, dossier_id: UUID, client_id: UUID, until: UUID) -> None:
        """Record that somebody who works on the dossier saw a client's messages up to one."""
        self._access.to_change(actor, dossier_id)
        self._read(actor, dossier_id, client_id, Side.OFFICE, until)

    @retried
    def read_by_client(self, actor: Actor, dossier_id: UUID, until: UUID) -> None:
        """Record that the client saw the office's messages up to one."""
        self._access.as_client(actor, dossier_id)
        self._read(actor, dossier_id, person(actor), Side.CLIENT, until)

    def about_a_batch(self, actor: Actor, dossier: Dossier, client_id: UUID, batch_id: UUID, text: str) -> Conversation:
        """Return the conversation with what the office says beside documents it asks for, to be saved with them."""
        conversation = self._conversation(dossier, client_id)
        conversation.post(uuid4(), Side.OFFICE, person(actor), text=text, batch_id=batch_id)
        return conversation

    def _post(self, actor: Actor, dossier: Dossier, client_id: UUID, side: Side, words: Words) -> Any:
        if self._written.of_the_last_hour(person(actor)) >= PER_HOUR[side]:
            raise TooManyMessages(retry_after=WAIT_SECONDS)
        conversation, message_id = self._conversation(dossier, client_id), uuid4()
        conversation.post(
            message_id, side, person(actor), text=words.text, subject=words.subject, purpose=words.purpose
        )
        return self._store.save(conversation, actor=actor, outcome={"id": str(message_id)})

    def _conversation(self, dossier: Dossier, client_id: UUID) -> Conversation:
        try:
            return self._store.get(Conversation, Conversation.create_id(dossier.id, client_id))
        except Missing:
            return Conversation(dossier_id=dossier.id, office_id=dossier.office_id, client_id=client_id)

    def _read(self, actor: Actor, dossier_id: UUID, client_id: UUID, side: Side, until: UUID) -> None:
        try:
            conversation = self._store.get(Conversation, Conversation.create_id(dossier_id, client_id))
        except Missing:
            raise NotFound from None
        conversation.read(side, person(actor), until)
        self._store.save(conversation, actor=actor)
