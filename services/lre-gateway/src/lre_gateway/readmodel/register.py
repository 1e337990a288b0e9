"""The port Register: what the use cases ask of the read model. Who wants to know was asked before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventstore import Store

from lre_gateway.application.ports import AtProvider, CheckRow, Consenting, Ready
from lre_gateway.domain.document import Document
from lre_gateway.domain.party import Consent, Party, Postal
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import ConsentState, Kind

TWIN_DAYS = 30
"""How long a letter of the same content to the same person is worth a warning."""

# A fingerprint has its recipient in it, so letters of one belong to one office. Its office is not asked for: before the
# first statistics of a new batch are taken, PostgreSQL would look through all letters of the office for each of them.
CHECK_ROWS = """
    SELECT letter.id AS letter_id, letter.version, letter.state, letter.problems, letter.warnings, letter.rejected,
        letter.recipient_id, letter.documents, letter.markup, letter.chars, recipient.kind, recipient.last_name,
        recipient.first_name, recipient.company, recipient.email, recipient.postal, recipient.opted_out,
        recipient.consent_id, recipient.consent_state, recipient.consent_source, recipient.consent_at,
        EXISTS (
            SELECT FROM read.letter AS other
            WHERE other.fingerprint = letter.fingerprint
            AND other.id <> letter.id AND other.state <> 'cancelled' AND other.successor_id IS NULL
            AND (other.prepared_at, other.id) < (letter.prepared_at, letter.id)
            AND other.prepared_at > letter.prepared_at - make_interval(days => %(days)s)
        ) AS twin
    FROM (
        SELECT * FROM read.letter
        WHERE batch_id = %(batch)s AND state IN ('draft', 'incompatible', 'ready')
        AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s
    ) AS letter JOIN read.recipient AS recipient ON recipient.id = letter.recipient_id
    ORDER BY letter.id
"""
READY = """
    SELECT letter.id AS letter_id, letter.batch_id, letter.sender_id
    FROM read.letter AS letter JOIN read.batch AS batch ON batch.id = letter.batch_id
    WHERE letter.state = 'ready' AND letter.sender_id <> ALL (%(without)s) AND batch.submitted_at IS NOT NULL
    AND (letter.queued OR letter.ready_at <= batch.submitted_at)
    ORDER BY batch.submitted_at, letter.id LIMIT %(limit)s
"""
AT_PROVIDER = """
    SELECT letter.id AS letter_id, letter.sender_id, sender.provider, letter.provider_ref,
        coalesce(letter.accepted_at, letter.started_at) AS submitted_at
    FROM read.letter AS letter JOIN read.sender AS sender ON sender.id = letter.sender_id
    WHERE letter.id = ANY (%(ids)s) AND letter.provider_ref IS NOT NULL
    AND letter.state IN ('awaiting-sender-auth', 'in-transit', 'notified')
"""
CHECKED = {
    "recipient": """
        SELECT DISTINCT batch.id FROM read.letter AS letter JOIN read.batch AS batch ON batch.id = letter.batch_id
        WHERE letter.recipient_id = ANY (%(ids)s) AND letter.state IN ('draft', 'incompatible', 'ready')
        AND batch.check_number > 0 ORDER BY 1
    """,
    "sender": """
        SELECT id FROM read.batch WHERE sender_id = ANY (%(ids)s) AND check_number > 0 AND EXISTS (
            SELECT FROM read.letter WHERE batch_id = batch.id AND state IN ('draft', 'incompatible', 'ready')
        ) ORDER BY 1
    """,
    "dossier": """
        SELECT batch.id FROM read.archived_dossier AS dossier JOIN read.batch ON batch.dossier_id = dossier.id
        WHERE dossier.noted_as = ANY (%(ids)s) AND check_number > 0 AND EXISTS (
            SELECT FROM read.letter WHERE batch_id = batch.id AND state IN ('draft', 'incompatible', 'ready')
        ) ORDER BY 1
    """,
    "office": """
        SELECT batch.id FROM read.office_settings AS chosen JOIN read.batch ON batch.office_id = chosen.office_id
        WHERE chosen.id = ANY (%(ids)s) AND check_number > 0 AND EXISTS (
            SELECT FROM read.letter WHERE batch_id = batch.id AND state IN ('draft', 'incompatible', 'ready')
        ) ORDER BY 1
    """,
    "cancellation": """
        SELECT DISTINCT batch.id FROM read.letter AS letter JOIN read.batch AS batch ON batch.id = letter.batch_id
        WHERE letter.id = ANY (%(ids)s) AND batch.check_number > 0 ORDER BY 1
    """,
}
KEPT = """
    SELECT letter.id FROM read.letter AS letter
    LEFT JOIN read.office_settings AS chosen ON chosen.office_id = letter.office_id
    WHERE letter.ended_at IS NOT NULL AND letter.retention_ended_at IS NULL AND letter.pending = '{}'
    AND letter.ended_at <= %(now)s - interval '1 year'
    AND letter.ended_at <= %(now)s - make_interval(years => coalesce(chosen.retention_years, %(default)s))
    AND (letter.dossier_id IS NULL OR EXISTS (SELECT FROM read.archived_dossier WHERE id = letter.dossier_id))
    ORDER BY letter.ended_at, letter.id LIMIT %(limit)s
"""
NEEDED = """
    SELECT DISTINCT (document ->> 'version_id')::uuid AS id
    FROM read.letter AS letter, jsonb_array_elements(letter.documents) AS document
    WHERE letter.office_id = %(office)s AND letter.retention_ended_at IS NULL
    AND document ->> 'version_id' = ANY (%(texts)s)
    UNION SELECT document_id FROM read.consent WHERE document_id = ANY (%(ids)s)
"""
DEADLINES = """
    SELECT id FROM read.letter
    WHERE state = 'notified' AND (
        (near_at <= %(now)s AND deadline > %(now)s AND NOT said_near) OR (overdue_at <= %(now)s AND NOT said_overdue)
    ) ORDER BY near_at LIMIT %(limit)s
"""


class Register:
    """The questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settings_id(self, office_id: UUID) -> UUID | None:
        """Return the id of the office's settings, if it ever chose any."""
        return next(iter(self._ids("SELECT id FROM read.office_settings WHERE office_id = %(id)s", id=office_id)), None)

    def recipients(self, recipient_ids: Collection[UUID], office_id: UUID) -> Mapping[UUID, UUID]:
        """Return the recipients of the office among these ids, each with the person they are (subject_id)."""
        query = "SELECT id, subject_id FROM read.recipient WHERE id = ANY (%(ids)s) AND office_id = %(office)s"
        return {row["id"]: row["subject_id"] for row in self._all(query, ids=list(recipient_ids), office=office_id)}

    def recipient_of_person(self, person_id: UUID, office_id: UUID) -> UUID | None:
        """Return the office's recipient for a person of identity."""
        query = (
            "SELECT id FROM read.recipient WHERE person_id = %(person)s AND office_id = %(office)s ORDER BY added_at"
        )
        return next(iter(self._ids(query, person=person_id, office=office_id)), None)

    def recipients_with_email(self, office_id: UUID, after: UUID | None, limit: int) -> Sequence[Consenting]:
        """Return recipients of the office, by id, those after `after`."""
        query = """
            SELECT id, email_folded FROM read.recipient
            WHERE office_id = %(office)s AND (%(after)s::uuid IS NULL OR id > %(after)s) ORDER BY id LIMIT %(limit)s
        """
        found = self._all(query, office=office_id, after=after, limit=limit)
        return [Consenting(row["id"], row["email_folded"]) for row in found]

    def recipients_about(self, subject_id: UUID) -> Sequence[UUID]:
        """Return the recipients, of all offices, that are this person."""
        return self._ids("SELECT id FROM read.recipient WHERE subject_id = %(id)s ORDER BY id", id=subject_id)

    def unsent_letters_to(self, recipient_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the letters to these recipients of which their provider knows nothing, nor is being told."""
        query = """
            SELECT id FROM read.letter WHERE recipient_id = ANY (%(ids)s) AND (
                state IN ('draft', 'incompatible', 'ready') OR (state = 'awaiting-sender-auth' AND provider_ref IS NULL)
            ) ORDER BY id
        """
        return self._ids(query, ids=list(recipient_ids))

    def evidence_about(self, recipient_ids: Collection[UUID]) -> int:
        """Return how many evidence files are kept about letters to these recipients."""
        query = """
            SELECT count(*) AS amount FROM read.evidence JOIN read.letter AS letter ON letter.id = letter_id
            WHERE letter.recipient_id = ANY (%(ids)s)
        """
        return int(self._all(query, ids=list(recipient_ids))[0]["amount"])

    def check_rows(self, batch_id: UUID, after: UUID | None, limit: int) -> Sequence[CheckRow]:
        """Return the letters of a batch that may change by a check, by id, those after `after`."""
        return [
            _check_row(row) for row in self._all(CHECK_ROWS, batch=batch_id, after=after, limit=limit, days=TWIN_DAYS)
        ]

    def batch_counts(self, batch_id: UUID) -> Mapping[State, int]:
        """Return how many letters of a batch stand in each state."""
        query = "SELECT state, count(*) AS amount FROM read.letter WHERE batch_id = %(id)s GROUP BY state"
        return {State(row["state"]): row["amount"] for row in self._all(query, id=batch_id)}

    def ready_to_submit(self, limit: int, *, without: Collection[UUID] = ()) -> Sequence[Ready]:
        """Return letters in state ready that are asked for, oldest submission first, none of the senders `without`."""
        return [Ready(**row) for row in self._all(READY, limit=limit, without=list(without))]

    def left_to_submit(self, batch_id: UUID) -> int:
        """Return how many letters of a batch are still to be handed over, or are being so."""
        query = """
            SELECT count(*) AS amount FROM read.letter AS letter JOIN read.batch AS batch ON batch.id = letter.batch_id
            WHERE letter.batch_id = %(id)s AND batch.submitted_at IS NOT NULL AND (
                letter.state IN ('submitting', 'submission-unknown')
                OR (letter.state = 'ready' AND (letter.queued OR letter.ready_at <= batch.submitted_at))
            )
        """
        return int(self._all(query, id=batch_id)[0]["amount"])

    def in_submission(self, started_before: datetime) -> Sequence[UUID]:
        """Return letters in state submitting since before an instant."""
        query = "SELECT id FROM read.letter WHERE state = 'submitting' AND started_at < %(before)s ORDER BY started_at"
        return self._ids(query, before=started_before)

    def open_batches(self) -> Sequence[UUID]:
        """Return the submitted batches that are not finished."""
        query = "SELECT id FROM read.batch WHERE submitted_at IS NOT NULL AND finished_at IS NULL ORDER BY submitted_at"
        return self._ids(query)

    def at_provider(self, letter_ids: Collection[UUID]) -> Sequence[AtProvider]:
        """Return those of the letters that their provider holds and that are not at an end."""
        return [AtProvider(**row) for row in self._all(AT_PROVIDER, ids=list(letter_ids))]

    def letters_of_refs(self, provider: str, refs: Collection[str]) -> Sequence[UUID]:
        """Return the letters a provider knows by these references."""
        query = """
            SELECT letter.id FROM read.letter AS letter JOIN read.sender AS sender ON sender.id = letter.sender_id
            WHERE letter.provider_ref = ANY (%(refs)s) AND sender.provider = %(provider)s ORDER BY letter.id
        """
        return self._ids(query, refs=list(refs), provider=provider)

    def deadlines(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return letters whose window closes soon, or closed without a fact, and of which that was not said."""
        return self._ids(DEADLINES, now=now, limit=limit)

    def archived(self, dossier_id: UUID) -> bool:
        """Tell whether the dossier service said that a dossier is archived."""
        return bool(self._ids("SELECT id FROM read.archived_dossier WHERE id = %(id)s", id=dossier_id))

    def warned(self, batch_id: UUID) -> int:
        """Return how many letters of a batch may still change by a check and have a warning."""
        query = """
            SELECT count(*) AS amount FROM read.letter
            WHERE batch_id = %(id)s AND state IN ('draft', 'incompatible', 'ready') AND warnings <> '{}'
        """
        return int(self._all(query, id=batch_id)[0]["amount"])

    def checked_batches(self, cause: str, ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the checked batches with letters that did not leave, by what they have in common."""
        return self._ids(CHECKED[cause], ids=list(ids))

    def kept_long_enough(self, now: datetime, default_years: int, limit: int) -> Sequence[UUID]:
        """Return letters that their offices need not keep, of no dossier or an archived one, longest ended first."""
        return self._ids(KEPT, now=now, default=default_years, limit=limit)

    def needed_files(self, office_id: UUID, version_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the files that a letter still kept, or a consent, refers to."""
        texts = [str(one) for one in version_ids]
        return frozenset(self._ids(NEEDED, office=office_id, texts=texts, ids=list(version_ids)))

    def senders_linked(self) -> Sequence[UUID]:
        """Return the senders that are not revoked."""
        return self._ids("SELECT id FROM read.sender WHERE revoked_at IS NULL ORDER BY id")

    def _ids(self, query: str, **parameters: Any) -> list[UUID]:
        return [row["id"] for row in self._all(query, **parameters)]

    def _all(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(query.encode(), parameters).fetchall()


def _check_row(row: Mapping[str, Any]) -> CheckRow:
    consent = None
    if row["consent_id"] is not None:
        consent = Consent(
            id=row["consent_id"],
            state=ConsentState(row["consent_state"]),
            source=row["consent_source"],
            at=row["consent_at"],
        )
    party = Party(
        kind=Kind(row["kind"]),
        postal=Postal(**row["postal"]) if row["postal"] else None,
        consent=consent,
        **{name: row[name] for name in ("last_name", "first_name", "company", "email", "opted_out")},
    )
    return CheckRow(
        letter_id=row["letter_id"],
        version=row["version"],
        state=State(row["state"]),
        problems=tuple(row["problems"]),
        warnings=tuple(row["warnings"]),
        rejected=row["rejected"],
        recipient_id=row["recipient_id"],
        party=party,
        documents=tuple(Document.of(document) for document in row["documents"]),
        markup=row["markup"],
        chars=row["chars"],
        twin=row["twin"],
    )
