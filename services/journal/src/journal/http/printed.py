"""Pages for people (PDF/A-3), each with the verifiable bundle inside."""

from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Response

from journal.http.asking import CurrentIntent
from journal.http.parts import Parts, download, file_answer
from journal.log.records import LogBehind
from journal.reading.certificate import DossierNotComplete
from journal.reading.exports import ExportTooLarge
from journal.reading.purposes import PurposeRequired

PDF = "application/pdf"
_REFUSALS = (NotFound, Unavailable, PurposeRequired, LogBehind, ExportTooLarge)


def printed_routes(parts: Parts) -> APIRouter:
    """Return the routes that print; each printing is an export, recorded in the log."""
    router = APIRouter(tags=["printed"])

    @router.get(
        "/dossiers/{dossier_id}/certificate",
        response_class=Response,
        responses=problems(*_REFUSALS, DossierNotComplete) | file_answer(PDF),
    )
    def dossier_certificate(dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent) -> Response:
        """Print the certificate of a dossier: its documents with their SHA-256, and the state of the log."""
        reader = parts.access.reader(actor, dossier_id)
        pdf = parts.certificates.of_dossier(reader, dossier_id, intent)
        return download(pdf, PDF, f"certificat-{dossier_id}.pdf")

    @router.get(
        "/documents/{version_id}/certificate",
        response_class=Response,
        responses=problems(*_REFUSALS) | file_answer(PDF),
    )
    def document_certificate(version_id: UUID, actor: CurrentActor, intent: CurrentIntent) -> Response:
        """Print the certificate of one document version. Whoever reads its dossier may."""
        dossier = parts.access.dossier_of(version_id)
        reader = parts.access.reader(actor, dossier)
        pdf = parts.certificates.of_document(reader, version_id, dossier, intent)
        return download(pdf, PDF, f"certificat-{version_id}.pdf")

    @router.get(
        "/dossiers/{dossier_id}/report",
        response_class=Response,
        responses=problems(*_REFUSALS) | file_answer(PDF),
    )
    def dossier_report(dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent) -> Response:
        """Print everything that happened in a dossier, in plain words."""
        reader = parts.access.reader(actor, dossier_id)
        return download(parts.reports.of_dossier(reader, dossier_id, intent), PDF, f"rapport-{dossier_id}.pdf")

    return router
