"""What a client sees and sends."""

from typing import Any
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentClient, CurrentPaging, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter

from dossier.application.access import person
from dossier.application.deposits import Declared, Pass
from dossier.application.ports import Standing
from dossier.domain.refusals import AlreadyAsked, DecidedAlready, DossierArchivedAlready, EmptyFile, RequestClosed
from dossier.entrypoints.http import answers, shapes, views
from dossier.entrypoints.http.uses import Using
from dossier.readmodel.queries import DossierRow, Window

router = APIRouter(tags=["my dossiers"], responses=problems(NotAllowed))


@router.get("/my/dossiers")
def list_mine(actor: CurrentClient, using: Using, paging: CurrentPaging) -> answers.MyDossierPage:
    """List the dossiers in which the caller takes part, newest first."""
    me = person(actor)
    rows = using.queries.of_client(me, Window(paging.limit + 1, paging.after))
    shown = rows[: paging.limit]
    standings = using.queries.standings_of(row.id for row in shown)
    unread = using.messages.unread_by_client(me, [row.id for row in shown])
    lines = [answers.MyDossierLine(**_mine(row, standings[row.id], me), unread=unread.get(row.id, 0)) for row in shown]
    return answers.MyDossierPage(items=lines, next=views.cursor(paging, rows))


@router.get("/my/dossiers/{dossier_id}", responses=problems(NotFound, Unavailable))
def show_mine(dossier_id: UUID, actor: CurrentClient, using: Using) -> answers.MyDossier:
    """Show the documents asked of the caller, what they sent, and why something was refused (L-53 to L-59, L-67)."""
    using.access.as_client(actor, dossier_id)
    row = using.queries.dossier(dossier_id)
    if row is None:
        raise NotFound
    me, helps = person(actor), using.office_settings.helps(row.office_id, row.deed_type)
    requests = views.requests(using, dossier_id, me)
    for one in requests:
        one.help = helps.get(one.document_type or "")
    return answers.MyDossier(
        **_mine(row, using.queries.standings(dossier_id), me),
        unread=using.messages.unread_by_client(me, [dossier_id]).get(dossier_id, 0),
        office=answers.OfficeView.model_validate(using.directory.office(row.office_id)),
        bank_details=views.bank_details(using.bank_account_rows.handed(dossier_id).get(me)),
        requests=requests,
    )


@router.post(
    "/requests/{request_id}/deposits",
    status_code=201,
    responses=problems(NotFound, RequestClosed, DossierArchivedAlready, EmptyFile),
)
def deposit(request_id: UUID, new: shapes.NewDeposit, actor: CurrentClient, using: Using) -> answers.Deposit:
    """Get a ticket to send one file for a document asked for; several files may answer one request (L-53 to L-58)."""
    return _deposit(using.deposits.deposit(actor, request_id, Declared(new.name, new.size, new.sha256)))


@router.post(
    "/dossiers/{dossier_id}/deposits",
    status_code=201,
    responses=problems(NotFound, DossierArchivedAlready, EmptyFile),
)
def offer(dossier_id: UUID, new: shapes.NewOffer, actor: CurrentClient, using: Using) -> answers.Deposit:
    """Get a ticket to send a document nobody asked for (L-59)."""
    declared = Declared(new.name, new.size, new.sha256)
    return _deposit(using.deposits.offer(actor, dossier_id, new.label, declared))


@router.post(
    "/requests/{request_id}/versions/{version_id}/withdrawal",
    status_code=204,
    responses=problems(NotFound, DecidedAlready, RequestClosed, AlreadyAsked, DossierArchivedAlready),
)
def withdraw(request_id: UUID, version_id: UUID, actor: CurrentClient, using: Using) -> None:
    """Take a file back before the office decides on it; its bytes are destroyed."""
    using.requests.withdraw(actor, request_id, version_id)


def _deposit(given: Pass) -> answers.Deposit:
    return answers.Deposit(
        request_id=given.request_id,
        version_id=given.version_id,
        upload_url=given.url,
        resumable_url=f"{given.url.removesuffix('/content')}/upload",
        ticket=given.ticket,
    )


def _mine(row: DossierRow, standings: list[Standing], me: UUID) -> dict[str, Any]:
    """Keep what is the client's own: no waiting documents, no note, the completion of their requests."""
    line = views.line(row, [standing for standing in standings if standing.client_id == me])
    return {name: line[name] for name in ("id", "number", "title", "state", "completion")}
