"""Certificates: pages for people about the documents of a dossier, or about one, with the proof inside."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.refusal import NotFound, Refusal
from proof.bundle import Scope

from journal.reading.access import Reader
from journal.reading.exports import Export, Wanted
from journal.reading.paper import CODE, Paper
from journal.reading.press import Press, moment
from journal.reading.purposes import Intent

COMPLETED = "dossier.dossier-completed"
DECISIONS = {"dossier.document-validated": "Validé", "dossier.document-refused": "Refusé"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A document version as its sealed entry and its disclosed content say."""

    version_id: str
    name: str | None
    size: int
    sha256: str | None
    stored_at: datetime
    decision: str | None = None


class DossierNotComplete(Refusal):
    """This dossier was never complete: the certificate is given once every document asked for is validated.

    If the last one was validated just now, ask again in a few seconds.
    """

    code, status = "dossier-not-complete", 409


class Certificates:
    """Prints certificates."""

    def __init__(self, press: Press) -> None:
        self._press = press

    def of_dossier(self, reader: Reader, dossier: UUID, intent: Intent) -> bytes:
        """Return the certificate of a dossier as a PDF; raises NotFound, DossierNotComplete, Unavailable."""
        if not self._press.holds(dossier, COMPLETED):
            raise DossierNotComplete
        wanted = Wanted(Scope("dossier", str(dossier)), reader.office_id, form="certificate")
        printed = self._press.begin("Certificat d'intégrité du dossier", reader, dossier, wanted, intent)
        printed.paper.heading("Documents")
        documents = stored_documents(printed.export)
        for document in documents:
            _document(printed.paper, document)
        if not documents:
            printed.paper.line("Aucun document n'a été déposé dans ce dossier.")
        return self._press.end(printed, "Certificat d'intégrité du dossier")

    def of_document(self, reader: Reader, version: UUID, dossier: UUID, intent: Intent) -> bytes:
        """Return the certificate of one document version as a PDF; raises NotFound, Unavailable."""
        wanted = Wanted(Scope("aggregate", str(version)), reader.office_id, dossier, form="certificate")
        printed = self._press.begin("Certificat d'intégrité d'un document", reader, dossier, wanted, intent)
        documents = stored_documents(printed.export)
        if not documents:
            raise NotFound
        printed.paper.heading("Document")
        for document in documents:
            _document(printed.paper, document)
        return self._press.end(printed, "Certificat d'intégrité d'un document")


def stored_documents(export: Export) -> list[Stored]:
    """List the document versions of an export in the order in which they were stored, with what the office decided."""
    found: dict[str, Stored] = {}
    decisions: dict[str, str] = {}
    for leaf, item in zip(export.leaves, export.bundle.items, strict=True):
        data = item.opening.data if item.opening else {}
        recorded = datetime.fromisoformat(leaf.entry.recorded_at)
        if leaf.event is None:
            continue
        if leaf.event.type in DECISIONS:
            decisions[str(data.get("version_id"))] = f"{DECISIONS[leaf.event.type]} le {moment(recorded)}"
        for document in leaf.event.docs:
            stored = Stored(document.ver, data.get("name"), document.size, data.get("sha256"), recorded)
            found.setdefault(document.ver, stored)
    # The log orders each service, not one after the other: a decision may stand before the document.
    return [replace(stored, decision=decisions.get(stored.version_id)) for stored in found.values()]


def _document(paper: Paper, document: Stored) -> None:
    paper.line(document.name or f"Document {document.version_id}", style="B")
    stored = f"Conservé le {moment(document.stored_at)}, {document.size} octets, version {document.version_id}"
    paper.line(stored, size=9)
    if document.decision:
        paper.line(document.decision, size=9)
    digest = document.sha256 or "non communiqué à ce lecteur"
    paper.line(f"SHA-256 : {digest}", size=8, family=CODE)
