"""The bank details of an office, and to whom they are shown."""

from typing import Annotated
from uuid import UUID

from chassis.http import CurrentStaff, Input, Line, Output, example, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter
from pydantic import AfterValidator, Field

from dossier.application.access import office_of
from dossier.domain.refusals import BankDetailsRefused, DossierArchivedAlready, TooManyBankDetails
from dossier.entrypoints.http import answers, examples, shapes, views
from dossier.entrypoints.http.uses import Using

router = APIRouter(tags=["bank details"], responses=problems(NotAllowed))

Name = Annotated[
    Line, AfterValidator(shapes.seen), Field(min_length=1, max_length=80, examples=["Compte de la clientèle"])
]


class NewBankDetails(Input):
    """An account of the office: how colleagues call it, and what a client needs for a transfer."""

    name: Name
    holder: Name
    iban: Annotated[Line, Field(min_length=15, max_length=60, examples=["FR76 3000 6000 0112 3456 7890 189"])]
    bic: Annotated[Line, Field(min_length=8, max_length=20, examples=["AGRIFRPP"])]


class HandedBankDetails(Input):
    """Which account the client is shown from now on; null for none."""

    details_id: UUID | None


class BankDetailsList(Output):
    """Accounts by name."""

    model_config = example({"items": [examples.BANK_DETAILS]})

    items: list[answers.BankDetailsView]


class HandedView(Output):
    """An account that a client is shown; null for none."""

    model_config = example({"bank_details": examples.BANK_DETAILS})

    bank_details: answers.BankDetailsView | None


@router.get("/bank-details")
def list_all(actor: CurrentStaff, using: Using) -> BankDetailsList:
    """List the accounts of the office (L-08)."""
    rows = using.bank_account_rows.of_office(office_of(actor))
    return BankDetailsList(items=[answers.BankDetailsView.model_validate(row) for row in rows])


@router.post("/bank-details", status_code=201, responses=problems(BankDetailsRefused, TooManyBankDetails))
def add(new: NewBankDetails, actor: CurrentStaff, using: Using) -> answers.Created:
    """Add an account, as a notary; it is never changed after that, only removed (L-08)."""
    added = using.bank_accounts.add(actor, name=new.name, holder=new.holder, typed_iban=new.iban, typed_bic=new.bic)
    return answers.Created(**added)


@router.delete("/bank-details/{details_id}", status_code=204, responses=problems(NotFound))
def remove(details_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Remove an account, as a notary; clients are shown it no more."""
    using.bank_accounts.remove(actor, details_id)


@router.get("/dossiers/{dossier_id}/clients/{client_id}/bank-details", responses=problems(NotFound))
def handed(dossier_id: UUID, client_id: UUID, actor: CurrentStaff, using: Using) -> HandedView:
    """Read which account a client is shown."""
    using.access.to_read(actor, dossier_id)
    return HandedView(bank_details=views.bank_details(using.bank_account_rows.handed(dossier_id).get(client_id)))


@router.put(
    "/dossiers/{dossier_id}/clients/{client_id}/bank-details",
    status_code=204,
    responses=problems(NotFound, DossierArchivedAlready),
)
def hand(dossier_id: UUID, client_id: UUID, chosen: HandedBankDetails, actor: CurrentStaff, using: Using) -> None:
    """Choose which account a client is shown (L-07, L-08)."""
    using.bank_accounts.hand(actor, dossier_id, client_id, chosen.details_id)
