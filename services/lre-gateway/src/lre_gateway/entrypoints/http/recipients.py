"""The people an office writes to, and what they agreed to."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentPaging, CurrentStaff, IfMatch, PreconditionMissing, etag, problems
from chassis.refusal import NotAllowed, NotFound, Stale
from fastapi import APIRouter, Query, Response

from lre_gateway.application.access import office_of
from lre_gateway.application.recipients import NewRecipient
from lre_gateway.domain.party import Postal
from lre_gateway.domain.refusals import (
    ConsentDateInFuture,
    ErasedByIdentity,
    NotAClient,
    NothingWithdrawn,
    ProviderCannot,
    ProviderRefuses,
    ProviderSilent,
    RecipientKnown,
    SenderAway,
    SenderRevoked,
    UnknownAttachment,
    UnknownRecipient,
)
from lre_gateway.entrypoints.http import office_answers as answers
from lre_gateway.entrypoints.http import shapes, views
from lre_gateway.entrypoints.http.answers import Created
from lre_gateway.entrypoints.http.uses import Using

router = APIRouter(responses=problems(NotAllowed))
ASKED = (NotFound, UnknownRecipient, SenderRevoked, SenderAway, ProviderSilent, ProviderCannot, ProviderRefuses)


@router.post(
    "/recipients", status_code=201, responses=problems(RecipientKnown, NotAClient, Unavailable), tags=["recipients"]
)
def add(new: shapes.NewRecipient, actor: CurrentStaff, using: Using) -> Created:
    """Write somebody into the register of the office (A-13, A-14)."""
    facts: dict[str, Any] = new.model_dump(exclude={"postal"})
    postal = Postal(**new.postal.model_dump()) if new.postal else None
    return Created(**using.recipients.add(actor, NewRecipient(**facts, postal=postal)))


@router.get("/recipients", tags=["recipients"])
def list_recipients(
    actor: CurrentStaff,
    using: Using,
    paging: CurrentPaging,
    q: Annotated[str, Query(max_length=200, description="In name, company or e-mail.")] = "",
) -> answers.RecipientPage:
    """List the recipients of the office, newest first."""
    office_id = office_of(actor)
    rows, following = views.page(
        paging, lambda window: using.office_rows.recipients(office_id, q, window), list, lambda row: row.added_at
    )
    items = [answers.Recipient.model_validate(views.recipient(row)) for row in rows]
    return answers.RecipientPage(items=items, next=following)


@router.get("/recipients/{recipient_id}", responses=problems(NotFound), tags=["recipients"])
def show(recipient_id: UUID, actor: CurrentStaff, using: Using, response: Response) -> answers.RecipientView:
    """Show a recipient with the whole register of what they agreed to."""
    using.recipients.get(actor, recipient_id)
    row = using.office_rows.recipient(recipient_id)
    if row is None:
        raise NotFound
    response.headers["ETag"] = etag(row.version)
    consents = using.office_rows.consents(recipient_id)
    return answers.RecipientView.model_validate({**views.recipient(row), "consents": consents})


@router.patch(
    "/recipients/{recipient_id}",
    status_code=204,
    responses=problems(NotFound, Stale, PreconditionMissing),
    tags=["recipients"],
)
def change(  # noqa: PLR0913 - what the request is made of
    *,
    recipient_id: UUID,
    change: shapes.RecipientChange,
    version: IfMatch,
    actor: CurrentStaff,
    using: Using,
    response: Response,
) -> None:
    """Change what is known of a recipient of the version that was read (A-44)."""
    changes: dict[str, Any] = change.model_dump(include=change.model_fields_set)
    if changes.get("postal") is not None:
        changes["postal"] = Postal(**changes["postal"])
    response.headers["ETag"] = etag(using.recipients.change(actor, recipient_id, version, changes))


@router.delete(
    "/recipients/{recipient_id}", status_code=204, responses=problems(NotFound, ErasedByIdentity), tags=["recipients"]
)
def erase(recipient_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Forget who somebody without an account was; letters that did not leave are given up, proofs are kept by law."""
    using.recipients.erase(actor, recipient_id)


@router.post(
    "/recipients/{recipient_id}/opt-out", status_code=204, responses=problems(NotFound), tags=["recipients"]
)  # fmt: skip
def opt_out(recipient_id: UUID, choice: shapes.OptOut, actor: CurrentStaff, using: Using) -> None:
    """Note that somebody wants paper instead of electronic notices, or no longer does."""
    using.recipients.opt_out(actor, recipient_id, opted_out=choice.opted_out)


@router.post(
    "/consents",
    responses=problems(NotFound, UnknownRecipient, UnknownAttachment, ConsentDateInFuture, Unavailable),
    tags=["consents"],
)
def record(new: shapes.NewConsents, actor: CurrentStaff, using: Using) -> answers.ConsentChanges:
    """Write down that people agreed, with the document that shows it (A-16, A-24)."""
    return _changed(using, using.consents.record(actor, new.recipient_ids, new.document_id, new.at))


@router.post(
    "/consents/withdrawals",
    responses=problems(NotFound, UnknownRecipient, NothingWithdrawn),
    tags=["consents"],
)
def withdraw(whose: shapes.Recipients, actor: CurrentStaff, using: Using) -> answers.ConsentChanges:
    """Write down that people took their consent back (A-17)."""
    return _changed(using, using.consents.withdraw(actor, whose.recipient_ids))


@router.post("/consents/refresh", responses=problems(*ASKED), tags=["consents"])
def refresh(asked: shapes.ConsentRefresh, actor: CurrentStaff, using: Using) -> answers.ConsentChanges:
    """Fetch the answers from the provider, which holds the truth; list whose consent changed (A-15, A-18, A-21)."""
    return _changed(using, using.consents.refresh(actor, asked.sender_id, asked.recipient_ids))


@router.post("/consents/requests", responses=problems(*ASKED), tags=["consents"])
def request(asked: shapes.ConsentRequest, actor: CurrentStaff, using: Using) -> answers.ConsentChanges:
    """Have the provider ask people for their consent; it may be billed."""
    return _changed(using, using.consents.request(actor, asked.sender_id, asked.recipient_ids))


def _changed(using: Using, changes: Iterable[Any]) -> answers.ConsentChanges:
    found = list(changes)
    rows = using.office_rows.recipients_by_id([one.recipient_id for one in found])
    items = [
        answers.ConsentChange(
            recipient_id=one.recipient_id,
            name=views.full_name(rows.get(one.recipient_id)),
            before=one.before,
            after=one.after,
            email_changed=one.email_changed,
        )
        for one in found
    ]
    return answers.ConsentChanges(items=items)
