"""What an office has beside its letters: senders, recipients, batches; every list is one office's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from eventstore import Store

from lre_gateway.readmodel.lists import Window

SENDERS = """
    SELECT id, office_id, provider, holder_id, account_email, account, linked, missing, requested_at, refreshed_at,
        lost_at, revoked_at, locked_until, version
    FROM read.sender
"""
RECIPIENTS = """
    SELECT id, office_id, subject_id, person_id, kind, last_name, first_name, company, email, postal, opted_out,
        consent_id, consent_state, consent_source, consent_at, added_at, version
    FROM read.recipient
"""
BATCHES = """
    SELECT id, office_id, dossier_id, sender_id, level, hold_mode, entity, payment_method, print, created_by,
        created_at, asked, check_number, checked_at, compatible, incompatible, warned, submitted_at, submitted_by,
        paused, finished_at, version
    FROM read.batch
"""
ERRORS = """
    SELECT letter.id AS letter_id, letter.problems, letter.rejected, letter.recipient_id, letter.sender_id,
        letter.subject, recipient.last_name, recipient.first_name, recipient.company, recipient.email
    FROM read.letter AS letter JOIN read.recipient AS recipient ON recipient.id = letter.recipient_id
    WHERE letter.batch_id = %(batch)s AND letter.state = 'incompatible'
    AND (%(after)s::uuid IS NULL OR letter.id > %(after)s) ORDER BY letter.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A sending account."""

    id: UUID
    office_id: UUID
    provider: str
    holder_id: UUID
    account_email: str | None
    account: str | None
    linked: bool
    missing: list[str]
    requested_at: datetime
    refreshed_at: datetime | None
    lost_at: datetime | None
    revoked_at: datetime | None
    locked_until: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """A billing entity and how its letters are paid."""

    entity: str
    label: str | None
    sender_id: UUID
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """A recipient with what they agreed to; an erased one has no name and no address."""

    id: UUID
    office_id: UUID
    subject_id: UUID
    person_id: UUID | None
    kind: str
    last_name: str | None
    first_name: str | None
    company: str | None
    email: str | None
    postal: dict[str, Any] | None = field(repr=False)
    opted_out: bool
    consent_id: UUID | None
    consent_state: str | None
    consent_source: str | None
    consent_at: datetime | None
    added_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """Letters that were written together."""

    id: UUID
    office_id: UUID
    dossier_id: UUID | None
    sender_id: UUID
    level: str
    hold_mode: str
    entity: str | None
    payment_method: str | None
    print: dict[str, Any] | None
    created_by: UUID
    created_at: datetime
    asked: int
    check_number: int
    checked_at: datetime | None
    compatible: int
    incompatible: int
    warned: int
    submitted_at: datetime | None
    submitted_by: UUID | None
    paused: str | None
    finished_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """A letter that cannot leave, and why."""

    letter_id: UUID
    problems: list[str]
    rejected: bool
    recipient_id: UUID
    sender_id: UUID
    subject: str | None
    last_name: str | None
    first_name: str | None
    company: str | None
    email: str | None


class Offices:
    """The questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def senders(self, office_id: UUID) -> list[SenderRow]:
        """Return the sending accounts of an office, newest first; those taken back too."""
        query = SENDERS + " WHERE office_id = %(office)s ORDER BY requested_at DESC, id DESC"
        return [SenderRow(**row) for row in self._all(query, {"office": office_id})]

    def sender(self, sender_id: UUID) -> SenderRow | None:
        """Return one sending account."""
        return next((SenderRow(**row) for row in self._all(SENDERS + " WHERE id = %(id)s", {"id": sender_id})), None)

    def entities(self, office_id: UUID) -> list[EntityRow]:
        """Return the billing entities of an office by code."""
        query = """
            SELECT entity, label, sender_id, method FROM read.billing_entity
            WHERE office_id = %(office)s ORDER BY entity, sender_id
        """
        return [EntityRow(**row) for row in self._all(query, {"office": office_id})]

    def recipients(self, office_id: UUID, text: str, window: Window) -> list[RecipientRow]:
        """Return the recipients of an office with this text in name, company or e-mail, newest first."""
        query = (
            RECIPIENTS
            + """
            WHERE office_id = %(office)s AND (%(text)s = '' OR strpos(searched, %(text)s) > 0)
            AND (%(last_at)s::timestamptz IS NULL OR (added_at, id) < (%(last_at)s, %(last_id)s::uuid))
            ORDER BY added_at DESC, id DESC LIMIT %(limit)s
        """
        )
        parameters = {"office": office_id, "text": text.strip().casefold(), **_window(window)}
        return [RecipientRow(**row) for row in self._all(query, parameters)]

    def recipient(self, recipient_id: UUID) -> RecipientRow | None:
        """Return one recipient."""
        rows = self._all(RECIPIENTS + " WHERE id = %(id)s", {"id": recipient_id})
        return next((RecipientRow(**row) for row in rows), None)

    def recipients_by_id(self, recipient_ids: list[UUID]) -> dict[UUID, RecipientRow]:
        """Return several recipients."""
        rows = self._all(RECIPIENTS + " WHERE id = ANY (%(ids)s)", {"ids": recipient_ids})
        return {row["id"]: RecipientRow(**row) for row in rows}

    def consents(self, recipient_id: UUID) -> list[dict[str, Any]]:
        """Return the register of what a recipient agreed to, newest first."""
        query = """
            SELECT id, state, source, at, author_id, document_id FROM read.consent
            WHERE recipient_id = %(id)s ORDER BY at DESC, id
        """
        return self._all(query, {"id": recipient_id})

    def batches(self, office_id: UUID, window: Window) -> list[BatchRow]:
        """Return the batches of an office, newest first."""
        query = (
            BATCHES
            + """
            WHERE office_id = %(office)s
            AND (%(last_at)s::timestamptz IS NULL OR (created_at, id) < (%(last_at)s, %(last_id)s::uuid))
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s
        """
        )
        return [BatchRow(**row) for row in self._all(query, {"office": office_id, **_window(window)})]

    def batch(self, batch_id: UUID) -> BatchRow | None:
        """Return one batch."""
        return next((BatchRow(**row) for row in self._all(BATCHES + " WHERE id = %(id)s", {"id": batch_id})), None)

    def errors(self, batch_id: UUID, after: UUID | None, limit: int) -> list[ErrorRow]:
        """Return the letters of a batch that cannot leave, by id, those after `after`."""
        return [ErrorRow(**row) for row in self._all(ERRORS, {"batch": batch_id, "after": after, "limit": limit})]

    def _all(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), parameters).fetchall()


def _window(window: Window) -> dict[str, Any]:
    last_at, last_id = window.after or (None, None)
    return {"last_at": last_at, "last_id": last_id, "limit": window.limit}
