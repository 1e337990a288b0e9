"""Letters: looked for, read, released, given up, sent again, and their proofs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.actor import Actor
from chassis.client import Unavailable
from chassis.http import CurrentPaging, CurrentStaff, Instant, Paging, etag, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from lre_gateway.application.access import office_of
from lre_gateway.domain.refusals import (
    FilesDestroyed,
    NoSuchChange,
    NotCancellable,
    NotReissuable,
    ProviderCannot,
    ProviderRefuses,
    ProviderSilent,
    UnknownRecipient,
)
from lre_gateway.domain.state import State
from lre_gateway.domain.vocabulary import Level
from lre_gateway.entrypoints.http import answers, shapes, views
from lre_gateway.entrypoints.http.csv_lines import BOM, csv_line
from lre_gateway.entrypoints.http.uses import Using
from lre_gateway.readmodel.lists import LetterRow, Sought, Window

router = APIRouter(tags=["letters"], responses=problems(NotAllowed))
MAX_LINES = 10_000
"""Of one CSV; a period or another filter makes it shorter."""
SLICE = 500
CSV_COLUMNS = (
    "Date", "Numéro", "Type", "Statut", "Émetteur", "Destinataire", "Destinataire e-mail", "Objet", "Référence",
    "Date dépôt", "Date d'envoi", "Date d'AR", "Échéance", "Preuves", "Identifiant",
)  # fmt: skip


def sought(  # noqa: PLR0913 - what can be looked for
    *,
    dossier_id: UUID | None = None,
    batch_id: UUID | None = None,
    user: Annotated[UUID | None, Query(description="Who prepared them.")] = None,
    since: Annotated[Instant | None, Query(description="Prepared from this instant on.")] = None,
    until: Annotated[Instant | None, Query(description="Prepared before this instant.")] = None,
    status: Annotated[list[State] | None, Query(description="One or several.")] = None,
    level: Level | None = None,
    sender_id: UUID | None = None,
    recipient_id: UUID | None = None,
    recipient: Annotated[str, Query(max_length=200, description="In name, company or e-mail.")] = "",
    attention: Annotated[bool, Query(description="Only those that a person has to look at.")] = False,
) -> Sought:
    """Return what is looked for (A-60)."""
    return Sought(
        dossier_id=dossier_id,
        batch_id=batch_id,
        user=user,
        since=since,
        until=until,
        states=[one.value for one in status or ()],
        level=level.value if level else "",
        sender_id=sender_id,
        recipient_id=recipient_id,
        recipient=recipient,
        attention=attention,
    )


Looking = Annotated[Sought, Depends(sought)]


@router.get("/letters", responses=problems(Unavailable))
def list_letters(actor: CurrentStaff, using: Using, paging: CurrentPaging, looking: Looking) -> answers.LetterPage:
    """List letters of the office that the caller may read, newest first (A-28, A-60)."""
    return _page(actor, using, paging, looking)


@router.get(
    "/letters.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}, **problems(Unavailable)},
)
def csv(actor: CurrentStaff, using: Using, looking: Looking) -> StreamingResponse:
    """Give the list as CSV for spreadsheets, at most 10,000 letters; no cell is taken for a formula."""
    office_of(actor)
    headers = {"Content-Disposition": 'attachment; filename="lettres.csv"'}
    lines = (line.encode() for line in _csv(actor, using, looking))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/letters/awaiting-code", responses=problems(Unavailable))
def awaiting(
    actor: CurrentStaff, using: Using, paging: CurrentPaging, sender_id: UUID | None = None
) -> answers.LetterPage:
    """List the letters that wait for the code of their sender (A-49, A-52)."""
    return _page(actor, using, paging, Sought(states=[State.AWAITING_SENDER_AUTH.value], sender_id=sender_id))


@router.get("/letters/{letter_id}", responses=problems(NotFound, Unavailable))
def show(letter_id: UUID, actor: CurrentStaff, using: Using, response: Response) -> answers.LetterView:
    """Show a letter with its files, what happened to it, and its proofs (A-39)."""
    using.access.letter(actor, letter_id)
    row, more = using.letter_rows.one(letter_id)
    response.headers["ETag"] = etag(row.version)
    ids = {"letter_id": row.id, "recipient_id": row.recipient_id, "sender_id": row.sender_id}
    office_id = office_of(actor)
    names = more["names"] or [None] * len(more["documents"])
    return answers.LetterView.model_validate(
        {
            **views.line(row),
            "dossier_reference": row.dossier_reference,
            "entity": row.entity,
            "payment_method": row.paid_with or more["payment_method"],
            "price": row.price,
            "files": [{**file, "name": name} for file, name in zip(more["documents"], names, strict=True)],
            "problems": [views.problem(code, office_id=office_id, **ids) for code in row.problems],
            "warnings": [views.problem(code, office_id=office_id, **ids) for code in row.warnings],
            "history": using.letter_rows.steps(letter_id),
            "changes": using.letter_rows.changes(letter_id),
            "evidence_awaited": row.pending,
            "identity_pending": more["identity_pending"],
            "reissued_from": row.reissued_from,
            "reissued_as": row.successor_id,
            "retention_ended_at": more["retention_ended_at"],
            "destroyed_at": more["destroyed_at"],
            "events": views.went_through(row.level, row.state),
        }
    )


@router.post(
    "/letters/{letter_id}/cancellation",
    status_code=204,
    responses=problems(NotFound, NotCancellable, ProviderCannot, ProviderSilent, Unavailable),
)
def cancel(letter_id: UUID, actor: CurrentStaff, using: Using) -> None:
    """Give a letter up before it leaves."""
    using.letters.cancel(actor, letter_id)


@router.post(
    "/letters/{letter_id}/reissue",
    status_code=201,
    responses=problems(NotFound, NotReissuable, UnknownRecipient, Unavailable),
)
def reissue(letter_id: UUID, whom: shapes.Reissue, actor: CurrentStaff, using: Using) -> answers.Reissued:
    """Write a letter that did not reach its recipient again, as a new one that refers to it."""
    return answers.Reissued.model_validate(using.letters.reissue(actor, letter_id, whom.recipient_id, whom.level))


@router.post(
    "/letters/{letter_id}/recipient-changes/{change_id}/answer",
    status_code=204,
    responses=problems(NotFound, NoSuchChange, ProviderCannot, ProviderSilent, ProviderRefuses, Unavailable),
)
def answer(letter_id: UUID, change_id: str, said: shapes.Answer, actor: CurrentStaff, using: Using) -> None:
    """Tell the provider whether the recipient may be accepted under the other name (A-65)."""
    using.letters.answer_change(actor, letter_id, change_id, accept=said.accept)


@router.get("/letters/{letter_id}/evidence", responses=problems(NotFound, Unavailable))
def evidence(letter_id: UUID, actor: CurrentStaff, using: Using) -> answers.EvidenceList:
    """List the proofs of a letter (A-57, A-67)."""
    using.access.letter(actor, letter_id)
    items = [answers.EvidenceView.model_validate(row) for row in using.letter_rows.evidence(letter_id)]
    return answers.EvidenceList(items=items)


@router.post(
    "/letters/{letter_id}/evidence/{version_id}/downloads",
    status_code=201,
    responses=problems(NotFound, FilesDestroyed, Unavailable),
)
def download(letter_id: UUID, version_id: UUID, actor: CurrentStaff, using: Using) -> answers.Download:
    """Get a ticket to download a proof from the vault."""
    return answers.Download.model_validate(using.evidences.download(actor, letter_id, version_id))


def _page(actor: Actor, using: Using, paging: Paging, looking: Sought) -> answers.LetterPage:
    office_id = office_of(actor)
    rows, following = views.page(
        paging,
        lambda window: using.letter_rows.page(office_id, looking, window),
        lambda found: _readable(actor, using, found),
        _prepared_at,
    )
    return answers.LetterPage(items=[answers.LetterLine(**views.line(row)) for row in rows], next=following)


def _csv(actor: Actor, using: Using, looking: Sought) -> Iterator[str]:
    yield BOM + csv_line(CSV_COLUMNS)
    after: Sequence[Any] | None = None
    for _ in range(MAX_LINES // SLICE):
        rows = using.letter_rows.page(office_of(actor), looking, Window(SLICE, after))
        for row in _readable(actor, using, rows):
            line = answers.LetterLine(**views.line(row))
            yield csv_line(
                (
                    line.prepared_at, line.number, line.level_name, line.state_name, line.sender_email, line.recipient,
                    line.recipient_email, line.subject, row.dossier_reference, line.deposited_at, line.sent_at,
                    line.received_at, line.deadline, line.evidence, line.id,
                )
            )  # fmt: skip
        if len(rows) < SLICE:
            return
        after = views.place(rows[-1], _prepared_at)


def _readable(actor: Actor, using: Using, rows: Sequence[LetterRow]) -> list[LetterRow]:
    readable = using.access.readable_dossiers(actor, {row.dossier_id for row in rows if row.dossier_id})
    return [row for row in rows if row.dossier_id is None or row.dossier_id in readable]


def _prepared_at(row: LetterRow) -> datetime:
    return row.prepared_at
