"""A letter's text as A4 pages: PDF/A-3, every font inside the file, the same bytes for the same letter.

A character that no font has would vanish from the page; such a text is refused rather than sent with a hole in it.
"""

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Literal

from chassis.refusal import Refusal

from lre_gateway.adapters.markup import BODY_SIZE, Block, ForbiddenMarkup, blocks, plain_blocks
from lre_gateway.adapters.pdfs import a4_portrait

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

Style = Literal["", "B", "I", "BI"]
FAMILY = "Letter"
_FONTS: tuple[tuple[Style, str], ...] = (
    ("", "DejaVuSans.ttf"),
    ("B", "DejaVuSans-Bold.ttf"),
    ("I", "DejaVuSans-Oblique.ttf"),
    ("BI", "DejaVuSans-BoldOblique.ttf"),
)
_MARGIN = 25.0  # mm
_INDENT = 7.0  # mm for each list around an item
_LINE = 0.5  # mm of height for each point of size
_PARAGRAPH = 2.5  # mm between paragraphs
_SHOWN = 10  # characters named in a refusal
# The library would write when it ran: the same letter would have other bytes a second later. When it was written is
# said by the events, and when it was sent by the provider.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
_METADATA = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmp:CreateDate="1970-01-01T00:00:00+00:00">
      <pdfaid:part>3</pdfaid:part>
      <pdfaid:conformance>B</pdfaid:conformance>
    </rdf:Description>
  </rdf:RDF>
</x:xmpmeta>"""


class TextNotPrintable(Refusal):
    """The text has characters that cannot be printed, those in `characters`; write it without them."""

    code, status = "text-not-printable", 422


class Pages:
    """The port Renderer."""

    def pdf(self, text: str) -> bytes:
        """Return the text as an A4 portrait PDF; raise TextNotPrintable. Forbidden marks are printed."""
        from fpdf import FPDF  # noqa: PLC0415 - a third of what the process loads, needed when something is printed

        logging.getLogger("fontTools").setLevel(logging.WARNING)  # ten lines of information for each letter
        read = _blocks(text)
        pdf = FPDF(format="A4", enforce_compliance="PDF/A-3B")
        for style, name in _FONTS:
            with as_file(files("lre_gateway.adapters") / "fonts" / name) as font:
                pdf.add_font(FAMILY, style, font)
        try:
            _check((run.text for block in read for run in block.runs), _covered(pdf))
        except TextNotPrintable:
            for printed in _fonts(pdf):
                printed.close()  # which writing the pages would do
            raise
        pdf.set_lang("fr-FR")
        pdf.set_creation_date(_NO_DATE)
        pdf.set_xmp_metadata(_METADATA)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(auto=True, margin=_MARGIN)
        pdf.add_page()
        for block in read:
            _print(pdf, block)
        return bytes(pdf.output())

    def a4_portrait(self, content: bytes, media_type: str) -> bool:
        """Tell whether a file is a PDF whose pages are all shown as A4, upright."""
        return media_type == "application/pdf" and a4_portrait(content)


def _blocks(text: str) -> list[Block]:
    try:
        return blocks(text)
    except ForbiddenMarkup:
        return plain_blocks(text)


def _print(pdf: "FPDF", block: Block) -> None:
    height = block.size * _LINE
    left = _MARGIN + _INDENT * block.indent
    pdf.set_left_margin(left)
    pdf.set_x(left - _INDENT if block.mark else left)
    bold = block.size > BODY_SIZE
    if block.mark:
        pdf.set_font(FAMILY, "", block.size)
        pdf.cell(_INDENT, height, block.mark)
    for run in block.runs:
        pdf.set_font(FAMILY, "".join(sorted({*run.style, *("B" if bold else "")})), block.size)
        pdf.write(height, run.text)
    pdf.set_left_margin(_MARGIN)
    pdf.ln(height + (_PARAGRAPH if block.size != BODY_SIZE or block.mark or len(block.runs) > 0 else 0))


def _check(texts: Iterable[str], known: Collection[int]) -> None:
    missing = sorted({sign for text in texts for sign in text if ord(sign) not in known and sign not in "\n\t"})
    if missing:
        raise TextNotPrintable(characters="".join(missing[:_SHOWN]))


def _fonts(pdf: "FPDF") -> "list[TTFFont]":
    from fpdf.fonts import TTFFont  # noqa: PLC0415 - as above

    return [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]


def _covered(pdf: "FPDF") -> frozenset[int]:
    """Return the characters that every one of the fonts has."""
    return frozenset.intersection(*(frozenset(font.cmap) for font in _fonts(pdf)))
