"""Letters in bulk: written, checked, sent."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from chassis.actor import Actor
from chassis.client import Unavailable
from chassis.http import CurrentPaging, CurrentStaff, accept_stream, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from lre_gateway.adapters.tables import MAX_BYTES, ColumnsMissing, TableTooLarge, TableUnreadable
from lre_gateway.application.access import office_of
from lre_gateway.application.batches import NewBatch, Print
from lre_gateway.application.writing import NewLetter
from lre_gateway.domain.refusals import (
    LevelNotAllowed,
    NothingReady,
    SenderRevoked,
    TooMany,
    UnknownAttachment,
    UnknownEntity,
    UnknownRecipient,
)
from lre_gateway.domain.vocabulary import Level, Printing
from lre_gateway.entrypoints.http import batch_answers as answers
from lre_gateway.entrypoints.http import shapes, views, words
from lre_gateway.entrypoints.http.importing import read_rows
from lre_gateway.entrypoints.http.raw import IdempotencyKey, SendingStaff, as_command
from lre_gateway.entrypoints.http.uses import Using
from lre_gateway.readmodel.offices import BatchRow

router = APIRouter(tags=["batches"], responses=problems(NotAllowed, NotFound, Unavailable))
WRITTEN = (
    UnknownRecipient, UnknownAttachment, UnknownEntity, LevelNotAllowed, SenderRevoked, TooMany, Unavailable,
)  # fmt: skip
_TABLE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"example": "nom;prénom;e-mail;objet;texte\nDurand;Jean;jean@example.org;Notification;Bonjour"},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
        },
    }
}
_NO_LETTER: Final[Mapping[str, Any]] = {"batch_id": None, "letters": 0, "recipients_added": 0, "refused": ()}


@router.post("/batches", status_code=201, responses=problems(*WRITTEN))
def create(new: shapes.NewBatch, actor: CurrentStaff, using: Using) -> answers.BatchCreated:
    """Write letters that have level, sender and billing in common (A-31, A-33, A-72)."""
    made = using.batches.create(actor, _facts(new), [_letter(letter) for letter in new.letters])
    return answers.BatchCreated.model_validate(made)


@router.post("/batches/{batch_id}/letters", status_code=201, responses=problems(*WRITTEN))
def add(batch_id: UUID, more: shapes.MoreLetters, actor: CurrentStaff, using: Using) -> answers.LettersAdded:
    """Add letters to a batch."""
    made = using.batches.add_letters(actor, batch_id, [_letter(letter) for letter in more.letters])
    return answers.LettersAdded.model_validate(made)


def import_facts(  # noqa: PLR0913 - what the letters of a table have in common
    *,
    sender_id: UUID,
    level: Level,
    dossier_id: UUID | None = None,
    entity: shapes.Code | None = None,
    payment_method: shapes.Code | None = None,
    colour: Annotated[bool, Query(description="Of paper.")] = False,
    sides: Printing = Printing.SIMPLEX,
    dossier_reference: shapes.Reference = "",
) -> shapes.BatchFacts:
    """Return what the letters of a table have in common, from the query."""
    paper = shapes.Print(colour=colour, sides=sides) if level is Level.PAPER else None
    return shapes.BatchFacts(
        sender_id=sender_id,
        level=level,
        dossier_id=dossier_id,
        entity=entity,
        payment_method=payment_method,
        print=paper,
        dossier_reference=dossier_reference,
    )


@router.post(
    "/batches/imports",
    status_code=201,
    dependencies=[accept_stream(MAX_BYTES)],
    openapi_extra=_TABLE,
    responses=problems(*WRITTEN, TableUnreadable, TableTooLarge, ColumnsMissing),
)
async def import_table(
    request: Request,
    actor: SendingStaff,
    key: IdempotencyKey,
    using: Using,
    facts: Annotated[shapes.BatchFacts, Depends(import_facts)],
) -> answers.Imported:
    """Write the letters of a table, CSV or .xlsx, with its columns in French or English, in any order.

    nom, prénom, société, e-mail, type (particulier, professionnel), adresse, complément, code postal, ville, pays,
    objet, texte, pièces jointes (ids of uploaded files, separated by blanks). Needed: nom or société, objet. Someone
    who is in the register already, by e-mail and name, is not added again. Rows that cannot become letters are listed.
    """
    content = await request.body()
    return await run_in_threadpool(lambda: _import(as_command(request, actor, key, content), using, facts, content))


@router.get("/batches")
def list_batches(actor: CurrentStaff, using: Using, paging: CurrentPaging) -> answers.BatchPage:
    """List the batches of the office that the caller may read, newest first."""
    office_id = office_of(actor)

    def readable(rows: Sequence[BatchRow]) -> Sequence[BatchRow]:
        seen = using.access.readable_dossiers(actor, {row.dossier_id for row in rows if row.dossier_id})
        return [row for row in rows if row.dossier_id is None or row.dossier_id in seen]

    rows, following = views.page(
        paging, lambda window: using.office_rows.batches(office_id, window), readable, lambda row: row.created_at
    )
    return answers.BatchPage(items=[answers.BatchLine(**views.batch(row)) for row in rows], next=following)


@router.get("/batches/{batch_id}")
def show(batch_id: UUID, actor: CurrentStaff, using: Using) -> answers.BatchView:
    """Show a batch and how far its sending has come (A-48)."""
    progress = using.batches.progress(actor, batch_id)
    row = using.office_rows.batch(batch_id)
    if row is None:
        raise NotFound
    return answers.BatchView(**views.batch(row), progress=answers.Progress.model_validate(progress))


@router.post("/batches/{batch_id}/checks")
def check(batch_id: UUID, actor: CurrentStaff, using: Using) -> answers.Report:
    """Check the letters that did not leave, again; nothing is asked of the provider (A-38, A-46)."""
    return answers.Report.model_validate(using.checking.check(actor, batch_id))


@router.get("/batches/{batch_id}/errors")
def errors(batch_id: UUID, actor: CurrentStaff, using: Using, paging: CurrentPaging) -> answers.LetterErrorPage:
    """List the letters that cannot leave, each with its recipient and every reason (A-43 to A-45)."""
    using.access.batch(actor, batch_id)
    after = UUID(paging.after[0]) if paging.after else None
    rows = using.office_rows.errors(batch_id, after, paging.limit + 1)
    shown = rows[: paging.limit]
    following = paging.cursor([str(shown[-1].letter_id)]) if len(rows) > paging.limit else None
    return answers.LetterErrorPage(items=[views.error(row, office_of(actor)) for row in shown], next=following)


@router.post("/batches/{batch_id}/submission", status_code=202, responses=problems(NothingReady, SenderRevoked))
def submit(batch_id: UUID, actor: CurrentStaff, using: Using) -> answers.Submission:
    """Send the letters that are ready; the others stay. The batch shows how far it has come (A-48, A-49)."""
    return answers.Submission.model_validate(using.batches.submit(actor, batch_id))


def _import(actor: Actor, using: Using, facts: shapes.BatchFacts, content: bytes) -> answers.Imported:
    read = read_rows(content)
    if not read.rows and not read.refused:
        raise TableUnreadable(reason="aucune ligne sous les titres")
    made = using.importing.import_rows(actor, _facts(facts), read.rows) if read.rows else _NO_LETTER
    refused = [*read.refused, *((one["line"], one["code"]) for one in made["refused"])]
    return answers.Imported(
        batch_id=made["batch_id"],
        letters=made["letters"],
        recipients_added=made["recipients_added"],
        refused=[
            answers.RowRefused(row=number, code=code, detail=words.problem(code)) for number, code in sorted(refused)
        ],
    )


def _facts(facts: shapes.BatchFacts) -> NewBatch:
    members: dict[str, Any] = facts.model_dump(exclude={"letters", "print"})
    paper = Print(colour=facts.print.colour, sides=facts.print.sides) if facts.print else None
    return NewBatch(**members, print=paper)


def _letter(letter: shapes.NewLetter) -> NewLetter:
    return NewLetter(
        recipient_id=letter.recipient_id,
        subject=letter.subject,
        text=letter.text,
        attachments=tuple(letter.attachments),
    )
