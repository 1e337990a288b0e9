"""Rows as the API shows them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.http import Paging

from dossier.application.ports import Standing
from dossier.domain.completion import completion
from dossier.entrypoints.http.answers import BankDetailsView, Progress, RequestView
from dossier.entrypoints.http.uses import Uses
from dossier.readmodel.bank_accounts import AccountRow
from dossier.readmodel.queries import DossierRow


def line(row: DossierRow, standings: Sequence[Standing]) -> dict[str, Any]:
    """Return the members of a line of a list."""
    return {
        "id": row.id,
        "number": row.number,
        "title": row.title,
        "deed_type": row.deed_type,
        "state": "open" if row.archived_at is None else "archived",
        "opened_at": row.opened_at,
        "waiting": row.waiting,
        "unread": row.unread,
        "completion": Progress.of(completion(standing.state for standing in standings if standing.requested)),
    }


def requests(using: Uses, dossier_id: UUID, client_id: UUID | None) -> list[RequestView]:
    """Return the requests of a dossier, or those of one client in it, with what the vault knows of their files."""
    rows = using.queries.requests(dossier_id, client_id=client_id)
    files = using.files.described(version.id for row in rows for version in row.versions)
    return [RequestView.of(row, files) for row in rows]


def bank_details(row: AccountRow | None) -> BankDetailsView | None:
    """Return an account as it is shown."""
    return BankDetailsView.model_validate(row) if row else None


def cursor(paging: Paging, rows: Sequence[DossierRow]) -> str | None:
    """Return the cursor of the next page, given one row more than the page shows if there is one."""
    if len(rows) <= paging.limit:
        return None
    last = rows[paging.limit - 1]
    return paging.cursor([last.opened_at.isoformat(), str(last.id)])
