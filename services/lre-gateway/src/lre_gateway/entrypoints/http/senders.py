"""Sending accounts, how letters are paid, and what the office chose."""

from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentStaff, IfMatch, Instant, PreconditionMissing, etag, problems
from chassis.refusal import NotAllowed, NotFound, Stale
from fastapi import APIRouter, Query, Response

from lre_gateway.application.access import office_of
from lre_gateway.domain.office_settings import Choices
from lre_gateway.domain.refusals import (
    NotAMember,
    ProviderCannot,
    ProviderRefuses,
    ProviderSilent,
    SenderAway,
    SenderKnown,
    SenderRevoked,
    UnknownPaymentMethod,
)
from lre_gateway.entrypoints.http import office_answers as answers
from lre_gateway.entrypoints.http import shapes, views
from lre_gateway.entrypoints.http.answers import Created
from lre_gateway.entrypoints.http.uses import Using

router = APIRouter(responses=problems(NotAllowed))
ASKED = (NotFound, SenderRevoked, SenderAway, ProviderSilent, ProviderCannot, ProviderRefuses)
"""What a question about an account at its provider may meet."""
Since = Annotated[Instant | None, Query(description="From this instant on.")]
Until = Annotated[Instant | None, Query(description="Before this instant.")]


@router.get("/office-settings", tags=["settings"])
def settings(actor: CurrentStaff, using: Using, response: Response) -> answers.Settings:
    """Show what the office chose about its letters, or the defaults while it chose nothing."""
    chosen = using.settings.get(actor)
    response.headers["ETag"] = etag(chosen.version)
    return answers.Settings.model_validate(chosen.choices)


@router.put(
    "/office-settings", status_code=204, responses=problems(Stale, PreconditionMissing), tags=["settings"]
)  # fmt: skip
def choose(
    choices: shapes.OfficeChoices, version: IfMatch, actor: CurrentStaff, using: Using, response: Response
) -> None:
    """Choose trade, retention and where letters wait for their code; a notary of the office does."""
    chosen = Choices(choices.trade, choices.retention_years, choices.hold_mode)
    response.headers["ETag"] = etag(using.settings.change(actor, version, chosen))


@router.post(
    "/senders",
    status_code=201,
    responses=problems(
        SenderKnown, SenderAway, NotAMember, ProviderSilent, ProviderCannot, ProviderRefuses, Unavailable
    ),
    tags=["senders"],
)
def request_link(new: shapes.NewSender, actor: CurrentStaff, using: Using) -> Created:
    """Have the provider ask the owner of an account, by e-mail, to let the office send for it (A-11, A-12)."""
    return Created(**using.senders.request_link(actor, new.email, new.holder_id))


@router.get("/senders", tags=["senders"])
def list_senders(actor: CurrentStaff, using: Using) -> answers.SenderList:
    """List the sending accounts of the office."""
    rows = using.office_rows.senders(office_of(actor))
    return answers.SenderList(items=[views.sender(row) for row in rows])


@router.get("/senders/{sender_id}", responses=problems(NotFound), tags=["senders"])
def show_sender(sender_id: UUID, actor: CurrentStaff, using: Using) -> answers.Sender:
    """Show a sending account as it was known last."""
    using.senders.get(actor, sender_id)
    return _sender(using, sender_id)


@router.post("/senders/{sender_id}/refresh", responses=problems(*ASKED), tags=["senders"])
def refresh(sender_id: UUID, actor: CurrentStaff, using: Using) -> answers.Sender:
    """Ask the provider what the account lacks now (A-04, A-12, A-25)."""
    using.senders.refresh(actor, sender_id)
    return _sender(using, sender_id)


@router.delete(
    "/senders/{sender_id}", status_code=204, responses=problems(NotFound, SenderRevoked), tags=["senders"]
)  # fmt: skip
def revoke(sender_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Use the account no longer; its letters that left stay followed."""
    using.senders.revoke(actor, sender_id)


@router.post("/senders/{sender_id}/credential", status_code=204, responses=problems(*ASKED), tags=["senders"])
def order_credential(sender_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Order the key of the codes: it comes by registered post to the holder, and is billed by the provider (A-04)."""
    using.senders.order_credential(actor, sender_id)


@router.get("/senders/{sender_id}/payment-methods", responses=problems(*ASKED), tags=["senders"])
def payment_methods(sender_id: UUID, actor: CurrentStaff, using: Using) -> answers.PaymentMethodList:
    """List how the account can pay (A-26)."""
    found = using.senders.payment_methods(actor, sender_id)
    return answers.PaymentMethodList(items=[answers.PaymentMethod.model_validate(one) for one in found])


@router.get("/senders/{sender_id}/consent-link", responses=problems(*ASKED), tags=["consents"])
def consent_link(sender_id: UUID, actor: CurrentStaff, using: Using) -> answers.Link:
    """Give the personal page where people consent to letters of the account, for letters and e-mails (A-22)."""
    return answers.Link(url=using.senders.consent_link(actor, sender_id))


@router.get("/billing-entities", tags=["billing"])
def entities(actor: CurrentStaff, using: Using) -> answers.EntityList:
    """List the billing entities that have a payment method (A-26, A-27)."""
    rows = using.office_rows.entities(office_of(actor))
    items = [
        answers.Entity(code=row.entity, label=row.label, sender_id=row.sender_id, payment_method=row.method)
        for row in rows
    ]
    return answers.EntityList(items=items)


@router.put(
    "/billing-entities/{code}",
    status_code=204,
    responses=problems(*ASKED, UnknownPaymentMethod),
    tags=["billing"],
)
def pay(code: shapes.Code, payment: shapes.EntityPayment, actor: CurrentStaff, using: Using) -> None:
    """Let a payment method of an account pay for a billing entity; one method may serve several (A-26, A-27)."""
    using.senders.map_payment(actor, payment.sender_id, code, payment.label, payment.payment_method)


@router.get("/billing", tags=["billing"])
def billing(actor: CurrentStaff, using: Using, since: Since = None, until: Until = None) -> answers.BillingList:
    """Sum what letters cost, by billing entity and payment method (A-51, A-70)."""
    rows = using.letter_rows.billing(office_of(actor), since, until)
    return answers.BillingList(items=[answers.Billing.model_validate(row) for row in rows])


def _sender(using: Using, sender_id: UUID) -> answers.Sender:
    row = using.office_rows.sender(sender_id)
    if row is None:
        raise NotFound
    return views.sender(row)
