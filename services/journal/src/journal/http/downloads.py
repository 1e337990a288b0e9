"""Leaves as files for other tools: of an office, of a dossier, of whoever asks."""

from collections.abc import Iterator
from typing import Annotated, Literal
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, example, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, JsonValue

from journal.http.asking import CurrentIntent
from journal.http.compliance import CurrentFilter
from journal.http.parts import Parts
from journal.log.records import LogBehind
from journal.reading.purposes import Intent, PurposeRequired
from journal.reading.query import Filter
from journal.reading.questions import Asked
from journal.reading.tables import lines, table
from journal.reading.timeline import EVENT, EventPage

Form = Literal["csv", "jsonl"]
Format = Annotated[
    Form, Query(alias="format", description="csv: a table for people; jsonl: exact entries and payloads")
]
TYPES: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
ENTRIES, DIGEST = "Scelle-Entries", "Scelle-Digest"

_HEADERS = {
    ENTRIES: {"description": "how many leaves follow", "schema": {"type": "integer"}},
    DIGEST: {"description": "SHA-256 over their leaf hashes, base64, as recorded", "schema": {"type": "string"}},
}
_FILE = {
    200: {
        "headers": _HEADERS,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TYPES.values()},
    }
}
_REFUSALS = problems(NotFound, Unavailable, PurposeRequired, LogBehind) | _FILE

OWN: dict[str, JsonValue] = {
    "dossier_id": "0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e",
    "bundle": "/api/journal/v1/dossiers/0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e/bundle",
}


class OwnDossier(BaseModel):
    """A dossier that leaves of a page belong to, and where its verifiable bundle is."""

    model_config = example(OWN)

    dossier_id: UUID
    bundle: str


class OwnPage(EventPage):
    """What concerns whoever asks, in every office."""

    model_config = example({"items": [EVENT], "next": None, "dossiers": [OWN]})

    dossiers: list[OwnDossier] = Field(description="the dossiers of this page")


def download_routes(parts: Parts) -> APIRouter:
    """Return the routes that give tables, and those of a client's own journal."""
    router = APIRouter(tags=["exports"])

    @router.get("/events/export", response_class=StreamingResponse, responses=_REFUSALS)
    def office_table(
        actor: CurrentActor, intent: CurrentIntent, wanted: CurrentFilter, form: Format
    ) -> StreamingResponse:
        """Export what the log holds of an office, filtered as its list is, for its compliance role."""
        return _sent(parts, parts.questions.of_office(actor, wanted), intent, form)

    @router.get("/dossiers/{dossier_id}/export", response_class=StreamingResponse, responses=_REFUSALS)
    def dossier_table(dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent, form: Format) -> StreamingResponse:
        """Export the leaves of a dossier; the compliance role finds records among them."""
        return _sent(parts, parts.questions.of_dossier(actor, dossier_id), intent, form)

    @router.get("/my/events", responses=problems(NotFound, Unavailable, PurposeRequired, LogBehind))
    def own_events(request: Request, actor: CurrentActor, intent: CurrentIntent, paging: CurrentPaging) -> OwnPage:
        """List what the log holds about a client and their documents, in every office (CPCE, art. L. 103)."""
        after, below = paging.after or (-1, None)
        answer = parts.questions.page(parts.questions.of_person(actor, Filter()), intent, after, below, paging.limit)
        more = paging.cursor([answer.last, answer.below]) if answer.last is not None else None
        found = {event.dossier_id for event in answer.events if event.dossier_id}
        prefix = request.url.path.removesuffix("/my/events")
        dossiers = [OwnDossier(dossier_id=one, bundle=f"{prefix}/dossiers/{one}/bundle") for one in sorted(found)]
        return OwnPage(items=answer.events, next=more, dossiers=dossiers)

    @router.get("/my/export", response_class=StreamingResponse, responses=_REFUSALS)
    def own_table(actor: CurrentActor, intent: CurrentIntent, form: Format) -> StreamingResponse:
        """Export what the log holds about a client and their documents, in every office."""
        return _sent(parts, parts.questions.of_person(actor, Filter()), intent, form)

    return router


def _sent(parts: Parts, asked: Asked, intent: Intent, form: Form) -> StreamingResponse:
    found = parts.questions.export(asked, intent, form)
    content: Iterator[bytes] = (
        table(parts.timeline.shown(asked.reader, rows) for rows in found.batches)
        if form == "csv"
        else lines(found.batches, parts.peers, asked.reader, asked.wanted.said())
    )
    headers = {
        ENTRIES: str(found.entries),
        DIGEST: found.digest,
        "Content-Disposition": f'attachment; filename="journal.{form}"',
    }
    return StreamingResponse(content, media_type=TYPES[form], headers=headers)
