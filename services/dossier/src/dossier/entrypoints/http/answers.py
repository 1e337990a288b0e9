"""What the API gives, with examples."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.http import Output, Page, example
from pydantic import Field

from dossier.application.ports import File, Person
from dossier.domain.completion import Completion
from dossier.entrypoints.http import examples
from dossier.readmodel.queries import RequestRow


class Created(Output):
    """The id of what was made."""

    model_config = example(examples.CREATED)

    id: UUID


class Asked(Output):
    """The requests made together."""

    model_config = example(examples.ASKED)

    batch_id: UUID
    request_ids: list[UUID]


class Deposit(Output):
    """Send the bytes to `upload_url` with the ticket as bearer token, within 5 minutes.

    Or send them in several requests to `resumable_url` (tus 1.0.0); the same Idempotency-Key gives a new ticket for it.
    """

    model_config = example(examples.DEPOSIT)

    request_id: UUID
    version_id: UUID
    upload_url: str
    resumable_url: str
    ticket: str


class Look(Output):
    """Get the bytes at `url` with the ticket as bearer token, within 5 minutes."""

    model_config = example(examples.LOOK)

    url: str
    ticket: str


class DocumentTypeView(Output):
    """A document the office usually asks for."""

    model_config = example(examples.DOCUMENT_TYPE)

    code: str
    label: str
    help: str | None


class DeedTypeView(Output):
    """A deed type and its preset list; no new dossier has a withdrawn one."""

    model_config = example(examples.DEED_TYPE)

    code: str
    label: str
    documents: list[DocumentTypeView]
    withdrawn: bool


class Progress(Output):
    """Validated out of asked for (L-31, L-32)."""

    model_config = example(examples.PROGRESS)

    validated: int
    requested: int
    percent: Annotated[int, Field(ge=0, le=100)]

    @classmethod
    def of(cls, completion: Completion) -> "Progress":
        """Return what is shown of a completion."""
        return cls.model_validate(completion)


class PersonView(Output):
    """A person by name; an erased one has none."""

    model_config = example(examples.PERSON)

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

    model_config = example(examples.DOSSIER_CLIENT)

    completion: Progress


class DossierLine(Output):
    """A dossier in a list; `waiting` documents wait for a decision of the office (L-60, L-61).

    `unread` messages of its clients were read by nobody of the office (S-21).
    """

    model_config = example(examples.DOSSIER_LINE)

    id: UUID
    number: str
    title: str | None
    deed_type: str
    state: Literal["open", "archived"]
    opened_at: datetime
    waiting: int
    unread: int = 0
    completion: Progress


class DossierPage(Page[DossierLine]):
    """Dossiers, newest first; `next` opens the following page and is null on the last."""

    model_config = example({"items": [examples.DOSSIER_LINE], "next": None})


class DossierView(DossierLine):
    """A dossier on its own page (L-29)."""

    model_config = example(examples.DOSSIER)

    note: str | None
    whole_office: bool
    members: list[PersonView]
    opened_by: UUID
    completed_at: datetime | None
    archived_at: datetime | None
    clients: list[DossierClient]


class ScanView(Output):
    """What was found when the file was checked for malware; a file that is not `clean` can be opened by nobody.

    `basic` is the built-in check of types and of one known signature: pages call it "analyse de base".
    """

    model_config = example(examples.SCAN)

    state: Literal["pending", "clean", "infected", "not-scanned"]
    scanner: Literal["basic", "clamd"] | None
    cause: Literal["limits", "timeout", "failed"] | None
    """Why it was not scanned; it is tried again once a day."""


class VersionView(Output):
    """One deposited file and the decision on it.

    A `closed` one is kept, but nobody decides on it: the request was cancelled or the dossier archived first. A
    `withdrawn` one was taken back by the client before a decision; nothing of its bytes is left. Name,
    digest and scan are null while the vault does not answer; the name stays null once its owner is erased.
    """

    model_config = example(examples.VERSION)

    id: UUID
    state: Literal["deposited", "validated", "refused", "closed", "withdrawn"]
    name: str | None = None
    size: int
    media_type: str
    sha256: str | None = None
    scan: ScanView | None = None
    replaces: UUID | None
    deposited_at: datetime
    decided_at: datetime | None
    reason: str | None


class RequestView(Output):
    """A document asked for, or sent unasked, with all its versions."""

    model_config = example(examples.REQUEST)

    id: UUID
    client_id: UUID
    document_type: str | None
    label: str | None
    help: str | None = None
    """What its client is told about it; said to the client only (L-42)."""
    requested: bool
    state: Literal["asked", "deposited", "refused", "validated", "cancelled"]
    requested_at: datetime
    due_on: date | None = None
    """The day it is expected by."""
    versions: list[VersionView]

    @classmethod
    def of(cls, row: RequestRow, files: Mapping[UUID, File]) -> "RequestView":
        """Return what is shown of a request, with what the vault knows of its files."""
        view = cls.model_validate(row)
        for version in view.versions:
            if file := files.get(version.id):
                version.name, version.sha256 = file.name, file.sha256
                version.scan = ScanView.model_validate(file.scan)
        return view


class RequestList(Output):
    """The documents of a dossier, oldest first."""

    model_config = example({"items": [examples.REQUEST]})

    items: list[RequestView]


class MyDossierLine(Output):
    """A dossier in the client's list; `unread` messages of the office wait for the client."""

    model_config = example(examples.MY_DOSSIER_LINE)

    id: UUID
    number: str
    title: str | None
    state: Literal["open", "archived"]
    unread: int = 0
    completion: Progress


class MyDossierPage(Page[MyDossierLine]):
    """The client's dossiers, newest first; `next` opens the following page and is null on the last."""

    model_config = example({"items": [examples.MY_DOSSIER_LINE], "next": None})


class OfficeView(Output):
    """The office that keeps the dossier."""

    model_config = example(examples.OFFICE)

    id: UUID
    name: str


class BankDetailsView(Output):
    """An account of an office."""

    model_config = example(examples.BANK_DETAILS)

    id: UUID
    name: str
    holder: str
    iban: str
    bic: str
    added_at: datetime


class MyDossier(MyDossierLine):
    """A dossier as its client sees it: their own documents only, never the office's note (L-26, L-53)."""

    model_config = example(examples.MY_DOSSIER)

    office: OfficeView
    bank_details: BankDetailsView | None
    """The account that the office hands over (L-07)."""
    requests: list[RequestView]
