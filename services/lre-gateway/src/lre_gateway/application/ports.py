"""What the use cases need from elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from lre_gateway.domain.document import Document
from lre_gateway.domain.party import Party
from lre_gateway.domain.state import State


@dataclass(frozen=True, slots=True)
class Person:
    """A person as identity knows them now; an erased one has no name."""

    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    erased: bool


class Directory(Protocol):
    """Who people and offices are. Every call raises a refusal of status 503 while identity does not answer."""

    def person(self, person_id: UUID) -> Person | None:
        """Return a person; None if nobody has this id."""
        ...

    def is_client(self, person_id: UUID, office_id: UUID) -> bool:
        """Tell whether the person is a client of the office."""
        ...

    def is_member(self, person_id: UUID, office_id: UUID) -> bool:
        """Tell whether the person is an approved member of the office."""
        ...


class Dossiers(Protocol):
    """Who may read a dossier; raises a refusal of status 503 while the dossier service does not answer."""

    def readers(self, dossier_id: UUID) -> "Readers | None":
        """Return the office of a dossier and the staff that may read it; None if there is no such dossier."""
        ...


@dataclass(frozen=True, slots=True)
class Readers:
    """A dossier: its office, the number shown to people, and who of the office may read it."""

    office_id: UUID
    number: str
    staff_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file belongs in the vault."""

    office_id: UUID
    dossier_id: UUID | None
    about_id: UUID
    """What it is part of: a letter, or a batch whose letters share it."""
    owner_id: UUID
    """The person it is about; the office if it is about nobody in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultFile:
    """A file that the vault holds."""

    version_id: UUID
    name: str | None = field(repr=False)
    size: int
    sha256: str
    """Of the bytes, hexadecimal."""
    media_type: str
    manifest_sha256: str | None
    """Of what the vault stores, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A ticket for one file and the address to show it at."""

    url: str
    ticket: str = field(repr=False)


class Vault(Protocol):
    """The files. Every call raises a refusal of status 503 while the vault does not answer."""

    def store(  # noqa: PLR0913 - what a file is
        self, place: Place, version_id: UUID, *, name: str, media_type: str, content: bytes, hold: bool
    ) -> VaultFile:
        """Store a file; the same version with the same bytes again changes nothing and returns the same.

        `hold`: kept whoever is erased (proofs). Nobody in person stores it.
        """
        ...

    def read(self, office_id: UUID, version_id: UUID, by: UUID) -> bytes:
        """Return the bytes of a version of the office, read in the name of `by`; raise NotFound."""
        ...

    def described(self, office_id: UUID, version_ids: Collection[UUID]) -> Mapping[UUID, VaultFile]:
        """Return those of the versions that belong to the office."""
        ...

    def download(self, place: Place, version_id: UUID, by: UUID) -> Pass:
        """Let a person download a version, for five minutes."""
        ...

    def destroy(self, office_id: UUID, version_id: UUID) -> None:
        """Destroy a version of the office, whatever held it; nothing happens if it is no more, or never was."""
        ...


class Renderer(Protocol):
    """Text made into pages."""

    def pdf(self, text: str) -> bytes:
        """Return the text as an A4 portrait PDF; the same text always gives the same bytes."""
        ...

    def a4_portrait(self, content: bytes, media_type: str) -> bool:
        """Tell whether a file is a PDF of A4 portrait pages only."""
        ...


class PdfSeals(Protocol):
    """The signature on a PDF."""

    def check(self, content: bytes, media_type: str) -> str:
        """Return `trusted`, `untrusted`, `unknown` (nothing to compare with) or `none` (no signature)."""
        ...


class Webhooks(Protocol):
    """Where a provider calls us."""

    def address(self, letter_id: UUID) -> str | None:
        """Return the address for one letter, with its secret; None if the provider cannot reach us."""
        ...


# ---- what the read model answers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A letter that may still change by a check (draft, incompatible or ready), with its recipient as of now."""

    letter_id: UUID
    version: int
    """Of the letter: the number of its last event."""
    state: State
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    recipient_id: UUID
    party: Party
    documents: tuple[Document, ...]
    markup: bool
    chars: int
    rejected: bool
    """Its provider refused it, and nothing was mended since."""
    twin: bool
    """Another letter of the same fingerprint was prepared in the 30 days before and neither cancelled nor replaced."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter to hand to its provider."""

    letter_id: UUID
    batch_id: UUID
    sender_id: UUID


@dataclass(frozen=True, slots=True)
class AtProvider:
    """A letter that its provider holds."""

    letter_id: UUID
    sender_id: UUID
    provider: str
    provider_ref: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Consenting:
    """A recipient as the consent refresh looks for them."""

    recipient_id: UUID
    email: str | None = field(repr=False)


class Task(StrEnum):
    """What is done again and again for a letter, at times that are no events."""

    POLL = "poll"
    EVIDENCE = "evidence"
    RECONCILE = "reconcile"
    DESTRUCTION = "destruction"


@dataclass(frozen=True, slots=True)
class Due:
    """A letter whose turn it is."""

    letter_id: UUID
    attempt: int
    """How often it was put off since it came up; 0 at first."""


class Agenda(Protocol):
    """Turns of letters. What must be done is told by the read model; only when it is done next is kept here.

    A letter without an entry is due at once, so an entry that was lost does no harm.
    """

    def due(self, task: Task, now: datetime, limit: int) -> Sequence[Due]:
        """Return letters whose turn has come, longest first.

        POLL: those at their provider. EVIDENCE: those with pending evidence. RECONCILE: those with an unknown outcome.
        DESTRUCTION: those that are kept no longer and whose files are still there.
        """
        ...

    def put_off(self, task: Task, turns: Mapping[UUID, datetime]) -> None:
        """Set the next turn of letters, and count one attempt more."""
        ...

    def forget(self, task: Task, letter_ids: Collection[UUID]) -> None:
        """Forget turns and attempts: the letters are due at once if they are still to be done."""
        ...


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of this service, by its topic and what it is about."""

    topic: str
    about: UUID


@dataclass(frozen=True, slots=True)
class Since:
    """Events after those that were seen; `last` is the place of the last one, none if there are none."""

    events: Sequence[Happened]
    last: int | None


class Changes(Protocol):
    """What happened here since somebody looked; a place that was lost is the beginning."""

    def since(self, limit: int) -> Since:
        """Return the next events, oldest first."""
        ...

    def seen(self, last: int) -> None:
        """Go on after this place the next time."""
        ...


@dataclass(frozen=True, slots=True)
class RawHint:
    """A call of a provider as it came; nothing in it is believed."""

    id: int
    provider: str
    letter_id: UUID | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Hints(Protocol):
    """Calls of providers that wait to be looked at."""

    def take(self, limit: int) -> Sequence[RawHint]:
        """Return the oldest ones."""
        ...

    def settle(self, ids: Collection[int]) -> None:
        """Drop those that had their effect."""
        ...


class Register(Protocol):
    """What the read model tells the use cases. Nothing here asks who wants to know: the use case did."""

    def settings_id(self, office_id: UUID) -> UUID | None:
        """Return the id of the office's settings, if it ever chose any."""
        ...

    def recipients(self, recipient_ids: Collection[UUID], office_id: UUID) -> Mapping[UUID, UUID]:
        """Return the recipients of the office among these ids, each with the person they are (subject_id)."""
        ...

    def recipient_of_person(self, person_id: UUID, office_id: UUID) -> UUID | None:
        """Return the office's recipient for a person of identity."""
        ...

    def recipients_with_email(self, office_id: UUID, after: UUID | None, limit: int) -> Sequence[Consenting]:
        """Return recipients of the office, by id, those after `after`."""
        ...

    def recipients_about(self, subject_id: UUID) -> Sequence[UUID]:
        """Return the recipients, of all offices, that are this person."""
        ...

    def unsent_letters_to(self, recipient_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the letters to these recipients of which their provider knows nothing, nor is being told."""
        ...

    def evidence_about(self, recipient_ids: Collection[UUID]) -> int:
        """Return how many evidence files are kept about letters to these recipients."""
        ...

    def check_rows(self, batch_id: UUID, after: UUID | None, limit: int) -> Sequence[CheckRow]:
        """Return the letters of a batch that may change by a check, by id, those after `after`."""
        ...

    def batch_counts(self, batch_id: UUID) -> Mapping[State, int]:
        """Return how many letters of a batch stand in each state."""
        ...

    def ready_to_submit(self, limit: int, *, without: Collection[UUID] = ()) -> Sequence[Ready]:
        """Return letters in state ready that are asked for, oldest submission first, none of the senders `without`.

        Asked for: `queued` is true (not executed, or proven absent), or ready_at <= the batch's submitted_at.
        """
        ...

    def left_to_submit(self, batch_id: UUID) -> int:
        """Return how many letters of a batch are asked for and ready, in submission, or of unknown outcome."""
        ...

    def in_submission(self, started_before: datetime) -> Sequence[UUID]:
        """Return letters in state submitting since before an instant."""
        ...

    def open_batches(self) -> Sequence[UUID]:
        """Return the submitted batches that are not finished."""
        ...

    def at_provider(self, letter_ids: Collection[UUID]) -> Sequence[AtProvider]:
        """Return those of the letters that their provider holds and that are not at an end."""
        ...

    def letters_of_refs(self, provider: str, refs: Collection[str]) -> Sequence[UUID]:
        """Return the letters a provider knows by these references."""
        ...

    def deadlines(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return notified letters with near_at <= now and not said near, or overdue_at <= now and not said."""
        ...

    def archived(self, dossier_id: UUID) -> bool:
        """Tell whether the dossier service said that a dossier is archived."""
        ...

    def warned(self, batch_id: UUID) -> int:
        """Return how many letters of a batch may still change by a check and have a warning."""
        ...

    def checked_batches(self, cause: str, ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the checked batches with letters that did not leave, by what they have in common.

        `cause` says what the ids are of: recipient, sender, dossier (that it was noted as archived), office (its
        settings), or cancellation (a letter that was given up).
        """
        ...

    def kept_long_enough(self, now: datetime, default_years: int, limit: int) -> Sequence[UUID]:
        """Return letters that their offices need not keep, of no dossier or an archived one, longest ended first."""
        ...

    def needed_files(self, office_id: UUID, version_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the files that a letter still kept, or a consent, refers to."""
        ...

    def senders_linked(self) -> Sequence[UUID]:
        """Return the senders that are not revoked."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may see in lists: one office; letters of a dossier only if they may read it."""

    office_id: UUID
    person_id: UUID
    every_dossier: bool
    """True for the compliance role; otherwise ask `Access.readable_dossiers` about the dossiers on a page."""
