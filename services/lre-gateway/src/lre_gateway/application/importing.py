"""A list of people and letters made into a batch, in slices that a second try finds again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID, uuid5

from chassis.actor import Actor
from chassis.refusal import Refusal
from eventstore import Missing, Store

from lre_gateway.application.access import person, worker
from lre_gateway.application.batches import Batches, NewBatch, command_id, unasked
from lre_gateway.application.ports import Register
from lre_gateway.application.recipients import NewRecipient, made
from lre_gateway.application.writing import NewLetter, Writing
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.compatibility import folded
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.party import Postal
from lre_gateway.domain.recipient import Recipient
from lre_gateway.domain.refusals import NothingChosen, TooMany
from lre_gateway.domain.vocabulary import Kind

MOST_ROWS = 10_000
SLICE = 200
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One line of a list: a person and a letter to them."""

    line: int
    """In the file, from 1, for the report."""
    kind: Kind
    last_name: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    postal: Postal | None = field(default=None, repr=False)
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    attachments: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class RowRefused:
    """Why a line made no letter."""

    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list; without a letter there is no batch."""

    batch_id: str | None
    letters: int
    recipients_added: int
    refused: tuple[RowRefused, ...]


class Importing:
    """The use case of lists."""

    def __init__(self, *, store: Store, register: Register, batches: Batches, writing: Writing) -> None:
        self._store = store
        self._register = register
        self._batches = batches
        self._writing = writing

    def import_rows(self, actor: Actor, new: NewBatch, rows: Sequence[ImportRow]) -> Any:
        """Make a batch of a list; return what became of it, as JSON values.

        People are found again by e-mail address and names; others are added to the register. A line whose text or
        attachments cannot be used makes no letter, and the others do. The ids follow from the command, so that a
        second try after a crash goes on where the first stopped.
        """
        if not rows:
            raise NothingChosen
        if len(rows) > MOST_ROWS:
            raise TooMany(limit=MOST_ROWS)
        office_id = worker(actor)
        batch_id = command_id(actor, office_id, "import")
        known, refused, added = self._known(office_id, rows), list[RowRefused](), 0
        for start in range(0, len(rows), SLICE):
            more, wrong = self._slice(actor, new, batch_id, rows[start : start + SLICE], known)
            added, refused = added + more, [*refused, *wrong]
        asked = self._store.get(Batch, batch_id).asked if len(refused) < len(rows) else 0
        outcome = asdict(Imported(str(batch_id) if asked else None, asked, added, tuple(refused)))
        if actor.command is not None:
            self._store.save(actor=actor, outcome=outcome)
        return outcome

    def _slice(
        self, actor: Actor, new: NewBatch, batch_id: UUID, rows: Sequence[ImportRow], known: "Known"
    ) -> tuple[int, list[RowRefused]]:
        """Save the letters of some lines with the people they need; return how many people, and the lines refused."""
        batch, reference = self._batches.begun(actor, new, batch_id)
        with suppress(Missing):  # the slices before made it, or an earlier try
            batch = self._store.get(Batch, batch_id)
            rows = [row for row in rows if not self._is_there(batch_id, row)]
        recipients = {row.line: self._recipient(batch.office_id, batch_id, row, known) for row in rows}
        letters, refused = self._written(_Sheet(batch, reference, person(actor), recipients), rows)
        wrong = {one.line for one in refused}
        people = {one.id: one for line, one in recipients.items() if line not in wrong and one.pending_events}
        if letters:
            batch.extend(len(letters))
            self._store.save(batch, *people.values(), *letters, actor=unasked(actor))
        return len(people), refused

    def _written(self, sheet: "_Sheet", rows: Sequence[ImportRow]) -> tuple[list[Letter], list[RowRefused]]:
        """Write the letters of some lines; one that cannot be used is found by halving, because there are few."""
        if not rows:
            return [], []
        recipients = [sheet.recipients[row.line] for row in rows]
        try:
            return self._writing.letters_to(
                sheet.batch,
                [_letter_id(sheet.batch.id, row) for row in rows],
                [_new(row, to.id) for row, to in zip(rows, recipients, strict=True)],
                sheet.by,
                sheet.reference,
                subjects={to.id: to.subject_id for to in recipients},
            ), []
        except Refusal as refusal:
            if refusal.status >= 500:  # noqa: PLR2004 - the vault is away: the list is not at fault
                raise
            if len(rows) == 1:
                return [], [RowRefused(rows[0].line, refusal.code.replace("-", "_").upper())]
        half = len(rows) // 2
        (letters, refused), (more, others) = (self._written(sheet, part) for part in (rows[:half], rows[half:]))
        return [*letters, *more], [*refused, *others]

    def _known(self, office_id: UUID, rows: Sequence[ImportRow]) -> "Known":
        """Return the recipients of the office by the e-mail addresses of the list."""
        wanted = {folded(row.email) for row in rows if row.email}
        found: Known = {}
        after: UUID | None = None
        while wanted and (page := self._register.recipients_with_email(office_id, after, PAGE)):
            for one in page:
                if one.email and folded(one.email) in wanted:
                    found.setdefault(folded(one.email), []).append(one.recipient_id)
            after = page[-1].recipient_id
        return found

    def _recipient(self, office_id: UUID, batch_id: UUID, row: ImportRow, known: "Known") -> Recipient:
        """Return the person of a line: one of the register, or a new one, the same for two lines that name the same."""
        names = "\n".join(folded(part or "") for part in (row.email, row.last_name, row.first_name, row.company))
        for recipient_id in known.get(folded(row.email or ""), ()):
            recipient = self._store.get(Recipient, recipient_id)
            same = (recipient.email, recipient.last_name, recipient.first_name, recipient.company)
            if names == "\n".join(folded(part or "") for part in same):
                return recipient
        own = uuid5(batch_id, f"recipient:{names if row.email else row.line}")
        with suppress(Missing):
            return self._store.get(Recipient, own)
        return made(office_id, own, _person(row))

    def _is_there(self, batch_id: UUID, row: ImportRow) -> bool:
        with suppress(Missing):
            self._store.get(Letter, _letter_id(batch_id, row))
            return True
        return False


Known = dict[str, list[UUID]]
"""Recipients by folded e-mail address."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What the letters of a slice share."""

    batch: Batch
    reference: str
    by: UUID
    recipients: Mapping[int, Recipient]


def _letter_id(batch_id: UUID, row: ImportRow) -> UUID:
    return uuid5(batch_id, f"letter:{row.line}")


def _new(row: ImportRow, recipient_id: UUID) -> NewLetter:
    return NewLetter(recipient_id=recipient_id, subject=row.subject, text=row.text, attachments=row.attachments)


def _person(row: ImportRow) -> NewRecipient:
    return NewRecipient(
        kind=row.kind,
        last_name=row.last_name,
        first_name=row.first_name,
        company=row.company,
        email=row.email,
        postal=row.postal,
    )
