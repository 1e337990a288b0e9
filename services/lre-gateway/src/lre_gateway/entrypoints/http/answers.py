"""What the API gives, with examples."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from chassis.http import Output, Page, example
from pydantic import Field

from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import EvidenceKind, Level
from lre_gateway.entrypoints.http import examples


class Created(Output):
    """The id of what was made."""

    model_config = example(examples.CREATED)

    id: UUID


class Download(Output):
    """Get the bytes at `url` with the ticket as bearer token, within 5 minutes."""

    model_config = example(examples.DOWNLOAD)

    url: str
    ticket: str


class Attachment(Output):
    """A file that letters may carry, frozen by its digest."""

    model_config = example(examples.ATTACHMENT)

    version_id: UUID
    name: str | None
    size: int
    sha256: str
    media_type: str


class AttachmentList(Output):
    """Files that letters may carry."""

    model_config = example({"items": [examples.ATTACHMENT]})

    items: list[Attachment]


class Obstacle(Output):
    """Why a letter cannot leave, and whose record to open to mend it (A-43, A-44)."""

    model_config = example(examples.PROBLEM)

    code: str
    detail: str
    about: Literal["recipient", "letter", "sender", "office"]
    subject_id: UUID


class EvidenceView(Output):
    """A proof in the vault; `seal` tells what the signature on it is worth."""

    model_config = example(examples.EVIDENCE)

    kind: EvidenceKind
    version_id: UUID
    size: int
    sha256: str
    sha512: str
    media_type: str
    provider_at: datetime | None
    fetched_at: datetime
    seal: Literal["trusted", "untrusted", "unknown", "none"]


class EvidenceList(Output):
    """The proofs of a letter, oldest first."""

    model_config = example({"items": [examples.EVIDENCE]})

    items: list[EvidenceView]


class LetterLine(Output):
    """A letter in a list (A-28); the name of the level is the law's, and only a qualified letter is called LRE."""

    model_config = example(examples.LETTER_LINE)

    id: UUID
    batch_id: UUID
    dossier_id: UUID | None
    number: Annotated[str | None, Field(description="The provider's.")]
    level: Level
    level_name: str
    state: State
    state_name: str
    subject: str | None
    prepared_at: datetime
    prepared_by: UUID
    sender_id: UUID
    sender_email: str | None
    recipient_id: UUID
    recipient: str | None
    recipient_email: str | None
    deposited_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    ended_at: datetime | None
    deadline: datetime | None
    attention: Annotated[str | None, Field(description="Why a person has to look.")]
    evidence: Annotated[int, Field(description="How many proofs there are.")]


class LetterPage(Page[LetterLine]):
    """Letters, newest first; `next` opens the following page, which may be empty, and is null on the last."""

    model_config = example({"items": [examples.LETTER_LINE], "next": None})


class Step(Output):
    """Something that happened; a `reconstructed` one was not seen, what came later implies it."""

    model_config = example(examples.STEP)

    name: str
    at: datetime
    reconstructed: bool


class Change(Output):
    """Another name under which the recipient asked to be accepted (A-65)."""

    model_config = example(examples.CHANGE)

    id: str
    last_name: str | None
    first_name: str | None
    company: str | None
    state: Literal["asked", "accepted", "refused"]
    asked_at: datetime
    answered_at: datetime | None


class LetterFile(Output):
    """A file of a letter."""

    model_config = example(examples.FILE)

    version_id: UUID
    role: Literal["text", "attachment"]
    name: str | None
    size: int
    sha256: str
    media_type: str


class LetterView(LetterLine):
    """A letter on its own page (A-39); `events` are the names of EN 319 522-1 for what it went through."""

    model_config = example(examples.LETTER)

    dossier_reference: str | None
    entity: str | None
    payment_method: str | None
    price: Decimal | None
    files: list[LetterFile]
    problems: list[Obstacle]
    warnings: list[Obstacle]
    history: list[Step]
    changes: list[Change]
    evidence_awaited: list[EvidenceKind]
    identity_pending: bool
    reissued_from: UUID | None
    reissued_as: UUID | None
    retention_ended_at: Annotated[datetime | None, Field(description="Since then its files are kept no longer.")]
    destroyed_at: Annotated[datetime | None, Field(description="When its files were destroyed; digests stay.")]
    events: list[str]


class Reissued(Output):
    """The letter that takes the place of another."""

    model_config = example(examples.REISSUED)

    id: UUID
    batch_id: UUID


class Release(Output):
    """What became of one letter: `pending` ones leave in the next minutes, `not-waiting` ones had left already."""

    model_config = example(examples.RELEASE)

    letter_id: UUID
    outcome: Literal["released", "submitted", "pending", "refused", "unknown", "not-waiting"]
    problem: str | None


class ReleaseList(Output):
    """What became of each letter, in the order asked."""

    model_config = example({"items": [examples.RELEASE]})

    items: list[Release]
