"""What an office settles for all its dossiers."""

from typing import Annotated

from chassis.http import CurrentStaff, Input, Line, Output, example, problems
from chassis.refusal import NotAllowed
from fastapi import APIRouter
from pydantic import AfterValidator, Field

from dossier.domain.refusals import DeedTypeKnown, LastDeedType, UnknownDeedType
from dossier.entrypoints.http import answers, shapes
from dossier.entrypoints.http.uses import Using

router = APIRouter(tags=["office settings"], responses=problems(NotAllowed))

DeedLabel = Annotated[Line, AfterValidator(shapes.seen), Field(min_length=1, max_length=80, examples=["Bail rural"])]
Reason = Annotated[
    Line, AfterValidator(shapes.seen), Field(min_length=1, max_length=500, examples=["Le document est illisible."])
]


class ListedDocument(Input):
    """A document of the list: a label, and what the client is told about it; known types are known by their label."""

    label: shapes.Label
    help: Annotated[Line, Field(max_length=300, examples=["Le diagnostic de performance énergétique."])] = ""


class DeedType(Input):
    """A deed type: how the office calls it, and the documents it usually asks for, in the order shown."""

    label: DeedLabel
    documents: Annotated[list[ListedDocument], Field(min_length=1, max_length=100)]

    def listed(self) -> list[tuple[str, str | None]]:
        """Return labels with help texts."""
        return [(one.label, one.help) for one in self.documents]


class Reasons(Input):
    """Ready reasons, in the order shown; none is an answer too."""

    reasons: Annotated[list[Reason], Field(max_length=50)]


class DeedTypeCode(Output):
    """The code of a deed type that was added."""

    model_config = example({"code": "bail-rural"})

    code: str


class ReasonList(Output):
    """Ready reasons of refusals, in the order shown."""

    model_config = example({"items": ["Le document est illisible."]})

    items: list[str]


@router.get("/deed-types")
def deed_types(actor: CurrentStaff, using: Using) -> list[answers.DeedTypeView]:
    """List the deed types with the documents the office usually asks for; withdrawn ones too (L-40, L-41)."""
    return [answers.DeedTypeView.model_validate(deed_type) for deed_type in using.office_settings.deed_types(actor)]


@router.post("/deed-types", status_code=201, responses=problems(DeedTypeKnown))
def add_deed_type(new: DeedType, actor: CurrentStaff, using: Using) -> DeedTypeCode:
    """Add a deed type of the office's own (L-70)."""
    return DeedTypeCode(**using.office_settings.add_deed_type(actor, new.label, new.listed()))


@router.put("/deed-types/{code}", status_code=204, responses=problems(UnknownDeedType, DeedTypeKnown))
def change_deed_type(code: str, changed: DeedType, actor: CurrentStaff, using: Using) -> None:
    """Rename a deed type; say anew what is asked for, in which order, and what the client is told (L-42, L-70)."""
    using.office_settings.change_deed_type(actor, code, changed.label, changed.listed())


@router.put("/deed-types/{code}/withdrawal", status_code=204, responses=problems(UnknownDeedType, LastDeedType))
def withdraw_deed_type(code: str, actor: CurrentStaff, using: Using) -> None:
    """Offer a deed type no longer: dossiers that have it keep it, new ones do not take it (L-70)."""
    using.office_settings.withdraw_deed_type(actor, code)


@router.delete("/deed-types/{code}/withdrawal", status_code=204, responses=problems(UnknownDeedType))
def offer_deed_type(code: str, actor: CurrentStaff, using: Using) -> None:
    """Offer a withdrawn deed type again (L-70)."""
    using.office_settings.offer_deed_type(actor, code)


@router.put("/deed-types/{code}/documents", status_code=204, responses=problems(UnknownDeedType))
def choose_documents(code: str, chosen: shapes.Documents, actor: CurrentStaff, using: Using) -> None:
    """Choose the documents the office usually asks for (L-70)."""
    using.office_settings.choose_documents(actor, code, chosen.documents)


@router.get("/refusal-reasons")
def reasons(actor: CurrentStaff, using: Using) -> ReasonList:
    """List the reasons that are ready when a document is refused (L-65)."""
    return ReasonList(items=using.office_settings.reasons(actor))


@router.put("/refusal-reasons", status_code=204)
def change_reasons(changed: Reasons, actor: CurrentStaff, using: Using) -> None:
    """Say anew which reasons are ready; what was refused before keeps its own."""
    using.office_settings.change_reasons(actor, changed.reasons)
