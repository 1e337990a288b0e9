"""Rows as the API shows them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from chassis.http import Paging

from lre_gateway.domain.compatibility import about
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Level
from lre_gateway.domain.words import ETSI, NAMES, SHORT, STATES
from lre_gateway.entrypoints.http import answers, office_answers, words
from lre_gateway.entrypoints.http.batch_answers import BatchLine, LetterError
from lre_gateway.readmodel.lists import LetterRow, Window
from lre_gateway.readmodel.offices import BatchRow, ErrorRow, RecipientRow, SenderRow


class Row(Protocol):
    """Something in a list."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...


R = TypeVar("R", bound=Row)
Instant = Callable[[R], datetime]


ROUNDS = 5
"""How many pages are looked through for rows of dossiers that the caller may read, before an answer is given."""


def page(
    paging: Paging, read: Callable[[Window], Sequence[R]], keep: Callable[[Sequence[R]], Sequence[R]], at: Instant[R]
) -> tuple[list[R], str | None]:
    """Return the rows of a page that the caller may see, and the cursor of the next one.

    `read` gives rows by (instant, id), newest first, and `at` the instant of one. A page may be short, even empty,
    while there is a next one: what the caller may not see was left out.
    """
    shown: list[R] = []
    after = paging.after
    for _ in range(ROUNDS):
        rows = read(Window(paging.limit + 1, after))
        for row in keep(rows[: paging.limit]):
            shown.append(row)
            if len(shown) == paging.limit:
                return shown, paging.cursor(place(row, at)) if row is not rows[-1] else None
        if len(rows) <= paging.limit:
            return shown, None
        after = place(rows[paging.limit - 1], at)
    return shown, paging.cursor(list(after or ()))


def place(row: R, at: Instant[R]) -> list[Any]:
    """Return where a row stands in its list."""
    return [at(row).isoformat(), str(row.id)]


def sender(row: SenderRow) -> office_answers.Sender:
    """Return what is shown of a sending account."""
    same = ("id", "provider", "holder_id", "account", "missing", "requested_at", "refreshed_at", "locked_until")
    members = {name: getattr(row, name) for name in same}
    return office_answers.Sender.model_validate({**members, "email": row.account_email, "state": _state(row)})


def _state(row: SenderRow) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if not row.linked:
        return "access-lost" if row.lost_at else "requested"
    return "incomplete" if row.missing else "ready"


def recipient(row: RecipientRow) -> dict[str, Any]:
    """Return what is shown of a recipient."""
    same = (
        "id", "person_id", "kind", "last_name", "first_name", "company", "email", "postal", "opted_out", "added_at",
    )  # fmt: skip
    consent = {name: getattr(row, f"consent_{name}") for name in ("id", "state", "source", "at")}
    return {**{name: getattr(row, name) for name in same}, "consent": consent if consent["id"] else None}


def full_name(row: RecipientRow | ErrorRow | None) -> str | None:
    """Return how a recipient is called; nobody knows once they were erased."""
    if row is None:
        return None
    person = " ".join(part for part in (row.first_name, row.last_name) if part)
    return ", ".join(part for part in (person, row.company) if part) or None


def batch(row: BatchRow) -> dict[str, Any]:
    """Return the members of a line of the list of batches."""
    same = set(BatchLine.model_fields) - {"level_name", "check"}
    members = {name: getattr(row, name) for name in same}
    return {**members, "level_name": NAMES[Level(row.level)], "check": row.check_number}


def problem(code: str, *, letter_id: UUID, recipient_id: UUID, sender_id: UUID, office_id: UUID) -> answers.Obstacle:
    """Return what is shown of a problem, and whose record to open."""
    whose = about(code)
    subjects = {"recipient": recipient_id, "letter": letter_id, "sender": sender_id, "office": office_id}
    return answers.Obstacle.model_validate(
        {"code": code, "detail": words.problem(code), "about": whose.value, "subject_id": subjects[whose.value]}
    )


def error(row: ErrorRow, office_id: UUID) -> LetterError:
    """Return what is shown of a letter that cannot leave."""
    ids = {"letter_id": row.letter_id, "recipient_id": row.recipient_id, "sender_id": row.sender_id}
    return LetterError(
        letter_id=row.letter_id,
        recipient_id=row.recipient_id,
        recipient=full_name(row),
        subject=row.subject,
        by_provider=row.rejected,
        problems=[problem(code, office_id=office_id, **ids) for code in row.problems],
    )


def line(row: LetterRow) -> dict[str, Any]:
    """Return the members of a line of the list of letters."""
    same = (
        "id", "batch_id", "dossier_id", "level", "state", "subject", "prepared_at", "prepared_by", "sender_id",
        "sender_email", "recipient_id", "recipient_email", "ended_at", "deadline", "attention", "evidence",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in same},
        "number": row.provider_ref,
        "level_name": SHORT[Level(row.level)],
        "state_name": STATES[State(row.state)],
        "recipient": row.recipient_name,
        "deposited_at": row.accepted_at,
        "sent_at": row.notified_at,
        "received_at": row.acknowledged_at,
    }


def went_through(level: str, state: str) -> list[str]:
    """Return the names of EN 319 522-1 for what a qualified letter went through; other levels have none."""
    return list(ETSI.get(State(state), ())) if level == Level.QUALIFIED_LRE else []
