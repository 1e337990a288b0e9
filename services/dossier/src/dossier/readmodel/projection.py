"""Each event as rows, in the event's own transaction."""

from typing import Any
from uuid import UUID, uuid5

from eventstore import Projection, Rows

from dossier.domain.conversation import Conversation
from dossier.domain.document_request import DocumentRequest, State, state_on_arrival
from dossier.domain.dossier import Dossier
from dossier.domain.erasure import Erasure
from dossier.domain.presets import Presets, Return, Withdrawal, folded
from dossier.domain.reasons import RefusalReasons
from dossier.domain.text import same_number

projection = Projection()


@projection.on(Dossier.Created)
def _(event: Dossier.Created, rows: Rows) -> None:
    rows.insert(
        "dossier",
        id=event.originator_id,
        office_id=event.office_id,
        number=event.number,
        number_folded=same_number(event.number),
        title=event.title,
        note=event.note,
        deed_type=event.deed_type,
        whole_office=event.whole_office,
        member_ids=_members(event),
        opened_by=event.opened_by,
        opened_at=event.timestamp,
        version=event.originator_version,
    )


@projection.on(Dossier.Edited)
def _(event: Dossier.Edited, rows: Rows) -> None:
    _change(
        rows,
        event,
        number=event.number,
        number_folded=same_number(event.number),
        title=event.title,
        note=event.note,
        deed_type=event.deed_type,
    )


@projection.on(Dossier.AccessChanged)
def _(event: Dossier.AccessChanged, rows: Rows) -> None:
    _change(rows, event, whole_office=event.whole_office, member_ids=event.member_ids)


@projection.on(Dossier.ClientAdded)
def _(event: Dossier.ClientAdded, rows: Rows) -> None:
    rows.insert(
        "dossier_client",
        id=uuid5(event.originator_id, str(event.client_id)),
        dossier_id=event.originator_id,
        client_id=event.client_id,
        added_at=event.timestamp,
    )
    _change(rows, event)


@projection.on(Dossier.Completed)
def _(event: Dossier.Completed, rows: Rows) -> None:
    _change(rows, event, completed_at=event.timestamp)


@projection.on(Dossier.Archived)
def _(event: Dossier.Archived, rows: Rows) -> None:
    _change(rows, event, archived_at=event.timestamp)


@projection.on(DocumentRequest.Created)
def _(event: DocumentRequest.Created, rows: Rows) -> None:
    _add_request(rows, event, document_type=event.document_type, batch_id=event.batch_id, due_on=event.due_on)
    rows.update("dossier", event.dossier_id, completed_at=None)


@projection.on(DocumentRequest.Offered)
def _(event: DocumentRequest.Offered, rows: Rows) -> None:
    _add_request(rows, event)


@projection.on(DocumentRequest.Deposited)
def _(event: DocumentRequest.Deposited, rows: Rows) -> None:
    rows.update("document_request", event.originator_id, state=event.state)
    rows.insert(
        "document_version",
        id=event.version_id,
        request_id=event.originator_id,
        dossier_id=event.dossier_id,
        state=state_on_arrival(event.state).value,
        size=event.size,
        media_type=event.media_type,
        replaces=event.replaces,
        deposited_at=event.timestamp,
    )


@projection.on(DocumentRequest.Validated)
def _(event: DocumentRequest.Validated, rows: Rows) -> None:
    _decide(rows, event, state=State.VALIDATED.value)


@projection.on(DocumentRequest.Refused)
def _(event: DocumentRequest.Refused, rows: Rows) -> None:
    _decide(rows, event, state=State.REFUSED.value, reason=event.reason)


@projection.on(DocumentRequest.Withdrawn)
def _(event: DocumentRequest.Withdrawn, rows: Rows) -> None:
    rows.update("document_request", event.originator_id, state=event.state)
    rows.update("document_version", event.version_id, state=State.WITHDRAWN.value)


@projection.on(DocumentRequest.DueDateChanged)
def _(event: DocumentRequest.DueDateChanged, rows: Rows) -> None:
    rows.update("document_request", event.originator_id, due_on=event.due_on)


@projection.on(DocumentRequest.Cancelled)
def _(event: DocumentRequest.Cancelled, rows: Rows) -> None:
    rows.update("document_request", event.originator_id, state=State.CANCELLED.value)


@projection.on(Conversation.Posted)
def _(event: Conversation.Posted, rows: Rows) -> None:
    rows.insert(
        "message",
        id=event.post_id,
        dossier_id=event.dossier_id,
        client_id=event.client_id,
        side=event.side,
        author_id=event.actor_id,
        purpose=event.purpose,
        batch_id=event.batch_id,
        subject=event.subject,
        text=event.text,
        posted_at=event.timestamp,
    )


@projection.on(Conversation.Read)
def _(event: Conversation.Read, rows: Rows) -> None:
    for post_id in event.post_ids:
        rows.update("message", UUID(post_id), read_at=event.timestamp, read_by=event.actor_id)


@projection.on(Presets.Created)
def _(event: Presets.Created, rows: Rows) -> None:
    row_id = uuid5(event.office_id, event.deed_type)
    rows.delete("preset", row_id)
    rows.insert(
        "preset",
        id=row_id,
        office_id=event.office_id,
        deed_type=event.deed_type,
        documents=event.documents,
        label=event.label,
        helps=event.helps,
    )


@projection.on(Withdrawal.Created)
def _(event: Withdrawal.Created, rows: Rows) -> None:
    row_id = uuid5(event.office_id, event.deed_type)
    rows.delete("withdrawn_deed_type", row_id)  # two colleagues may say the same
    rows.insert("withdrawn_deed_type", id=row_id, office_id=event.office_id, deed_type=event.deed_type)


@projection.on(Return.Created)
def _(event: Return.Created, rows: Rows) -> None:
    rows.delete("withdrawn_deed_type", uuid5(event.office_id, event.deed_type))


@projection.on(RefusalReasons.Created)
def _(event: RefusalReasons.Created, rows: Rows) -> None:
    rows.delete("refusal_reasons", event.office_id)
    rows.insert("refusal_reasons", id=event.office_id, reasons=event.reasons)


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.insert("erased_person", id=event.person_id)


def _members(event: Dossier.Created) -> list[str]:
    return sorted({str(event.opened_by), *event.member_ids})


def _change(rows: Rows, event: Any, **columns: Any) -> None:
    rows.update("dossier", event.originator_id, version=event.originator_version, **columns)


def _add_request(rows: Rows, event: DocumentRequest.Created | DocumentRequest.Offered, **columns: Any) -> None:
    rows.insert(
        "document_request",
        id=event.originator_id,
        dossier_id=event.dossier_id,
        client_id=event.client_id,
        label=event.label,
        folded=None if event.label is None else folded(event.label),
        state=State.ASKED.value,
        requested_at=event.timestamp,
        **columns,
    )


def _decide(rows: Rows, event: DocumentRequest.Validated | DocumentRequest.Refused, **columns: Any) -> None:
    rows.update("document_request", event.originator_id, state=event.state)
    rows.update("document_version", event.version_id, decided_at=event.timestamp, decided_by=event.actor_id, **columns)
