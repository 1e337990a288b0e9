"""What was written about a dossier, for those who may read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventstore import Store

from dossier.domain.conversation import Purpose, Side
from dossier.readmodel.queries import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message; its words are None once the client was erased."""

    id: UUID
    side: Side
    author_id: UUID
    purpose: Purpose
    batch_id: UUID | None
    subject: str | None
    text: str | None
    posted_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """How a client's conversation stands, for the office."""

    client_id: UUID
    messages: int
    unread: int
    """Messages of the client that nobody of the office has read."""
    last_at: datetime | None
    last_side: Side | None


class Messages:
    """The questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_the_last_hour(self, author_id: UUID) -> int:
        """Count the messages that a person wrote within the last hour, in all conversations."""
        query = """
            SELECT count(*) AS amount FROM read.message
            WHERE author_id = %(id)s AND posted_at > now() - interval '1 hour'
        """
        return int(self._all(query, {"id": author_id})[0]["amount"])

    def of_conversation(self, dossier_id: UUID, client_id: UUID, window: Window) -> list[MessageRow]:
        """Return the messages between a client and the office about a dossier, newest first."""
        query = """
            SELECT id, side, author_id, purpose, batch_id, subject, text, posted_at, read_at FROM read.message
            WHERE dossier_id = %(dossier)s AND client_id = %(client)s
            AND (%(at)s::timestamptz IS NULL OR (posted_at, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY posted_at DESC, id DESC LIMIT %(limit)s
        """
        at, last_id = window.after or (None, None)
        given = {"dossier": dossier_id, "client": client_id, "at": at, "id": last_id, "limit": window.limit}
        return [
            MessageRow(**{**row, "side": Side(row["side"]), "purpose": Purpose(row["purpose"])})
            for row in self._all(query, given)
        ]

    def conversations(self, dossier_id: UUID) -> Mapping[UUID, ConversationRow]:
        """Return how the conversations of a dossier stand, by client; one without a message is left out."""
        query = """
            SELECT client_id, count(*) AS messages, max(posted_at) AS last_at,
                   count(*) FILTER (WHERE side = 'client' AND read_at IS NULL) AS unread,
                   (array_agg(side ORDER BY posted_at DESC, id DESC))[1] AS last_side
            FROM read.message WHERE dossier_id = %(dossier)s GROUP BY client_id
        """
        rows = self._all(query, {"dossier": dossier_id})
        return {row["client_id"]: ConversationRow(**{**row, "last_side": Side(row["last_side"])}) for row in rows}

    def unread_by_client(self, client_id: UUID, dossier_ids: Iterable[UUID]) -> Mapping[UUID, int]:
        """Count the office's messages that a client has not read, by dossier; none is left out."""
        query = """
            SELECT dossier_id, count(*) AS amount FROM read.message
            WHERE client_id = %(client)s AND dossier_id = ANY (%(ids)s) AND side = 'office' AND read_at IS NULL
            GROUP BY dossier_id
        """
        rows = self._all(query, {"client": client_id, "ids": list(dossier_ids)})
        return {row["dossier_id"]: row["amount"] for row in rows}

    def _all(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), parameters).fetchall()
