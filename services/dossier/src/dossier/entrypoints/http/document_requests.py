"""Documents asked for, and the decisions on them, for the staff of an office."""

from uuid import UUID

from chassis.http import CurrentActor, CurrentStaff, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter

from dossier.application.document_requests import Asking
from dossier.domain.refusals import (
    AlreadyAsked,
    DossierArchivedAlready,
    DueDatePast,
    MessageEmpty,
    NothingAsked,
    NothingToDecide,
    NotValidated,
    ReasonMissing,
    RequestClosed,
    UnknownDocumentType,
    Withdrawn,
)
from dossier.entrypoints.http import answers, shapes, views
from dossier.entrypoints.http.uses import Using

router = APIRouter(tags=["documents"], responses=problems(NotAllowed, NotFound))


@router.post(
    "/dossiers/{dossier_id}/clients/{client_id}/requests",
    status_code=201,
    responses=problems(
        DossierArchivedAlready, AlreadyAsked, UnknownDocumentType, NothingAsked, DueDatePast, MessageEmpty
    ),
)
def ask(dossier_id: UUID, client_id: UUID, asking: shapes.Asking, actor: CurrentStaff, using: Using) -> answers.Asked:
    """Ask a client for documents, from the preset list or in words, at any time (L-39 to L-44)."""
    return answers.Asked(**using.requests.ask(actor, dossier_id, client_id, Asking(**asking.model_dump())))


@router.get("/dossiers/{dossier_id}/requests")
def list_requests(
    dossier_id: UUID, actor: CurrentStaff, using: Using, client_id: UUID | None = None
) -> answers.RequestList:
    """List the documents of a dossier with all their versions, oldest first (L-37, L-67)."""
    using.access.to_read(actor, dossier_id)
    return answers.RequestList(items=views.requests(using, dossier_id, client_id))


@router.post(
    "/requests/{request_id}/versions/{version_id}/validation",
    status_code=204,
    responses=problems(NothingToDecide, RequestClosed, DossierArchivedAlready),
)
def validate(request_id: UUID, version_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Accept the version; when it was the last, the dossier is complete (L-62, L-63, L-68)."""
    using.requests.validate(actor, request_id, version_id)


@router.post(
    "/requests/{request_id}/versions/{version_id}/refusal",
    status_code=204,
    responses=problems(NothingToDecide, ReasonMissing, RequestClosed, DossierArchivedAlready),
)
def refuse(
    request_id: UUID, version_id: UUID, refusal: shapes.RefusalReason, actor: CurrentStaff, using: Using
) -> None:
    """Refuse the version; the client reads the reason and may deposit again (L-65, L-66)."""
    using.requests.refuse(actor, request_id, version_id, refusal.reason)


@router.put(
    "/requests/{request_id}/due-date",
    status_code=204,
    responses=problems(RequestClosed, DossierArchivedAlready, DueDatePast),
)
def expect_by(request_id: UUID, day: shapes.DueDate, actor: CurrentStaff, using: Using) -> None:
    """Change the day the document is expected by; reminders follow the new one (C-04)."""
    using.requests.expect_by(actor, request_id, day.due_on)


@router.post(
    "/requests/{request_id}/cancellation", status_code=204, responses=problems(RequestClosed, DossierArchivedAlready)
)
def cancel(request_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Ask for the document no longer."""
    using.requests.cancel(actor, request_id)


@router.post("/requests/{request_id}/versions/{version_id}/views", status_code=201, responses=problems(Withdrawn))
def view(request_id: UUID, version_id: UUID, actor: CurrentStaff, using: Using) -> answers.Look:
    """Get a ticket to look at the version in the viewer (L-62)."""
    return answers.Look.model_validate(using.deposits.view(actor, request_id, version_id))


@router.post(
    "/requests/{request_id}/versions/{version_id}/downloads", status_code=201, responses=problems(NotValidated)
)
def download(request_id: UUID, version_id: UUID, actor: CurrentActor, using: Using) -> answers.Look:
    """Get a ticket to keep a copy of a validated version; its client may too (L-64)."""
    return answers.Look.model_validate(using.deposits.download(actor, request_id, version_id))
