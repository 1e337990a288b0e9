"""Dossiers, for the staff of an office."""

from typing import Annotated, Literal
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentPaging, CurrentStaff, IfMatch, PreconditionMissing, etag, problems
from chassis.refusal import NotAllowed, NotFound, Stale
from fastapi import APIRouter, Query, Response

from dossier.application.access import office_of, person
from dossier.domain.completion import completion
from dossier.domain.refusals import (
    ClientAlreadyAdded,
    DeedTypeNotOffered,
    DossierArchivedAlready,
    NumberTaken,
    UnknownClient,
    UnknownDeedType,
    UnknownMember,
)
from dossier.entrypoints.http import answers, shapes, views
from dossier.entrypoints.http.uses import Using
from dossier.readmodel.queries import Sought, Window

router = APIRouter(tags=["dossiers"], responses=problems(NotAllowed))


@router.post(
    "/dossiers",
    status_code=201,
    responses=problems(NumberTaken, UnknownDeedType, DeedTypeNotOffered, UnknownMember, Unavailable),
)
def open_dossier(new: shapes.NewDossier, actor: CurrentStaff, using: Using) -> answers.Created:
    """Open a dossier (L-25 to L-27)."""
    facts = new.model_dump(include={"number", "title", "deed_type", "note"})
    return answers.Created(**using.dossiers.open(actor, access=(new.whole_office, new.member_ids), **facts))


@router.get("/dossiers")
def list_dossiers(
    actor: CurrentStaff,
    using: Using,
    paging: CurrentPaging,
    q: Annotated[str, Query(max_length=200, description="In number or title.")] = "",
    state: Literal["open", "archived", "all"] = "open",
) -> answers.DossierPage:
    """List the dossiers open to the caller, newest first; archived ones apart (L-60, L-61, L-69)."""
    sought, window = Sought(state, q.strip()), Window(paging.limit + 1, paging.after)
    rows = using.queries.of_member(office_of(actor), person(actor), sought, window)
    shown = rows[: paging.limit]
    standings = using.queries.standings_of(row.id for row in shown)
    lines = [answers.DossierLine(**views.line(row, standings[row.id])) for row in shown]
    return answers.DossierPage(items=lines, next=views.cursor(paging, rows))


@router.get("/dossiers/{dossier_id}", responses=problems(NotFound, Unavailable))
def show_dossier(dossier_id: UUID, actor: CurrentStaff, using: Using, response: Response) -> answers.DossierView:
    """Show a dossier with its clients and their completion (L-29, L-31, L-32, L-37)."""
    using.access.to_read(actor, dossier_id)
    row = using.queries.dossier(dossier_id)
    if row is None:
        raise NotFound
    response.headers["ETag"] = etag(row.version)
    clients = using.queries.clients(dossier_id)
    standings = using.queries.standings(dossier_id)
    members = sorted({row.opened_by, *row.member_ids})
    persons = using.directory.persons({*clients, *members})
    return answers.DossierView(
        **views.line(row, standings),
        note=row.note,
        whole_office=row.whole_office,
        members=[answers.PersonView.of(member, persons.get(member)) for member in members],
        opened_by=row.opened_by,
        completed_at=row.completed_at,
        archived_at=row.archived_at,
        clients=[
            answers.DossierClient(
                **answers.PersonView.of(client, persons.get(client)).model_dump(),
                completion=answers.Progress.of(
                    completion(s.state for s in standings if s.requested and s.client_id == client)
                ),
            )
            for client in clients
        ],
    )


@router.patch(
    "/dossiers/{dossier_id}",
    status_code=204,
    responses=problems(
        NotFound, NumberTaken, DossierArchivedAlready, Stale, PreconditionMissing, UnknownDeedType, DeedTypeNotOffered
    ),
)
def change_dossier(  # noqa: PLR0913 - what the request is made of
    *,
    dossier_id: UUID,
    change: shapes.DossierChange,
    version: IfMatch,
    actor: CurrentStaff,
    using: Using,
    response: Response,
) -> None:
    """Change number, title, deed type or note of the version that was read (L-45)."""
    changes = change.model_dump(include=change.model_fields_set)
    response.headers["ETag"] = etag(using.dossiers.edit(actor, dossier_id, version, changes))


@router.put(
    "/dossiers/{dossier_id}/access",
    status_code=204,
    responses=problems(NotFound, DossierArchivedAlready, UnknownMember, Unavailable),
)
def change_access(dossier_id: UUID, access: shapes.NewAccess, actor: CurrentStaff, using: Using) -> None:
    """Open the dossier to the whole office or to chosen members (L-27, L-30)."""
    using.dossiers.change_access(actor, dossier_id, whole_office=access.whole_office, member_ids=access.member_ids)


@router.post(
    "/dossiers/{dossier_id}/clients",
    status_code=204,
    responses=problems(NotFound, DossierArchivedAlready, ClientAlreadyAdded, UnknownClient, Unavailable),
)
def add_client(dossier_id: UUID, client: shapes.NewClient, actor: CurrentStaff, using: Using) -> None:
    """Let a client of the office take part (L-34, L-37)."""
    using.dossiers.add_client(actor, dossier_id, client.client_id)


@router.post("/dossiers/{dossier_id}/archiving", status_code=204, responses=problems(NotFound, DossierArchivedAlready))
def archive(dossier_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Put the dossier away; nothing in it changes any more (L-69)."""
    using.dossiers.archive(actor, dossier_id)
