"""The verifiable bundles (.lcp): of a dossier, of a document version, of a whole office."""

from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Response
from proof.archive import ArchiveMalformed
from proof.bundle import Scope

from journal.http.asking import Contents, CurrentIntent, Known
from journal.http.parts import Parts, download, file_answer
from journal.log.records import LogBehind
from journal.reading.access import Reader
from journal.reading.exports import CheckpointUnknown, ExportTooLarge, Wanted
from journal.reading.purposes import Intent, PurposeRequired

BUNDLE_TYPE = "application/zip"
_REFUSALS = problems(
    NotFound, Unavailable, CheckpointUnknown, ExportTooLarge, PurposeRequired, LogBehind
) | file_answer(BUNDLE_TYPE)


def export_routes(parts: Parts) -> APIRouter:
    """Return the routes that export; each export is itself recorded in the log."""
    router = APIRouter(tags=["exports"])

    @router.get("/dossiers/{dossier_id}/bundle", response_class=Response, responses=_REFUSALS)
    def dossier_bundle(
        dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent, known: Known = None, *, contents: Contents = True
    ) -> Response:
        """Export the verifiable bundle (.lcp) of a dossier, with what the stores hold at this moment."""
        reader = parts.access.reader(actor, dossier_id)
        scope = Scope("dossier", str(dossier_id))
        wanted = Wanted(scope, reader.office_id, earlier=known or (), contents=contents)
        return _bundle(parts, reader, wanted, intent)

    @router.get("/documents/{version_id}/bundle", response_class=Response, responses=_REFUSALS)
    def document_bundle(
        version_id: UUID, actor: CurrentActor, intent: CurrentIntent, known: Known = None, *, contents: Contents = True
    ) -> Response:
        """Export the bundle of one document version: what the vault did with it. Whoever reads its dossier may."""
        dossier = parts.access.dossier_of(version_id)
        reader = parts.access.reader(actor, dossier)
        scope = Scope("aggregate", str(version_id))
        wanted = Wanted(scope, reader.office_id, dossier, known or (), contents)
        return _bundle(parts, reader, wanted, intent)

    @router.get("/offices/{office_id}/bundle", response_class=Response, responses=_REFUSALS)
    def office_bundle(
        office_id: UUID, actor: CurrentActor, intent: CurrentIntent, known: Known = None, *, contents: Contents = False
    ) -> Response:
        """Export the bundle of everything that the log holds of an office, for its compliance role."""
        reader = parts.access.controller(actor, office_id)
        wanted = Wanted(Scope("office", str(office_id)), office_id, earlier=known or (), contents=contents)
        return _bundle(parts, reader, wanted, intent)

    return router


def _bundle(parts: Parts, reader: Reader, wanted: Wanted, intent: Intent) -> Response:
    export = parts.exports.export(reader, wanted, intent)
    try:
        packed = export.bundle.encode()
    except ArchiveMalformed:
        raise ExportTooLarge from None
    return download(packed, BUNDLE_TYPE, f"{wanted.scope.id}.lcp")
