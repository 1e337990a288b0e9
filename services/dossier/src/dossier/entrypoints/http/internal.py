"""What other services of the platform may ask."""

from typing import Any
from uuid import UUID

from chassis.refusal import NotFound
from fastapi import APIRouter

from dossier.domain.completion import completion
from dossier.domain.document_request import State
from dossier.entrypoints.http.uses import Using

router = APIRouter()


@router.get("/dossiers/{dossier_id}/readers")
def readers(dossier_id: UUID, using: Using) -> dict[str, Any]:
    """Tell who may read a dossier, for those who show its journal or write to its people."""
    row = using.queries.dossier(dossier_id)
    if row is None:
        raise NotFound
    staff = using.directory.office(row.office_id).member_ids if row.whole_office else row.member_ids
    states = (standing.state for standing in using.queries.standings(dossier_id) if standing.requested)
    return {
        "office_id": row.office_id,
        "number": row.number,
        "title": row.title,
        "staff_ids": sorted({*staff, row.opened_by}),
        "client_ids": using.queries.clients(dossier_id),
        "complete": completion(states).complete,
    }


@router.get("/dossiers/{dossier_id}/clients/{client_id}/outstanding")
def outstanding(dossier_id: UUID, client_id: UUID, using: Using) -> dict[str, Any]:
    """Tell what a client has still to send, for letters about it; nothing once the dossier is archived."""
    row = using.queries.dossier(dossier_id)
    if row is None:
        raise NotFound
    requests = [] if row.archived_at else using.queries.requests(dossier_id, client_id=client_id)
    missing = [one for one in requests if one.requested and one.state in {State.ASKED, State.REFUSED}]
    return {"items": [{"label": one.label, "batch_id": one.batch_id, "due_on": one.due_on} for one in missing]}


@router.get("/clients/{client_id}/open-dossiers")
def open_dossiers(client_id: UUID, using: Using) -> dict[str, int]:
    """Count the open dossiers of a client, for identity: while there are any, the person is not erased."""
    return {"count": using.queries.open_with_client(client_id)}


@router.get("/requests/{request_id}")
def request(request_id: UUID, using: Using) -> dict[str, Any]:
    """Tell what a request is about, why versions were refused and which are closed, for letters about it."""
    row = using.queries.request(request_id)
    if row is None:
        raise NotFound
    refused = {str(version.id): version.reason for version in row.versions if version.state is State.REFUSED}
    return {
        "label": row.label,
        "client_id": row.client_id,
        "dossier_id": row.dossier_id,
        "refusals": refused,
        "closed": [version.id for version in row.versions if version.state is State.CLOSED],
    }
