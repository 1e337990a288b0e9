"""The certificate of a dossier: a page for people, with the machine-readable state of the log attached to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.refusal import Refusal
from fpdf import FPDF
from proof.checkpoint import Checkpoint
from proof.note import Note

from journal.reading.access import Reader
from journal.reading.exports import Export, Exports
from journal.reading.peers import Peers

COMPLETED = "dossier.dossier-completed"
PARIS = ZoneInfo("Europe/Paris")
DECISIONS = {"dossier.document-validated": "Validé", "dossier.document-refused": "Refusé"}

_HOW = (
    "Comment vérifier. Téléchargez le dossier de preuve (.lcp) auprès de l'office, et obtenez de lui, par une autre "
    "voie, la politique de confiance du journal. La commande « scelle verify dossier.lcp --policy politique.json "
    "--document fichier » contrôle, sans réseau, que le fichier est celui qui a été déposé et que rien n'a été altéré. "
    "Le dossier de preuve contient aussi un mode d'emploi pour tout vérifier à la main avec sha256sum et openssl. Pour "
    "un seul fichier : son SHA-256 doit être l'un de ceux qui figurent ci-dessus."
)
_LIMITS = (
    "Ce certificat résume le dossier de preuve ; à lui seul il n'est pas une preuve. Le journal prouve ce qui a été "
    "enregistré. Les dates sont celles des serveurs : cette version ne porte pas d'horodatage qualifié."
)


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
    """Prints certificates from exports."""

    def __init__(self, exports: Exports, peers: Peers) -> None:
        self._exports = exports
        self._peers = peers

    def certificate(self, reader: Reader, dossier: UUID) -> bytes:
        """Return the certificate as a PDF; raises NotFound, DossierNotComplete, Unavailable."""
        if not self._exports.holds(dossier, COMPLETED):
            raise DossierNotComplete
        export = self._exports.export(reader, dossier)
        readers = self._peers.readers(dossier)
        number = readers.number if readers else str(dossier)
        office = self._peers.office_name(reader.office_id) or str(reader.office_id)
        return _print(export, office, number)


def stored_documents(export: Export) -> list[Stored]:
    """List the document versions of an export in the order in which they were stored, with what the office decided."""
    found: dict[str, Stored] = {}
    decisions: dict[str, str] = {}
    for leaf, item in zip(export.leaves, export.bundle.items, strict=True):
        data = item.opening.data if item.opening else {}
        moment = datetime.fromisoformat(leaf.entry.recorded_at)
        if leaf.entry.type in DECISIONS:
            decisions[str(data.get("version_id"))] = f"{DECISIONS[leaf.entry.type]} le {_moment(moment)}"
        for document in leaf.entry.docs:
            stored = Stored(document.ver, data.get("name"), document.size, data.get("sha256"), moment)
            found.setdefault(document.ver, stored)
    # The log orders each service, not one after the other: a decision may stand before the document.
    return [replace(stored, decision=decisions.get(stored.version_id)) for stored in found.values()]


def _print(export: Export, office: str, number: str) -> bytes:
    note = Note.parse(export.sealed.note)
    checkpoint = Checkpoint.parse(note.text)
    pdf = FPDF(format="A4")
    pdf.set_title(f"Certificat du dossier {_plain(number)}")
    pdf.set_lang("fr-FR")
    pdf.set_margin(20)
    pdf.add_page()
    _line(pdf, "Certificat d'intégrité du dossier", size=18, style="B")
    _line(pdf, f"Office : {office}")
    _line(pdf, f"Dossier : {number}")
    _line(pdf, f"Identifiant : {export.bundle.dossier}")
    _line(pdf, f"Écritures scellées : {len(export.leaves)}")
    _line(pdf, "Documents", size=13, style="B")
    documents = stored_documents(export)
    for document in documents:
        _document(pdf, document)
    if not documents:
        _line(pdf, "Aucun document n'a été déposé dans ce dossier.")
    _line(pdf, "État du journal", size=13, style="B")
    _line(pdf, f"Racine de l'arbre (SHA-256) : {checkpoint.root.hex()}")
    _line(pdf, f"Nombre de feuilles : {checkpoint.size}")
    _line(pdf, export.sealed.note.decode(), size=8, family="Courier")
    _line(pdf, _HOW, size=9)
    _line(pdf, _LIMITS, size=9)
    # The printed note loses its em dash to the font; the attachment has its exact bytes.
    pdf.embed_file(bytes=export.sealed.note, basename=f"{checkpoint.size}.note", desc="Point de contrôle signé")
    return bytes(pdf.output())


def _document(pdf: FPDF, document: Stored) -> None:
    _line(pdf, document.name or f"Document {document.version_id}", style="B")
    stored = f"Conservé le {_moment(document.stored_at)}, {document.size} octets, version {document.version_id}"
    _line(pdf, stored, size=9)
    if document.decision:
        _line(pdf, document.decision, size=9)
    digest = document.sha256 or "non communiqué à ce lecteur"
    _line(pdf, f"SHA-256 : {digest}", size=8, family="Courier")


def _moment(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%d/%m/%Y à %H:%M:%S (heure de Paris)")


def _line(pdf: FPDF, text: str, *, size: int = 10, style: str = "", family: str = "Helvetica") -> None:
    pdf.set_font(family, style, size)
    pdf.multi_cell(0, size * 0.5, _plain(text), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)


def _plain(text: str) -> str:
    """Keep what the built-in fonts can show (Latin-1)."""
    for fancy, simple in (("\u2014", "-"), ("\u2013", "-"), ("\u2019", "'"), ("œ", "oe"), ("Œ", "OE")):
        text = text.replace(fancy, simple)
    return text.encode("latin-1", "replace").decode("latin-1")
