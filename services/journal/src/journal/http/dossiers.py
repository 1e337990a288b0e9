"""The routes about one dossier."""

from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Query, Response

from journal.http.parts import Parts, download, file_answer
from journal.reading.certificate import DossierNotComplete
from journal.reading.exports import CheckpointUnknown
from journal.reading.timeline import EventPage

BUNDLE_TYPE = "application/zip"


def dossier_routes(parts: Parts) -> APIRouter:
    """Return the routes about one dossier."""
    router = APIRouter(tags=["dossiers"])

    @router.get("/dossiers/{dossier_id}/events", responses=problems(NotFound, Unavailable))
    def events(dossier_id: UUID, actor: CurrentActor, paging: CurrentPaging) -> EventPage:
        """List the events of a dossier in the order of the log, with who, when, what and whether it is sealed."""
        reader = parts.access.reader(actor, dossier_id)
        after = int(paging.after[0]) if paging.after else -1
        found = parts.timeline.events(reader, dossier_id, after, paging.limit + 1)
        page = found[: paging.limit]
        more = paging.cursor([page[-1].index]) if len(found) > len(page) else None
        return EventPage(items=page, next=more)

    @router.get(
        "/dossiers/{dossier_id}/bundle",
        response_class=Response,
        responses=problems(NotFound, Unavailable, CheckpointUnknown) | file_answer(BUNDLE_TYPE),
    )
    def bundle(
        dossier_id: UUID,
        actor: CurrentActor,
        known: Annotated[
            list[int] | None, Query(max_length=8, description="Sizes of checkpoints that you already hold.")
        ] = None,
        *,
        contents: Annotated[bool, Query(description="Whether to disclose the contents that you may see.")] = True,
    ) -> Response:
        """Export the verifiable bundle (.lcp) of a dossier, with what the stores hold at this moment."""
        reader = parts.access.reader(actor, dossier_id)
        export = parts.exports.export(reader, dossier_id, known or (), contents=contents)
        return download(export.bundle.encode(), BUNDLE_TYPE, f"{dossier_id}.lcp")

    @router.get(
        "/dossiers/{dossier_id}/certificate",
        response_class=Response,
        responses=problems(NotFound, DossierNotComplete, Unavailable) | file_answer("application/pdf"),
    )
    def certificate(dossier_id: UUID, actor: CurrentActor) -> Response:
        """Print the certificate of a dossier (PDF): its documents with their SHA-256, and the state of the log."""
        reader = parts.access.reader(actor, dossier_id)
        pdf = parts.certificates.certificate(reader, dossier_id)
        return download(pdf, "application/pdf", f"certificat-{dossier_id}.pdf")

    return router
