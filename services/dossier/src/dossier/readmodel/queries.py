"""Questions asked of the read model; a list is always that of one reader."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventstore import Store

from dossier.application.ports import Standing
from dossier.domain.document_request import State, state_seen
from dossier.domain.presets import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRow:
    """A dossier as lists and pages show it."""

    id: UUID
    office_id: UUID
    number: str
    title: str | None
    note: str | None
    deed_type: str
    whole_office: bool
    member_ids: list[UUID]
    opened_by: UUID
    opened_at: datetime
    archived_at: datetime | None
    completed_at: datetime | None
    version: int
    waiting: int
    """Documents that wait for a decision of the office (L-60, L-61)."""
    unread: int
    """Messages of clients that nobody of the office has read (S-21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One deposited file."""

    id: UUID
    state: State
    size: int
    media_type: str
    replaces: UUID | None
    deposited_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One document with its files, oldest first."""

    id: UUID
    dossier_id: UUID
    client_id: UUID
    document_type: str | None
    label: str | None
    requested: bool
    batch_id: UUID | None
    state: State
    requested_at: datetime
    due_on: date | None = None
    versions: list[VersionRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a member looks for: `open`, `archived` or `all` dossiers with this text in their number or title."""

    state: str = "open"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list: `limit` rows after the (opened_at, id) of the last one seen."""

    limit: int
    after: Sequence[Any] | None = None


DOSSIERS = """
    SELECT id, office_id, number, title, note, deed_type, whole_office, member_ids, opened_by, opened_at, archived_at,
           completed_at, version, (
        SELECT count(*) FROM read.document_version AS version
        JOIN read.document_request AS request ON request.id = version.request_id
        WHERE version.dossier_id = dossier.id AND version.state = 'deposited' AND request.state <> 'cancelled'
        AND dossier.archived_at IS NULL
    ) AS waiting, (
        SELECT count(*) FROM read.message AS message
        WHERE message.dossier_id = dossier.id AND message.side = 'client' AND message.read_at IS NULL
        AND dossier.archived_at IS NULL
    ) AS unread
    FROM read.dossier AS dossier
"""
REQUESTS = """
    SELECT id, dossier_id, client_id, document_type, label, batch_id IS NOT NULL AS requested, batch_id, state,
           requested_at, due_on
    FROM read.document_request
"""
VERSIONS = """
    SELECT version.id, request_id, version.state, size, media_type, replaces, deposited_at, decided_at, decided_by,
           reason, request.state AS request_state, archived_at IS NOT NULL AS archived
    FROM read.document_version AS version
    JOIN read.document_request AS request ON request.id = request_id
    JOIN read.dossier AS dossier ON dossier.id = version.dossier_id
    WHERE request_id = ANY (%(ids)s) ORDER BY deposited_at, version.id
"""


class Queries:
    """The questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_member(self, office_id: UUID, member_id: UUID, sought: Sought, window: Window) -> list[DossierRow]:
        """Return the dossiers open to a member of an office, newest first."""
        where = """
            WHERE office_id = %(office)s AND (whole_office OR opened_by = %(member)s OR %(member)s = ANY (member_ids))
            AND (%(state)s = 'all' OR (archived_at IS NOT NULL) = (%(state)s = 'archived'))
            AND (%(text)s = '' OR strpos(lower(number), lower(%(text)s)) > 0
                 OR strpos(lower(coalesce(title, '')), lower(%(text)s)) > 0)
        """
        parameters = {"office": office_id, "member": member_id, "state": sought.state, "text": sought.text}
        return self._page(where, parameters, window)

    def of_client(self, client_id: UUID, window: Window) -> list[DossierRow]:
        """Return the dossiers in which a client takes part, newest first."""
        where = "WHERE id IN (SELECT dossier_id FROM read.dossier_client WHERE client_id = %(client)s)"
        return self._page(where, {"client": client_id}, window)

    def dossier(self, dossier_id: UUID) -> DossierRow | None:
        """Return one dossier."""
        rows = self._all(DOSSIERS + "WHERE id = %(id)s", {"id": dossier_id})
        return DossierRow(**rows[0]) if rows else None

    def open_with_client(self, client_id: UUID) -> int:
        """Count the dossiers, neither complete nor archived, in which a client takes part."""
        query = """
            SELECT count(*) AS amount FROM read.dossier
            WHERE id IN (SELECT dossier_id FROM read.dossier_client WHERE client_id = %(client)s)
            AND completed_at IS NULL AND archived_at IS NULL
        """
        return int(self._all(query, {"client": client_id})[0]["amount"])

    def clients(self, dossier_id: UUID) -> list[UUID]:
        """Return the clients of a dossier, in the order they were added."""
        query = "SELECT client_id FROM read.dossier_client WHERE dossier_id = %(id)s ORDER BY added_at, client_id"
        return [row["client_id"] for row in self._all(query, {"id": dossier_id})]

    def requests(self, dossier_id: UUID, *, client_id: UUID | None = None) -> list[RequestRow]:
        """Return the requests of a dossier, oldest first; a document sent unasked shows once its file has come."""
        where = """
            WHERE dossier_id = %(dossier)s AND (%(client)s::uuid IS NULL OR client_id = %(client)s)
            AND (batch_id IS NOT NULL
                 OR EXISTS (SELECT FROM read.document_version WHERE request_id = document_request.id))
            ORDER BY requested_at, id
        """
        return self._with_versions(self._all(REQUESTS + where, {"dossier": dossier_id, "client": client_id}))

    def request(self, request_id: UUID) -> RequestRow | None:
        """Return one request."""
        rows = self._with_versions(self._all(REQUESTS + " WHERE id = %(id)s", {"id": request_id}))
        return rows[0] if rows else None

    def standings(self, dossier_id: UUID) -> list[Standing]:
        """Return where the requests of a dossier stand."""
        return self.standings_of([dossier_id])[dossier_id]

    def standings_of(self, dossier_ids: Iterable[UUID]) -> Mapping[UUID, list[Standing]]:
        """Return where the requests of several dossiers stand."""
        found: dict[UUID, list[Standing]] = defaultdict(list)
        for row in self._all(REQUESTS + " WHERE dossier_id = ANY (%(ids)s)", {"ids": list(dossier_ids)}):
            standing = Standing(row["id"], row["client_id"], row["requested"], State(row["state"]), row["label"])
            found[row["dossier_id"]].append(standing)
        return found

    def is_completed(self, dossier_id: UUID) -> bool:
        """Tell whether the dossier was recorded as complete since the last request."""
        row = self.dossier(dossier_id)
        return row is not None and row.completed_at is not None

    def chosen_deed_types(self, office_id: UUID) -> tuple[dict[str, Choice], set[str]]:
        """Return what the office chose for each deed type that it changed or added, and those that it withdrew."""
        query = """
            SELECT deed_type, documents, label, helps, withdrawn.id IS NOT NULL AS withdrawn
            FROM read.preset FULL JOIN read.withdrawn_deed_type AS withdrawn USING (office_id, deed_type)
            WHERE office_id = %(office)s
        """
        rows = self._all(query, {"office": office_id})
        chosen = {
            row["deed_type"]: Choice(tuple(row["documents"]), row["label"], tuple(row["helps"]))
            for row in rows
            if row["documents"] is not None
        }
        return chosen, {row["deed_type"] for row in rows if row["withdrawn"]}

    def chosen_reasons(self, office_id: UUID) -> list[str] | None:
        """Return the ready reasons of refusals that the office chose, None if it never did."""
        rows = self._all("SELECT reasons FROM read.refusal_reasons WHERE id = %(office)s", {"office": office_id})
        return rows[0]["reasons"] if rows else None

    def _page(self, where: str, parameters: Mapping[str, Any], window: Window) -> list[DossierRow]:
        keyset = " AND (opened_at, id) < (%(opened_at)s::timestamptz, %(id)s::uuid)" if window.after else ""
        opened_at, last_id = window.after or (None, None)
        query = f"{DOSSIERS} {where} {keyset} ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"
        rows = self._all(query, {**parameters, "opened_at": opened_at, "id": last_id, "limit": window.limit})
        return [DossierRow(**row) for row in rows]

    def _with_versions(self, rows: Sequence[dict[str, Any]]) -> list[RequestRow]:
        versions: dict[UUID, list[VersionRow]] = defaultdict(list)
        for row in self._all(VERSIONS, {"ids": [row["id"] for row in rows]}) if rows else ():
            request_id, request_state, archived = (
                row.pop(name) for name in ("request_id", "request_state", "archived")
            )
            row["state"] = state_seen(State(row["state"]), State(request_state), archived=archived)
            versions[request_id].append(VersionRow(**row))
        return [RequestRow(**{**row, "state": State(row["state"])}, versions=versions[row["id"]]) for row in rows]

    def _all(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), parameters).fetchall()
