"""What is asked of the rows; every list is one person's, or one dossier's whose reader was checked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventstore import Store


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification as its reader sees it."""

    id: UUID
    template: str
    office_id: UUID | None
    dossier_id: UUID | None
    request_id: UUID | None
    letter_id: UUID | None
    about_id: UUID | None
    queued_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An e-mail as the office sees it."""

    id: UUID
    person_id: UUID
    template: str
    request_id: UUID | None
    state: str
    cause: str | None
    queued_at: datetime
    settled_at: datetime | None
    attempts: int
    """In vain so far; 0 for one that is not put off."""
    again_at: datetime | None
    """When one that was put off is tried again."""


class Notifications:
    """Lists and counts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, notification_ids: Collection[UUID]) -> set[UUID]:
        """Return those that were queued before."""
        rows = self._rows("SELECT id FROM read.notification WHERE id = ANY(%s)", (list(notification_ids),))
        return {row["id"] for row in rows}

    def waiting_for(self, person_id: UUID) -> list[UUID]:
        """Return the e-mails to a person that are neither sent nor failed."""
        rows = self._rows(
            "SELECT id FROM read.notification WHERE person_id = %s AND channel = 'email' AND state = 'queued'"
            " ORDER BY queued_at, id",
            (person_id,),
        )
        return [row["id"] for row in rows]

    def told_by(self, mail_id: UUID) -> list[UUID]:
        """Return what an e-mail that was sent tells."""
        return [row["id"] for row in self._rows("SELECT id FROM read.notification WHERE envelope_id = %s", (mail_id,))]

    def of_person(self, person_id: UUID, limit: int, after: list[Any] | None) -> list[Notified]:
        """Return notifications in the application, the newest first."""
        rows = self._rows(
            "SELECT id, template, office_id, dossier_id, request_id, letter_id, about_id, queued_at, read_at"
            " FROM read.notification WHERE person_id = %s AND channel = 'in-app'"
            " AND (%s::timestamptz IS NULL OR (queued_at, id) < (%s, %s))"
            " ORDER BY queued_at DESC, id DESC LIMIT %s",
            (person_id, *_place(after), limit),
        )
        return [Notified(**row) for row in rows]

    def unread(self, person_id: UUID) -> int:
        """Count the notifications that the person has not read."""
        (row,) = self._rows(
            "SELECT count(*) AS unread FROM read.notification"
            " WHERE person_id = %s AND channel = 'in-app' AND read_at IS NULL",
            (person_id,),
        )
        return int(row["unread"])

    def deliveries(self, office_id: UUID, dossier_id: UUID, limit: int, after: list[Any] | None) -> list[Delivery]:
        """Return the e-mails about a dossier of this office, the newest first."""
        rows = self._rows(
            "SELECT id, person_id, template, request_id, state, cause, queued_at,"
            " coalesce(reported_at, settled_at) AS settled_at,"
            " CASE WHEN put_off THEN attempts ELSE 0 END AS attempts, CASE WHEN put_off THEN not_before END AS again_at"
            " FROM read.notification LEFT JOIN messaging.attempt ON notification_id = id AND state = 'queued'"
            " WHERE office_id = %s AND dossier_id = %s AND channel = 'email'"
            " AND (%s::timestamptz IS NULL OR (queued_at, id) < (%s, %s))"
            " ORDER BY queued_at DESC, id DESC LIMIT %s",
            (office_id, dossier_id, *_place(after), limit),
        )
        return [Delivery(**row) for row in rows]

    def _rows(self, sql: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(sql, parameters).fetchall()


def _place(after: list[Any] | None) -> tuple[Any, Any, Any]:
    instant, identifier = after or (None, None)
    return instant, instant, identifier
