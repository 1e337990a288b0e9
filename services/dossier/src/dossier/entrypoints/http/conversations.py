"""Messages between a client and the office, from both sides."""

from typing import Any
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentClient, CurrentPaging, CurrentStaff, Paging, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter

from dossier.application.access import person
from dossier.application.conversations import Words
from dossier.domain.refusals import DossierArchivedAlready, MessageEmpty, TooManyMessages
from dossier.entrypoints.http import answers, messages
from dossier.entrypoints.http.uses import Uses, Using
from dossier.readmodel.queries import Window

router = APIRouter(tags=["messages"], responses=problems(NotAllowed, NotFound))
_WRITING = problems(DossierArchivedAlready, MessageEmpty, TooManyMessages)


@router.get("/dossiers/{dossier_id}/conversations", responses=problems(Unavailable))
def list_conversations(dossier_id: UUID, actor: CurrentStaff, using: Using) -> messages.ConversationList:
    """List the clients of a dossier with how their conversation stands, in the order they were added."""
    using.access.to_read(actor, dossier_id)
    clients, found = using.queries.clients(dossier_id), using.messages.conversations(dossier_id)
    names = using.directory.persons(clients)
    lines = [
        messages.ConversationLine(
            client=answers.PersonView.of(client, names.get(client)),
            **({} if client not in found else messages.standing(found[client])),
        )
        for client in clients
    ]
    return messages.ConversationList(items=lines)


@router.get("/dossiers/{dossier_id}/conversations/{client_id}/messages", responses=problems(Unavailable))
def list_messages(
    dossier_id: UUID, client_id: UUID, actor: CurrentStaff, using: Using, paging: CurrentPaging
) -> messages.MessagePage:
    """List what a client and the office wrote to each other, newest first."""
    using.access.to_read(actor, dossier_id)
    return _page(using, dossier_id, client_id, paging)


@router.post("/dossiers/{dossier_id}/conversations/{client_id}/messages", status_code=201, responses=_WRITING)
def write_to_client(
    dossier_id: UUID, client_id: UUID, new: messages.NewAnswer, actor: CurrentStaff, using: Using
) -> answers.Created:
    """Write to a client of the dossier; they are told by e-mail that a message waits, without its words."""
    words = Words(new.text, new.subject)
    return answers.Created(**using.conversations.write_to_client(actor, dossier_id, client_id, words))


@router.post(
    "/dossiers/{dossier_id}/conversations/{client_id}/reading",
    status_code=204,
    responses=problems(DossierArchivedAlready),
)
def read_by_office(dossier_id: UUID, client_id: UUID, seen: messages.Seen, actor: CurrentStaff, using: Using) -> None:
    """Say that the office has seen a client's messages up to this one."""
    using.conversations.read_by_office(actor, dossier_id, client_id, seen.until)


@router.get("/my/dossiers/{dossier_id}/messages", responses=problems(Unavailable))
def list_mine(dossier_id: UUID, actor: CurrentClient, using: Using, paging: CurrentPaging) -> messages.MessagePage:
    """List what the caller and the office wrote to each other, newest first."""
    using.access.as_client(actor, dossier_id)
    return _page(using, dossier_id, person(actor), paging)


@router.post("/my/dossiers/{dossier_id}/messages", status_code=201, responses=_WRITING)
def write_to_office(dossier_id: UUID, new: messages.NewMessage, actor: CurrentClient, using: Using) -> answers.Created:
    """Write to the office about the dossier: to ask for an appointment, for information, or else (S-21, S-22)."""
    words = Words(new.text, new.subject, new.purpose)
    return answers.Created(**using.conversations.write_to_office(actor, dossier_id, words))


@router.post("/my/dossiers/{dossier_id}/messages/reading", status_code=204)
def read_by_client(dossier_id: UUID, seen: messages.Seen, actor: CurrentClient, using: Using) -> None:
    """Say that the caller has seen the office's messages up to this one."""
    using.conversations.read_by_client(actor, dossier_id, seen.until)


def _page(using: Uses, dossier_id: UUID, client_id: UUID, paging: Paging) -> messages.MessagePage:
    rows = using.messages.of_conversation(dossier_id, client_id, Window(paging.limit + 1, paging.after))
    shown, more = rows[: paging.limit], len(rows) > paging.limit
    names = using.directory.persons({row.author_id for row in shown})
    items: list[Any] = [messages.MessageView.of(row, names.get(row.author_id)) for row in shown]
    after = paging.cursor([shown[-1].posted_at.isoformat(), str(shown[-1].id)]) if more else None
    return messages.MessagePage(items=items, next=after)
