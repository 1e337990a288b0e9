"""What the proofs and the content of a letter say, on A4 pages."""

from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser

from fpdf import FPDF

from sandbox.ar24.truth.clock import PARIS
from sandbox.ar24.truth.model import Consent, File, Letter, Level, Sender

WATERMARK = "SANDBOX, sans valeur légale"
SERVICES = {
    Level.QUALIFIED: "Lettre recommandée électronique",
    Level.SIMPLE: "Courrier électronique suivi",
    Level.NOTICE: "Avis électronique",
    Level.PAPER: "Lettre papier",
}
_MARGIN, _LINE = 20, 6  # mm
_GREY = 225
_LABEL_WIDTH = 55  # mm


@dataclass(frozen=True, slots=True)
class Wording:
    """The title of a proof, what it states, and the name of the instant that it dates."""

    title: str
    statement: str
    instant: str


PROOFS = {
    "ev": Wording(
        "Preuve de dépôt et d'envoi",
        "Le courrier décrit ci-dessous a été déposé par l'expéditeur, puis son destinataire en a été averti.",
        "Envoi de l'avis au destinataire",
    ),
    "ar": Wording(
        "Preuve de réception",
        "Le destinataire, identifié au préalable, a accepté le courrier décrit ci-dessous.",
        "Réception",
    ),
    "rf": Wording(
        "Preuve de refus",
        "Le destinataire, identifié au préalable, a refusé le courrier décrit ci-dessous.",
        "Refus",
    ),
    "ng": Wording(
        "Preuve de non-réclamation",
        "Le destinataire n'a ni accepté ni refusé le courrier décrit ci-dessous dans le délai imparti.",
        "Constat de non-réclamation",
    ),
    "bc": Wording(
        "Preuve de non-remise",
        "L'avis adressé au destinataire n'a pas pu lui être remis par sa messagerie.",
        "Constat de non-remise",
    ),
}


class _Page(FPDF):
    """A page with the watermark behind what it says."""

    def header(self) -> None:
        """Print the watermark across the page."""
        self.set_font("helvetica", "B", 34)
        self.set_text_color(_GREY)
        with self.rotation(45, self.w / 2, self.h / 2):
            self.text(28, self.h / 2, WATERMARK)
        self.set_text_color(0)
        self.set_y(_MARGIN)


def proof(kind: str, letter: Letter, sender: Sender, files: list[File], at: datetime) -> bytes:
    """Print a proof: what articles R. 53-2 and R. 53-3 of the CPCE ask for, and the number of the letter."""
    said = PROOFS[kind]
    page = _started(said.title, at)
    _line(page, said.statement)
    rows = {
        "Service": SERVICES[letter.level],
        "Numéro d'identification unique": str(letter.id),
        "Expéditeur": sender.name,
        "Adresse de l'expéditeur": sender.email,
        "Destinataire": letter.recipient,
        "Adresse du destinataire": letter.email or f"{letter.address1}, {letter.zipcode} {letter.city}",
        "Dépôt": _instant(letter.released),
        "Envoi": _instant(letter.sent),
        said.instant: _instant(at),
        "Références": " / ".join(one for one in (letter.ref_dossier, letter.ref_client, letter.ref_facturation) if one),
    }
    if kind in {"ar", "rf"}:
        rows["Identification du destinataire"] = _instant(letter.identified)
    if kind == "ng":
        rows["Fin du délai"] = _instant(letter.deadline)
    for label, value in rows.items():
        _row(page, label, value)
    _listed(page, files)
    _line(page, "Scellé par le prestataire simulé, avec un jeton d'horodatage. " + WATERMARK + ".")
    return bytes(page.output())


def content(letter: Letter, sender: Sender, files: list[File]) -> bytes:
    """Print the text of a letter and the list of its files."""
    page = _started(f"Contenu du courrier n° {letter.id}", letter.created)
    _row(page, "Expéditeur", f"{letter.custom_name or sender.name} ({sender.email})")
    _row(page, "Destinataire", f"{letter.recipient} ({letter.email})")
    reader = _Text()
    reader.feed(letter.content)
    _line(page, "".join(reader.parts).strip() or "(sans texte)")
    _listed(page, files)
    return bytes(page.output())


def consent(given: Consent, sender: Sender) -> bytes:
    """Print what a recipient answered to a sender."""
    page = _started("Preuve de consentement", given.at)
    _row(page, "Expéditeur", f"{sender.name} ({sender.email})")
    _row(page, "Destinataire", f"{given.firstname} {given.lastname} ({given.email})")
    _row(page, "Réponse", "accepté" if given.state == "accepted" else "refusé")
    _row(page, "Déclarée par", "l'expéditeur" if given.declared_by == "SENDER" else "le destinataire")
    _row(page, "Date", _instant(given.at))
    return bytes(page.output())


class _Text(HTMLParser):
    """Keeps the words of a letter, and a new line where a block ends."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "div", "li", "tr", "h1", "h2", "h3"}:
            self.parts.append("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's
        if tag == "br":
            self.parts.append("\n")


def _started(title: str, at: datetime) -> _Page:
    page = _Page(format="A4")
    page.core_fonts_encoding = "cp1252"
    page.set_title(title)
    page.set_lang("fr-FR")
    page.set_creation_date(at)
    page.set_margin(_MARGIN)
    page.add_page()
    page.set_font("helvetica", "B", 16)
    page.multi_cell(0, 10, _plain(title), new_x="LMARGIN", new_y="NEXT")
    return page


def _line(page: _Page, text: str) -> None:
    page.set_font("helvetica", "", 10)
    page.ln(2)
    page.multi_cell(0, _LINE, _plain(text), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(2)


def _row(page: _Page, label: str, value: str) -> None:
    page.set_font("helvetica", "B", 9)
    page.cell(_LABEL_WIDTH, _LINE, _plain(label))
    page.set_font("helvetica", "", 9)
    page.multi_cell(0, _LINE, _plain(value) or "-", align="L", new_x="LMARGIN", new_y="NEXT")


def _listed(page: _Page, files: list[File]) -> None:
    for number, file in enumerate(files, 1):
        _row(page, f"Pièce jointe {number}", f"{file.name} ({file.size} octets, SHA-1 {file.sha1})")


def _plain(text: str) -> str:
    # The fonts that every reader has know no other letters; a simulated proof may miss an accent of another alphabet.
    return text.encode("cp1252", "replace").decode("cp1252")


def _instant(at: datetime | None) -> str:
    return f"{at.astimezone(PARIS):%d/%m/%Y %H:%M:%S} (heure de Paris)" if at else ""
