"""Texts of letters as pages."""

import io
from datetime import UTC, datetime

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters.markup import BODY_SIZE, ForbiddenMarkup, Run, blocks
from lre_gateway.adapters.render import Pages, TextNotPrintable
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

LETTER = (
    "<h2>Notification</h2><p>Maître <b>Leroy</b> vous informe&nbsp;:<br>l'acte est <b><i>prêt</i></b>.</p>"
    "<ul><li>un relevé</li><li>un plan</li></ul><ol><li>signer</li></ol><p>12&#8239;€ — « à bientôt »</p>"
)


def pages(pdf: bytes) -> list[object]:
    return list(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"])


@pytest.mark.covers("A-33", "A-34")
@pytest.mark.parametrize("text", ["Bonjour,\n\nÀ bientôt.", LETTER, "mot " * 4_000, ""])
def test_a_text_becomes_upright_a4_pages_with_every_font_inside(text: str) -> None:
    pdf = Pages().pdf(text)
    assert Pages().a4_portrait(pdf, "application/pdf")
    assert b"/FontFile2" in pdf
    assert b"<pdfaid:part>3</pdfaid:part>" in PdfFileReader(io.BytesIO(pdf)).root["/Metadata"].data
    assert (len(pages(pdf)) > 1) == (len(text) > 10_000)


def test_the_same_text_gives_the_same_bytes_at_any_time() -> None:
    first = Pages().pdf(LETTER)
    year = str(datetime.now(UTC).year).encode()
    assert Pages().pdf(LETTER) == first
    assert year not in first


def test_marks_become_styles_and_the_blanks_between_words_stay_single() -> None:
    title, text, one, two, signed, last = blocks(LETTER)
    assert (title.size > BODY_SIZE, title.runs) == (True, [Run("Notification")])
    assert text.runs[:3] == [Run("Maître "), Run("Leroy", "B"), Run(" vous informe :")]
    assert text.runs[3:] == [Run("\n"), Run("l'acte est "), Run("prêt", "BI"), Run(".")]
    assert [(item.mark, item.indent) for item in (one, two, signed)] == [("•", 1), ("•", 1), ("1.", 1)]
    assert "".join(run.text for run in last.runs).startswith("12")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", '<p style="color:red">x</p>', "<img src=x>", "<a href='https://x'>x</a>",
        "<!-- note --><p>x</p>", "<!DOCTYPE html><p>x</p>", "<?php echo 1 ?><p>x</p>", "<iframe></iframe>",
        "<b onclick=x>y</b>", "<p>" * 60, "<table><tr><td>x</td></tr></table>",
    ],
)  # fmt: skip
def test_any_other_mark_is_forbidden_and_printed_as_it_was_typed(text: str) -> None:
    with pytest.raises(ForbiddenMarkup):
        blocks(text)
    assert Pages().a4_portrait(Pages().pdf(text), "application/pdf")


def test_a_sign_below_is_text_and_no_mark() -> None:
    assert "".join(run.text for run in blocks("3 < 5 & 5 > 3")[0].runs) == "3 < 5 & 5 > 3"


@pytest.mark.parametrize("text", ["Bonjour 🎉", "<p>合同</p>", "x\u0000y"])
def test_a_character_that_no_font_has_is_refused_and_named(text: str) -> None:
    with pytest.raises(TextNotPrintable) as refused:
        Pages().pdf(text)
    assert str(refused.value.facts["characters"]) in text


@given(st.text(st.sampled_from("abé <>/pbrli&;!-\n\"'"), max_size=60))
def test_whatever_is_typed_is_printed_or_refused_with_a_reason(text: str) -> None:
    assert Pages().pdf(text).startswith(b"%PDF-")


def a_pdf(width: float, height: float, *, turned: int = 0) -> bytes:
    pdf = FPDF(unit="mm", format=(210, 297))
    pdf.add_page()
    pdf.add_page(format=(width, height))
    writer = IncrementalPdfFileWriter(io.BytesIO(bytes(pdf.output())))
    last = writer.root["/Pages"]["/Kids"][1]
    last["/Rotate"] = NumberObject(turned)
    writer.update_container(last)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize(("size", "turned"), [((210, 297), 0), ((209.5, 296.6), 0), ((210, 297), 180)])
def test_upright_a4_is_recognised(size: tuple[float, float], turned: int) -> None:
    assert Pages().a4_portrait(a_pdf(*size, turned=turned), "application/pdf")


@pytest.mark.covers("A-34")
@pytest.mark.parametrize(("size", "turned"), [((297, 210), 0), ((216, 279), 0), ((148, 210), 0), ((210, 297), 90)])
def test_one_page_of_another_size_or_lying_is_enough_to_say_no(size: tuple[float, float], turned: int) -> None:
    assert not Pages().a4_portrait(a_pdf(*size, turned=turned), "application/pdf")


@pytest.mark.parametrize("media_type", ["application/pdf", "image/jpeg"])
@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"\xff\xd8\xff\xe0"])
def test_what_is_no_readable_pdf_is_not_a4(content: bytes, media_type: str) -> None:
    assert not Pages().a4_portrait(content, media_type)
