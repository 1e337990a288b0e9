"""What the API takes, with examples."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis.http import Input, Line
from pydantic import AfterValidator, Field

from dossier.domain.text import visible

MAX_DOCUMENT_BYTES = 2**53 - 1
"""Above what any vault takes: the limit itself is the vault's, and answers 413 there."""
_NOT_IN_A_NAME = frozenset("/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\r\t")


def _file_name(name: str) -> str:
    if name in {".", ".."} or _NOT_IN_A_NAME & set(name):
        raise ValueError("a file name has no path, no line break and no change of writing direction")
    return name


def seen(text: str) -> str:
    """Return a text that has a character that can be seen; raise ValueError for another."""
    if not visible(text):
        raise ValueError("must have a character that can be seen")
    return text


Number = Annotated[Line, AfterValidator(seen), Field(min_length=1, max_length=40, examples=["2026-0042"])]
Title = Annotated[
    Line, AfterValidator(seen), Field(min_length=1, max_length=200, examples=["Bail Durand, 12 rue des Lilas"])
]
Note = Annotated[str | None, Field(max_length=4000, examples=["Rappeler le bailleur avant le 15."])]
DeedTypeCode = Annotated[str, Field(min_length=1, max_length=60, examples=["bail-habitation"])]
Label = Annotated[Line, AfterValidator(seen), Field(min_length=1, max_length=120, examples=["Attestation d'assurance"])]
MemberIds = Annotated[list[UUID], Field(max_length=500)]


DueOn = Annotated[date | None, Field(examples=["2026-03-20"])]


class NewDossier(Input):
    """The form "Créer un dossier" (L-25, L-27)."""

    number: Number
    title: Title
    deed_type: DeedTypeCode
    note: Note = None
    whole_office: bool = True
    member_ids: MemberIds = Field(default_factory=list)
    """Chosen members when it is not open to the whole office; whoever opens it is always one."""


class DossierChange(Input):
    """What is sent changes, what is absent stays; a null note removes it (L-45)."""

    number: Number = Field(default="")
    title: Title = Field(default="")
    deed_type: DeedTypeCode = Field(default="")
    note: Note = None


class NewAccess(Input):
    """Who of the office may see the dossier from now on (L-30)."""

    whole_office: bool
    member_ids: MemberIds = Field(default_factory=list)


class NewClient(Input):
    """A client of the office."""

    client_id: UUID


class DueDate(Input):
    """The day a document is expected by; null for at any time (C-04)."""

    due_on: DueOn


class Asking(Input):
    """Ticked types of the preset list, and documents in words (L-40, L-43)."""

    document_types: Annotated[list[DeedTypeCode], Field(max_length=100, examples=[["cni", "dpe"]])] = Field(
        default_factory=list
    )
    others: Annotated[list[Label], Field(max_length=100, examples=[["Attestation d'assurance"]])] = Field(
        default_factory=list
    )
    due_on: DueOn = None
    """The day all of them are expected by."""
    message: Annotated[
        str | None, Field(min_length=1, max_length=4000, examples=["Merci de numériser chaque page."])
    ] = None
    """What the client reads beside them; it becomes a message of the conversation."""


class Documents(Input):
    """Codes of known document types, or labels of the office's own, in the order shown."""

    documents: Annotated[list[Label], Field(min_length=1, max_length=100, examples=[["cni", "Plan cadastral"]])]


class NewDeposit(Input):
    """The file about to be sent; an empty one has a refusal of its own."""

    name: Annotated[str, Field(min_length=1, max_length=255, examples=["cni.pdf"]), AfterValidator(_file_name)]
    size: Annotated[int, Field(ge=0, le=MAX_DOCUMENT_BYTES, examples=[48213])]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$", examples=["ab" * 32])] = None
    """Absent where whoever sends cannot compute it, such as a page without a script: the vault does, and says it."""


class NewOffer(NewDeposit):
    """A file nobody asked for, and what it is (L-59)."""

    label: Label


class RefusalReason(Input):
    """Why the version is refused; the client reads it (L-65)."""

    reason: Annotated[str, Field(max_length=2000, examples=["Le document est illisible."])]
