"""Sample documents that the project makes itself: text PDFs, a scanned PDF of several pages, photographs.

They are the same bytes on every run, so that a fingerprint seen once can be seen again.
"""

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFilter, ImageFont

MADE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PAGE = (1240, 1754)  # A4 at 150 dots per inch
INK, PAPER = (38, 38, 44), (250, 248, 242)

LEASE = (
    "Contrat de location",
    (
        "Entre Madame Anne Leroy, bailleresse, et Madame Jeanne Durand, locataire, il a été convenu ce qui suit.",
        "Le logement est situé au 12, rue des Lilas, à Lyon. Il comprend trois pièces principales.",
        "Durée. Le bail est consenti pour trois années entières et consécutives, à compter du premier février.",
        "Loyer. Le loyer mensuel est fixé à huit cent quarante euros, payable d'avance le premier jour du mois.",
        "Dépôt de garantie. Il est versé une somme égale à un mois de loyer hors charges.",
    ),
)
TAX = (
    "Avis d'imposition",
    (
        "Impôt sur les revenus. Déclarant : Jeanne Durand. Nombre de parts : 1,5.",
        "Revenu fiscal de référence : 31 480.",
    ),
)
INSURANCE = (
    "Attestation d'assurance habitation",
    ("Nous attestons que Madame Jeanne Durand est assurée contre les risques locatifs pour le logement désigné.",),
)
PAYSLIPS = ("Bulletins de paie", tuple(f"Mois de {month} : salaire net 2 310,45." for month in ("octobre", "novembre")))
CARD = (
    "RÉPUBLIQUE FRANÇAISE",
    "CARTE NATIONALE D'IDENTITÉ",
    "Nom : DURAND",
    "Prénom : Jeanne",
    "Née le 04.05.1990 à LYON",
)
BILL = ("FACTURE D'ÉLECTRICITÉ", "Titulaire : Paul Martin", "Adresse : 3, quai Tilsitt, Lyon", "Montant : 64,20 euros")
BANK = ("RELEVÉ D'IDENTITÉ BANCAIRE", "Titulaire : Paul Martin", "IBAN : FR76 0000 0000 0000 0000 0000 097")


def make_samples(folder: Path) -> list[Path]:
    """Write the samples into ``folder`` and return them in the order in which the journey deposits them."""
    makers: dict[str, Callable[[], bytes]] = {
        "01-avis-imposition.pdf": lambda: _text_pdf(TAX, pages=2),
        "02-carte-identite-scan.pdf": lambda: _scanned_pdf([CARD, CARD[1:], CARD[2:]]),
        "03-contrat-de-location.pdf": lambda: _text_pdf(LEASE, pages=4),
        "04-attestation-assurance.pdf": lambda: _text_pdf(INSURANCE, pages=1),
        "05-justificatif-domicile.jpg": lambda: _photo(BILL, "JPEG", seed=5),
        "06-releve-identite-bancaire.png": lambda: _photo(BANK, "PNG", seed=6),
        "07-bulletins-de-paie.pdf": lambda: _text_pdf(PAYSLIPS, pages=2),
        "08-carte-identite-nette.jpg": lambda: _photo(CARD, "JPEG", seed=8),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, make in makers.items():
        file = folder / name
        if not file.exists():
            file.write_bytes(make())
        files.append(file)
    return files


def _text_pdf(text: tuple[str, tuple[str, ...]], pages: int) -> bytes:
    title, paragraphs = text
    pdf = _pdf(title)
    for page in range(1, pages + 1):
        pdf.add_page()
        pdf.set_font("Helvetica", "B", 16)
        pdf.cell(0, 14, title, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Helvetica", size=11)
        for paragraph in paragraphs:
            pdf.multi_cell(0, 7, paragraph, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(3)
        pdf.cell(0, 10, f"Page {page} sur {pages}. Document d'exemple, sans valeur.")
    return bytes(pdf.output())


def _scanned_pdf(pages: list[tuple[str, ...]]) -> bytes:
    pdf = _pdf("Numérisation")
    for seed, lines in enumerate(pages):
        pdf.add_page()
        pdf.image(io.BytesIO(_photo(lines, "JPEG", seed=seed)), x=0, y=0, w=210)
    return bytes(pdf.output())


def _pdf(title: str) -> FPDF:
    pdf = FPDF()
    pdf.set_creation_date(MADE)
    pdf.set_title(title)
    pdf.set_lang("fr")
    return pdf


def _photo(lines: tuple[str, ...], kind: str, seed: int) -> bytes:
    """Return a picture of a paper, a little crooked and grainy, as a telephone or a scanner makes it."""
    paper = Image.new("RGB", PAGE, PAPER)
    draw = ImageDraw.Draw(paper)
    draw.rectangle((90, 120, PAGE[0] - 90, 900), outline=INK, width=4)
    for number, line in enumerate(lines):
        draw.text((140, 180 + 110 * number), line, fill=INK, font=ImageFont.load_default(52))
    crooked = paper.rotate(1.2 - seed * 0.3, resample=Image.Resampling.BICUBIC, fillcolor=(90, 84, 76))
    grains = random.Random(seed).randbytes(PAGE[0] * PAGE[1] // 16)  # noqa: S311 - grain, not a secret
    grain = Image.frombytes("L", (PAGE[0] // 4, PAGE[1] // 4), grains[: (PAGE[0] // 4) * (PAGE[1] // 4)])
    noisy = Image.blend(crooked, grain.resize(PAGE).convert("RGB"), 0.08).filter(ImageFilter.GaussianBlur(0.6))
    content = io.BytesIO()
    small = noisy if kind == "JPEG" else noisy.resize((PAGE[0] // 2, PAGE[1] // 2))
    small.save(content, kind, quality=82)
    return content.getvalue()
