"""What the API takes and gives, with examples."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.http import Input
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dossier.application.ports import Person
from dossier.domain.completion import Completion

MAX_DOCUMENT_BYTES = 2**53 - 1
"""Above what any vault takes: the limit itself is the vault's, and answers 413 there."""
_NOT_IN_A_NAME = frozenset("/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\r\t")


def _file_name(name: str) -> str:
    if name in {".", ".."} or _NOT_IN_A_NAME & set(name):
        raise ValueError("a file name has no path, no line break and no change of writing direction")
    return name


Number = Annotated[str, Field(min_length=1, max_length=40, examples=["2026-0042"])]
Title = Annotated[str, Field(min_length=1, max_length=200, examples=["Bail Durand, 12 rue des Lilas"])]
Note = Annotated[str | None, Field(max_length=4000, examples=["Rappeler le bailleur avant le 15."])]
DeedTypeCode = Annotated[str, Field(min_length=1, max_length=60, examples=["bail-habitation"])]
Label = Annotated[str, Field(min_length=1, max_length=120, examples=["Attestation d'assurance"])]
MemberIds = Annotated[list[UUID], Field(max_length=500)]


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


class Asking(Input):
    """Ticked types of the preset list, and documents in words (L-40, L-43)."""

    document_types: Annotated[list[DeedTypeCode], Field(max_length=100, examples=[["cni", "dpe"]])] = Field(
        default_factory=list
    )
    others: Annotated[list[Label], Field(max_length=100, examples=[["Attestation d'assurance"]])] = Field(
        default_factory=list
    )


class Documents(Input):
    """Codes of known document types, or labels of the office's own, in the order shown."""

    documents: Annotated[list[Label], Field(min_length=1, max_length=100, examples=[["cni", "Plan cadastral"]])]


class NewDeposit(Input):
    """The file about to be sent."""

    name: Annotated[str, Field(min_length=1, max_length=255, examples=["cni.pdf"]), AfterValidator(_file_name)]
    size: Annotated[int, Field(ge=1, le=MAX_DOCUMENT_BYTES, examples=[48213])]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["ab" * 32])]


class NewOffer(NewDeposit):
    """A file nobody asked for, and what it is (L-59)."""

    label: Label


class RefusalReason(Input):
    """Why the version is refused; the client reads it (L-65)."""

    reason: Annotated[str, Field(max_length=2000, examples=["Le document est illisible."])]


class Output(BaseModel):
    """What the API gives."""

    model_config = ConfigDict(from_attributes=True)


class Created(Output):
    """The id of what was made."""

    id: UUID


class Asked(Output):
    """The requests made together."""

    batch_id: UUID
    request_ids: list[UUID]


class Deposit(Output):
    """Send the bytes to `upload_url` with the ticket as bearer token, within 5 minutes."""

    request_id: UUID
    version_id: UUID
    upload_url: str
    ticket: str


class Look(Output):
    """Get the bytes at `url` with the ticket as bearer token, within 5 minutes."""

    url: str
    ticket: str


class DocumentTypeView(Output):
    """A document the office usually asks for."""

    code: str
    label: str
    help: str | None


class DeedTypeView(Output):
    """A deed type and its preset list."""

    code: str
    label: str
    documents: list[DocumentTypeView]


class Progress(Output):
    """Validated out of asked for (L-31, L-32)."""

    validated: int
    requested: int
    percent: Annotated[int, Field(ge=0, le=100)]

    @classmethod
    def of(cls, completion: Completion) -> "Progress":
        """Return what is shown of a completion."""
        return cls.model_validate(completion)


class PersonView(Output):
    """A person by name; an erased one has none."""

    id: UUID
    first_name: str | None = None
    last_name: str | None = None
    erased: bool = False

    @classmethod
    def of(cls, person_id: UUID, known: Person | None) -> "PersonView":
        """Return what is shown of a person, who may be unknown by now."""
        return cls(id=person_id, erased=True) if known is None else cls.model_validate(known)


class DossierClient(PersonView):
    """A client of the dossier and how far they have come."""

    completion: Progress


class DossierLine(Output):
    """A dossier in a list; `waiting` documents wait for a decision of the office (L-60, L-61)."""

    id: UUID
    number: str
    title: str | None
    deed_type: str
    state: Literal["open", "archived"]
    opened_at: datetime
    waiting: int
    completion: Progress


class DossierView(DossierLine):
    """A dossier on its own page (L-29)."""

    note: str | None
    whole_office: bool
    members: list[PersonView]
    opened_by: UUID
    completed_at: datetime | None
    archived_at: datetime | None
    clients: list[DossierClient]


class VersionView(Output):
    """One deposited file and the decision on it."""

    id: UUID
    state: Literal["deposited", "validated", "refused"]
    size: int
    media_type: str
    replaces: UUID | None
    deposited_at: datetime
    decided_at: datetime | None
    reason: str | None


class RequestView(Output):
    """A document asked for, or sent unasked, with all its versions."""

    id: UUID
    client_id: UUID
    document_type: str | None
    label: str | None
    requested: bool
    state: Literal["asked", "deposited", "refused", "validated", "cancelled"]
    requested_at: datetime
    versions: list[VersionView]


class MyDossierLine(Output):
    """A dossier in the client's list."""

    id: UUID
    number: str
    title: str | None
    state: Literal["open", "archived"]
    completion: Progress


class OfficeView(Output):
    """The office that keeps the dossier."""

    id: UUID
    name: str


class MyDossier(MyDossierLine):
    """A dossier as its client sees it: their own documents only, never the office's note (L-26, L-53)."""

    office: OfficeView
    requests: list[RequestView]
