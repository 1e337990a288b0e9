"""Lists that people ask for; each is one office's, and one of several dossiers is filtered by whoever may read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventstore import Store

LETTERS = """
    SELECT letter.id, letter.batch_id, letter.dossier_id, letter.level, letter.state, letter.prepared_at,
        letter.prepared_by, letter.provider_ref, letter.subject, letter.dossier_reference, letter.entity,
        letter.sender_id, sender.account_email AS sender_email, sender.holder_id, letter.recipient_id,
        CASE WHEN letter.started_at IS NULL THEN nullif(
            concat_ws(', ', nullif(concat_ws(' ', recipient.first_name, recipient.last_name), ''), recipient.company),
            ''
        ) ELSE letter.sent_name END AS recipient_name,
        CASE WHEN letter.started_at IS NULL THEN recipient.email ELSE letter.sent_email END AS recipient_email,
        letter.accepted_at, letter.notified_at, letter.acknowledged_at, letter.ended_at, letter.deadline,
        letter.problems, letter.warnings, letter.rejected, letter.attention, letter.price, letter.paid_with,
        letter.pending, letter.reissued_from, letter.successor_id, letter.version,
        (SELECT count(*) FROM read.evidence WHERE evidence.letter_id = letter.id) AS evidence
    FROM read.letter AS letter
    JOIN read.sender AS sender ON sender.id = letter.sender_id
    JOIN read.recipient AS recipient ON recipient.id = letter.recipient_id
"""
SOUGHT = """
    letter.office_id = %(office)s
    AND (%(dossier)s::uuid IS NULL OR letter.dossier_id = %(dossier)s)
    AND (%(batch)s::uuid IS NULL OR letter.batch_id = %(batch)s)
    AND (%(user)s::uuid IS NULL OR letter.prepared_by = %(user)s)
    AND (%(since)s::timestamptz IS NULL OR letter.prepared_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR letter.prepared_at < %(until)s)
    AND (%(states)s::text[] = '{}' OR letter.state = ANY (%(states)s))
    AND (%(level)s = '' OR letter.level = %(level)s)
    AND (%(sender)s::uuid IS NULL OR letter.sender_id = %(sender)s)
    AND (%(recipient_id)s::uuid IS NULL OR letter.recipient_id = %(recipient_id)s)
    AND (NOT %(attention)s OR letter.attention IS NOT NULL)
    AND (%(recipient)s = '' OR strpos(recipient.searched, %(recipient)s) > 0
         OR strpos(lower(coalesce(letter.sent_name, '')), %(recipient)s) > 0
         OR strpos(lower(coalesce(letter.sent_email, '')), %(recipient)s) > 0)
"""
AFTER = "(%(last_at)s::timestamptz IS NULL OR ({at}, {table}.id) < (%(last_at)s, %(last_id)s::uuid))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which letters are looked for (A-60); none of it narrows the list by itself."""

    dossier_id: UUID | None = None
    batch_id: UUID | None = None
    user: UUID | None = None
    """Who prepared them."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    states: Collection[str] = ()
    level: str = ""
    sender_id: UUID | None = None
    recipient_id: UUID | None = None
    recipient: str = field(default="", repr=False)
    """In the name, company or e-mail of the recipient."""
    attention: bool = False
    """Only those that a person has to look at."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list: `limit` rows after the (instant, id) of the last one seen."""

    limit: int
    after: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """A letter in a list, with the columns of A-28."""

    id: UUID
    batch_id: UUID
    dossier_id: UUID | None
    level: str
    state: str
    prepared_at: datetime
    prepared_by: UUID
    provider_ref: str | None
    subject: str | None
    dossier_reference: str | None
    entity: str | None
    sender_id: UUID
    sender_email: str | None
    holder_id: UUID
    recipient_id: UUID
    recipient_name: str | None
    recipient_email: str | None
    accepted_at: datetime | None
    notified_at: datetime | None
    acknowledged_at: datetime | None
    ended_at: datetime | None
    deadline: datetime | None
    problems: list[str]
    warnings: list[str]
    rejected: bool
    attention: str | None
    price: Decimal | None
    paid_with: str | None
    pending: list[str]
    reissued_from: UUID | None
    successor_id: UUID | None
    version: int
    evidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingRow:
    """What letters cost, by billing entity and payment method (A-70)."""

    entity: str | None
    label: str | None
    payment_method: str | None
    letters: int
    priced: int
    total: Decimal


class Letters:
    """Letters, what happened to them, and what they cost."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, office_id: UUID, sought: Sought, window: Window) -> list[LetterRow]:
        """Return letters of an office, newest first."""
        query = f"{LETTERS} WHERE {SOUGHT} AND {_after('letter', 'letter.prepared_at')}" + _newest(
            "letter", "prepared_at"
        )
        return [
            LetterRow(**row) for row in _rows(self._store, query, {**_sought(office_id, sought), **_window(window)})
        ]

    def one(self, letter_id: UUID) -> tuple[LetterRow, dict[str, Any]]:
        """Return a letter as lists show it, and what its own page shows beside; it must be known."""
        (line,) = _rows(self._store, f"{LETTERS} WHERE letter.id = %(id)s", {"id": letter_id})
        query = """
            SELECT documents, names, payment_method, identity_pending, retention_ended_at, destroyed_at
            FROM read.letter WHERE id = %(id)s
        """
        (more,) = _rows(self._store, query, {"id": letter_id})
        return LetterRow(**line), more

    def steps(self, letter_id: UUID) -> list[dict[str, Any]]:
        """Return what happened to a letter, in the order it was recorded."""
        query = "SELECT name, at, reconstructed FROM read.letter_step WHERE letter_id = %(id)s ORDER BY number"
        return _rows(self._store, query, {"id": letter_id})

    def changes(self, letter_id: UUID) -> list[dict[str, Any]]:
        """Return the other names under which the recipient asked to be accepted."""
        query = """
            SELECT change_id AS id, last_name, first_name, company, state, asked_at, answered_at
            FROM read.recipient_change WHERE letter_id = %(id)s ORDER BY asked_at, id
        """
        return _rows(self._store, query, {"id": letter_id})

    def evidence(self, letter_id: UUID) -> list[dict[str, Any]]:
        """Return the proofs of a letter, oldest first."""
        query = """
            SELECT kind, version_id, size, sha256, sha512, media_type, provider_at, fetched_at, seal
            FROM read.evidence WHERE letter_id = %(id)s ORDER BY fetched_at, id
        """
        return _rows(self._store, query, {"id": letter_id})

    def billing(self, office_id: UUID, since: datetime | None, until: datetime | None) -> list[BillingRow]:
        """Return what the letters that left cost, by billing entity; a price may still be unknown."""
        query = """
            SELECT letter.entity, entity.label, coalesce(letter.paid_with, letter.payment_method) AS payment_method,
                count(*) AS letters, count(letter.price) AS priced, coalesce(sum(letter.price), 0) AS total
            FROM read.letter AS letter LEFT JOIN read.billing_entity AS entity
            ON entity.sender_id = letter.sender_id AND entity.entity = letter.entity
            WHERE letter.office_id = %(office)s AND letter.accepted_at IS NOT NULL AND letter.state <> 'failed'
            AND (%(since)s::timestamptz IS NULL OR letter.accepted_at >= %(since)s)
            AND (%(until)s::timestamptz IS NULL OR letter.accepted_at < %(until)s)
            GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 3 NULLS FIRST
        """
        parameters = {"office": office_id, "since": since, "until": until}
        return [BillingRow(**row) for row in _rows(self._store, query, parameters)]


def _sought(office_id: UUID, sought: Sought) -> dict[str, Any]:
    return {
        "office": office_id,
        "dossier": sought.dossier_id,
        "batch": sought.batch_id,
        "user": sought.user,
        "since": sought.since,
        "until": sought.until,
        "states": list(sought.states),
        "level": sought.level,
        "sender": sought.sender_id,
        "recipient_id": sought.recipient_id,
        "recipient": sought.recipient.strip().casefold(),
        "attention": sought.attention,
    }


def _window(window: Window) -> Mapping[str, Any]:
    last_at, last_id = window.after or (None, None)
    return {"last_at": last_at, "last_id": last_id, "limit": window.limit}


def _after(table: str, at: str) -> str:
    return AFTER.format(table=table, at=at)


def _newest(table: str, at: str) -> str:
    return f" ORDER BY {table}.{at} DESC, {table}.id DESC LIMIT %(limit)s"


def _rows(store: Store, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    with store.connection() as connection:
        return connection.execute(query.encode(), parameters).fetchall()
