"""Events of batches, senders, recipients, settings and erasures as rows."""

from typing import Any
from uuid import UUID, uuid5

from eventstore import Rows

from lre_gateway.domain.archiving import ArchivedDossier
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.compatibility import folded
from lre_gateway.domain.erasure import Erasure
from lre_gateway.domain.office_settings import OfficeSettings
from lre_gateway.domain.recipient import HAND, Recipient
from lre_gateway.domain.sender import Sender
from lre_gateway.domain.vocabulary import ConsentState, Missing
from lre_gateway.readmodel.registry import projection


@projection.on(Batch.Created)
def _(event: Batch.Created, rows: Rows) -> None:
    same = (
        "office_id", "dossier_id", "sender_id", "level", "hold_mode", "entity", "payment_method", "print", "created_by",
    )  # fmt: skip
    counts = ("asked", "check_number", "compatible", "incompatible", "warned", "submission")
    rows.insert(
        "batch",
        id=event.originator_id,
        created_at=event.at,
        rechecked_for=[],
        version=event.originator_version,
        **dict.fromkeys(counts, 0),
        **{name: getattr(event, name) for name in same},
    )


@projection.on(Batch.Extended)
def _(event: Batch.Extended, rows: Rows) -> None:
    _change(rows, "batch", event, asked=event.asked)


@projection.on(Batch.Checked)
def _(event: Batch.Checked, rows: Rows) -> None:
    _change(rows, "batch", event, check_number=event.check, checked_at=event.at, compatible=event.compatible,
            incompatible=event.incompatible, warned=event.warned)  # fmt: skip


@projection.on(Batch.Rechecked)
def _(event: Batch.Rechecked, rows: Rows) -> None:
    _change(rows, "batch", event, check_number=event.check, checked_at=event.at, compatible=event.compatible,
            incompatible=event.incompatible, warned=event.warned, rechecked_at=event.at,
            rechecked_for=event.causes)  # fmt: skip


@projection.on(Batch.Submitted)
def _(event: Batch.Submitted, rows: Rows) -> None:
    _change(rows, "batch", event, submission=event.submission, submitted_at=event.at, submitted_by=event.actor_id,
            paused=None, finished_at=None)  # fmt: skip


@projection.on(Batch.Paused)
def _(event: Batch.Paused, rows: Rows) -> None:
    _change(rows, "batch", event, paused=event.cause)


@projection.on(Batch.Resumed)
def _(event: Batch.Resumed, rows: Rows) -> None:
    _change(rows, "batch", event, paused=None)


@projection.on(Batch.Finished)
def _(event: Batch.Finished, rows: Rows) -> None:
    _change(rows, "batch", event, paused=None, finished_at=event.at)


@projection.on(Sender.Created)
def _(event: Sender.Created, rows: Rows) -> None:
    same = ("office_id", "provider", "holder_id", "account_email", "requested_by")
    rows.insert(
        "sender",
        id=event.originator_id,
        linked=False,
        missing=[Missing.LINK.value],
        requested_at=event.at,
        wrong_codes=0,
        version=event.originator_version,
        **{name: getattr(event, name) for name in same},
    )


@projection.on(Sender.LinkRequestedAgain)
def _(event: Sender.LinkRequestedAgain, rows: Rows) -> None:
    _change(rows, "sender", event, requested_by=event.requested_by, requested_at=event.at, revoked_at=None,
            linked=False, missing=[Missing.LINK.value])  # fmt: skip


@projection.on(Sender.Refreshed)
def _(event: Sender.Refreshed, rows: Rows) -> None:
    lost: dict[str, Any] = {"lost_at": None} if event.linked else {}
    _change(rows, "sender", event, account=event.account, linked=event.linked, missing=event.missing,
            refreshed_at=event.at, **lost)  # fmt: skip


@projection.on(Sender.AccessLost)
def _(event: Sender.AccessLost, rows: Rows) -> None:
    _change(rows, "sender", event, lost_at=event.at)


@projection.on(Sender.Revoked)
def _(event: Sender.Revoked, rows: Rows) -> None:
    _change(rows, "sender", event, revoked_at=event.at, linked=False)


@projection.on(Sender.PaymentMapped)
def _(event: Sender.PaymentMapped, rows: Rows) -> None:
    row_id = uuid5(event.originator_id, event.entity)
    rows.delete("billing_entity", row_id)
    rows.insert(
        "billing_entity",
        id=row_id,
        sender_id=event.originator_id,
        office_id=event.office_id,
        entity=event.entity,
        label=event.entity_label,
        method=event.method,
        mapped_at=event.timestamp,
    )
    _change(rows, "sender", event)


@projection.on(Sender.CodeRefused)
def _(event: Sender.CodeRefused, rows: Rows) -> None:
    wrong = 0 if event.locked_until else event.wrong
    _change(rows, "sender", event, wrong_codes=wrong, locked_until=event.locked_until)


@projection.on(Sender.Authenticated)
def _(event: Sender.Authenticated, rows: Rows) -> None:
    _change(rows, "sender", event, wrong_codes=0, locked_until=None)


@projection.on(Recipient.Created)
def _(event: Recipient.Created, rows: Rows) -> None:
    rows.insert(
        "recipient",
        id=event.originator_id,
        office_id=event.office_id,
        subject_id=event.subject_id,
        person_id=event.person_id,
        opted_out=False,
        added_at=event.timestamp,
        version=event.originator_version,
        **_party(event),
    )


@projection.on(Recipient.Changed)
def _(event: Recipient.Changed, rows: Rows) -> None:
    _change(rows, "recipient", event, **_party(event))


@projection.on(Recipient.ConsentRecorded)
def _(event: Recipient.ConsentRecorded, rows: Rows) -> None:
    _consent(rows, event, state=event.state, source=event.source, author_id=event.author_id,
             document_id=event.document_id)  # fmt: skip


@projection.on(Recipient.ConsentWithdrawn)
def _(event: Recipient.ConsentWithdrawn, rows: Rows) -> None:
    _consent(rows, event, state=ConsentState.WITHDRAWN.value, source=HAND, author_id=event.author_id)


@projection.on(Recipient.OptedOut)
def _(event: Recipient.OptedOut, rows: Rows) -> None:
    _change(rows, "recipient", event, opted_out=event.opted_out)


@projection.on(OfficeSettings.Created)
def _(event: OfficeSettings.Created, rows: Rows) -> None:
    rows.insert(
        "office_settings",
        id=event.originator_id,
        office_id=event.office_id,
        trade=event.trade,
        retention_years=event.retention_years,
        hold_mode=event.hold_mode,
        version=event.originator_version,
    )


@projection.on(OfficeSettings.Changed)
def _(event: OfficeSettings.Changed, rows: Rows) -> None:
    _change(rows, "office_settings", event, trade=event.trade, retention_years=event.retention_years,
            hold_mode=event.hold_mode)  # fmt: skip


@projection.on(ArchivedDossier.Created)
def _(event: ArchivedDossier.Created, rows: Rows) -> None:
    about = {"noted_as": event.originator_id, "office_id": event.office_id, "at": event.at}
    rows.insert("archived_dossier", id=event.dossier_id, **about)


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.insert("erased_person", id=event.person_id)


def _party(event: Recipient.Created | Recipient.Changed) -> dict[str, Any]:
    same = ("kind", "last_name", "first_name", "company", "email", "postal")
    told = {name: getattr(event, name) for name in same}
    words = (told[name] for name in ("last_name", "first_name", "company", "email"))
    email = told["email"]
    searched = " ".join(word.casefold() for word in words if word)
    return {**told, "email_folded": email and folded(email), "searched": searched}


def _consent(rows: Rows, event: Any, **facts: Any) -> None:
    rows.insert("consent", id=event.consent_id, recipient_id=event.originator_id, at=event.at, **facts)
    _change(
        rows,
        "recipient",
        event,
        consent_id=event.consent_id,
        consent_state=facts["state"],
        consent_source=facts["source"],
        consent_at=event.at,
    )


def _change(rows: Rows, table: str, event: Any, **columns: Any) -> None:
    originator: UUID = event.originator_id
    rows.update(table, originator, version=event.originator_version, **columns)
