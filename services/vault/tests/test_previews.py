"""Page images: drawn in a process of their own, kept encrypted, given out by the rules of a reading."""

import hashlib
import io
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pillow_heif
import pytest
from PIL import Image
from vault.adapters.previews import PostgresPreviews
from vault.adapters.renderer import ProcessRenderer
from vault.application.previews import DrawingFailed, DrawingImpossible
from vault.domain.scanning import EICAR


def pdf(
    pages: int = 1, *, extra: bytes = b"", trailer: bytes = b"", content: bytes = b"0 0 1 rg 20 20 60 60 re f"
) -> bytes:
    """Return a PDF whose pages show a blue square; `extra` are objects from number 5 on."""
    kids = b" ".join(b"3 0 R" for _ in range(pages))
    return b"".join((
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R", trailer, b">>endobj\n",
        b"2 0 obj<</Type/Pages/Count %d/Kids[" % pages, kids, b"]>>endobj\n",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]/Contents 4 0 R>>endobj\n",
        b"4 0 obj<</Length %d>>stream\n" % len(content), content, b"\nendstream endobj\n", extra,
        b"trailer<</Root 1 0 R>>\n%%EOF\n",
    ))  # fmt: skip


def picture(form: str, size: tuple[int, int] = (400, 300), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, form, **options)
    return out.getvalue()


def page(vault: Any, ticket: Any, number: int = 1, action: str = "view") -> httpx.Response:
    url = f"/documents/{ticket.version_id}/pages/{number}"
    answer: httpx.Response = vault.http.get(url, headers=vault.bearer(replace(ticket, action=action)))
    return answer


def deposited(vault: Any, content: bytes, **changes: Any) -> Any:
    ticket = vault.ticket(content, **changes)
    answer = vault.put(ticket, content)
    assert answer.status_code == 201, answer.text
    return ticket


def cause_of(content: bytes, media_type: str = "application/pdf") -> str:
    with pytest.raises(DrawingImpossible) as impossible:
        ProcessRenderer().draw([content], media_type, 1)
    return str(impossible.value.args[0])


@pytest.mark.covers("L-62")
def test_the_pages_of_a_document_are_images_and_looking_at_them_is_one_reading(vault: Any) -> None:
    ticket = replace(deposited(vault, pdf(3)), actor_id=uuid4(), actor_kind="staff", action="view")
    counted = vault.http.get(f"/documents/{ticket.version_id}/pages", headers=vault.bearer(ticket))
    assert counted.json() == {"pages": 3}
    for number in (1, 2, 3, 1):
        answer = page(vault, ticket, number)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cache-control"] == "no-store"
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.size == (900, 1800)
    assert shown.getpixel((450, 1200)) == (0, 0, 255)
    assert page(vault, ticket, 4).status_code == 404
    assert vault.told("vault.document-read") == 1
    assert (vault.events()[-1][1]["purpose"], str(vault.events()[-1][1]["actor_id"])) == ("view", str(ticket.actor_id))


def test_a_page_is_drawn_once_and_kept_under_the_key_of_the_document(vault: Any) -> None:
    ticket = deposited(vault, pdf())
    first = page(vault, ticket)
    (kept,) = [name for name in vault.kept() if "/page-" in name]
    held = vault.parts.objects.get(kept, 1 << 30)
    assert b"PNG" not in held
    assert page(vault, ticket).content == first.content
    vault.parts.objects.put(kept, bytes(len(held)), hashlib.sha256(bytes(len(held))).digest())
    assert page(vault, ticket).content == first.content  # what is not what was kept is drawn again
    assert vault.parts.objects.get(kept, 1 << 30) != bytes(len(held))
    assert vault.observation(ticket.version_id)["ciphertext_ok"] is True


def test_a_page_that_there_is_not_is_no_try(vault: Any) -> None:
    ticket = deposited(vault, pdf(2))
    assert [page(vault, ticket, number).status_code for number in (9, 9, 9, 9, 2)] == [404, 404, 404, 404, 200]
    assert page(vault, ticket, 0).status_code in {404, 422}


def test_pages_are_for_whoever_may_read(vault: Any) -> None:
    ticket = deposited(vault, pdf())
    assert page(vault, ticket, action="deposit").status_code == 403
    assert vault.http.get(f"/documents/{ticket.version_id}/pages/1").status_code == 401
    assert page(vault, replace(ticket, office_id=uuid4())).status_code == 404
    infected = deposited(vault, pdf() + EICAR)
    assert page(vault, infected).json()["code"] == "infected"
    assert [name for name in vault.kept() if "/page-" in name] == []
    assert vault.told("vault.document-read") == 0


@pytest.mark.bad_input("B18")
def test_a_photograph_is_shown_without_the_place_where_it_was_taken(vault: Any) -> None:
    """B18."""
    notes = Image.Exif()
    notes.get_ifd(0x8825)[1] = "N"
    notes.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
    notes[0x010F] = "PlaceTeller"
    notes[0x0112] = 6  # lies on its side
    content = picture("JPEG", exif=notes)
    ticket = deposited(vault, content)
    answer = page(vault, ticket)
    shown = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], shown.size) == ("image/webp", (300, 400))
    assert not shown.getexif()
    assert b"PlaceTeller" not in answer.content
    assert vault.get(ticket).content == content


@pytest.mark.parametrize(("form", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_an_image_is_shown_smaller_if_it_is_large(form: str, media_type: str) -> None:
    drawn = ProcessRenderer().draw([picture(form, (4000, 1000))], media_type, 1)
    assert Image.open(io.BytesIO(drawn.image)).size == (1800, 450)


def test_a_photograph_of_a_telephone_can_be_drawn() -> None:
    pillow_heif.register_heif_opener()
    drawn = ProcessRenderer().draw([picture("HEIF", (640, 480))], "image/heic", 1)
    assert Image.open(io.BytesIO(drawn.image)).size == (640, 480)


@pytest.mark.bad_input("B11")
def test_a_pdf_with_a_password_has_no_preview_and_says_so(vault: Any) -> None:
    """B11."""
    security = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"ab" * 32, b"cd" * 32)
    locked = pdf(extra=b"5 0 obj" + security + b"endobj\n").replace(
        b"trailer<<", b"trailer<</Encrypt 5 0 R/ID[<00><00>]"
    )
    ticket = deposited(vault, locked)
    for _ in range(2):
        answer = page(vault, ticket)
        assert (answer.status_code, answer.json()["code"], answer.json()["cause"]) == (422, "no-preview", "encrypted")
    assert vault.get(ticket).content == locked


def squeezed(content: bytes) -> bytes:
    """Return what two rounds of inflating make `content` of, after the words of a PDF that say so."""
    small = zlib.compress(zlib.compress(content, 1), 1)
    return b"/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%b\nendstream endobj\n" % (len(small), small)


@pytest.mark.bad_input("B12")
def test_a_page_of_half_a_gigabyte_of_strokes_ends_its_own_process_only(vault: Any) -> None:
    """B12."""
    drawn = pdf()
    start, end = drawn.index(b"4 0 obj<<") + len(b"4 0 obj<<"), drawn.index(b"trailer")
    hostile = drawn[:start] + squeezed(b"0 0 m 1 1 l S\n" * 30_000_000) + drawn[end:]
    assert len(hostile) < 20_000
    ticket = deposited(vault, hostile)
    answer = page(vault, ticket)
    assert (answer.status_code, answer.json()["code"]) == (503, "preview-failed")
    assert page(vault, deposited(vault, pdf())).status_code == 200
    assert vault.get(ticket).content == hostile


@pytest.mark.bad_input("B12")
def test_a_picture_of_gigabytes_in_a_page_is_left_out_of_it() -> None:
    """B12."""
    picture = b"5 0 obj<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceRGB/BitsPerComponent 8"
    hostile = pdf(content=b"100 0 0 200 0 0 cm /B Do", extra=picture + squeezed(bytes(200 << 20)))
    hostile = hostile.replace(b"/Contents 4 0 R", b"/Contents 4 0 R/Resources<</XObject<</B 5 0 R>>>>")
    shown = Image.open(io.BytesIO(ProcessRenderer().draw([hostile], "application/pdf", 1).image))
    assert shown.getcolors(1) == [(900 * 1800, (255, 255, 255))]


@pytest.mark.bad_input("B12")
@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + os.urandom(2000),
        b"%PDF-1.7\nxref\n0 1\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF",
        pdf().replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
        pdf()[:150],
        b"%PDF-1.7\n" + b"[" * 500_000,
    ],
    ids=["noise", "table that refers to itself", "pages within themselves", "cut", "deep"],
)
def test_a_broken_pdf_is_said_to_be_so(content: bytes) -> None:
    """B12."""
    assert cause_of(content) == "damaged"


@pytest.mark.bad_input("B10")
def test_what_a_pdf_wants_to_do_is_not_done(vault: Any) -> None:
    """B10."""
    actions = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/Names<</EmbeddedFiles<</Names[(a) 5 0 R]>>>>"
    launch = b"5 0 obj<</S/Launch/F(/bin/sh)/Next<</S/GoToR/F(http://127.0.0.1:9/x)/D[0/Fit]>>>>endobj\n"
    content = pdf(trailer=actions, extra=launch)
    ticket = deposited(vault, content)
    assert page(vault, ticket).status_code == 200
    assert vault.get(ticket).headers["content-disposition"].startswith("attachment;")


@pytest.mark.bad_input("B15")
@pytest.mark.parametrize(
    ("content", "media_type", "cause"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x02\x00\x00\x00", "image/png", None),
        (picture("JPEG", (3000, 3000))[:2000], "image/jpeg", "damaged"),
        (picture("PNG", (300, 300))[:200], "image/png", "damaged"),
        (b"\xff\xd8\xff\xe0" + os.urandom(4000), "image/jpeg", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/png", "damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + os.urandom(4000), "image/heic", "damaged"),
    ],
    ids=["50,000 by 50,000", "cut JPEG", "cut PNG", "noise", "SVG", "HEIC of noise"],
)
def test_a_hostile_image_is_refused_by_name(content: bytes, media_type: str, cause: str | None) -> None:
    """B15."""
    if cause is None:
        header = content[12:29]
        content = content[:29] + zlib.crc32(header).to_bytes(4, "big") + b"\0\0\0\0IDAT" + bytes(4)
    assert cause_of(content, media_type) == (cause or "too-large")


@pytest.mark.bad_input("B8", "B9", "B13", "B14", "B15")
@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + bytes(500),
        b"<html><script>1</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"PK\x03\x04" + bytes(500),
        b"%PDF-1.7\n<html><script>1</script></html>",
        b"%PDF-1.7\nPK\x03\x04" + bytes(500),
        b"GIF89a/*" + bytes(50) + b"*/=1;alert(1)",
        b"PK\x03\x04\x14\x00[Content_Types].xml" + bytes(500),
    ],
    ids=["EXE", "HTML", "SVG", "ZIP", "PDF+HTML", "PDF+ZIP", "GIF+JS", "DOCX"],
)
def test_another_type_named_pdf_is_refused_at_the_deposit(vault: Any, content: bytes) -> None:
    """B8, B9, B13, B14 and the SVG of B15."""
    answer = vault.put(vault.ticket(content, name="facture.pdf"), content)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-type")
    assert vault.kept() == []


@pytest.mark.fault("F18")
def test_a_renderer_that_is_killed_three_times_is_not_asked_again(vault: Any) -> None:
    ticket = deposited(vault, pdf())
    stored = vault.parts.documents.find(ticket.version_id)
    previews = PostgresPreviews(vault.parts.store)
    for _ in range(3):
        previews.count(stored.object_key)  # as if killed at once
    assert page(vault, ticket).json()["code"] == "preview-failed"  # another may still be at it
    with vault.parts.store.connection() as connection:
        connection.execute("UPDATE vault.preview SET tried_at = tried_at - interval '2 minutes'")
    answer = page(vault, ticket)
    assert (answer.status_code, answer.json()["cause"]) == (422, "too-complex")
    assert previews.find(stored.object_key).cause == "too-complex"
    assert vault.get(ticket).status_code == 200


def test_a_renderer_that_takes_too_long_is_ended() -> None:
    with pytest.raises(DrawingFailed):
        ProcessRenderer(seconds=0.01).draw([pdf()], "application/pdf", 1)


def test_the_renderer_can_open_neither_files_nor_connections_nor_much_memory() -> None:
    tries: list[tuple[str, Callable[[subprocess.CompletedProcess[bytes]], bool]]] = [
        ("open('/etc/hostname')", lambda done: b"Too many open files" in done.stderr),
        ("os.pipe()", lambda done: b"Too many open files" in done.stderr),
        ("bytearray(600 << 20)", lambda done: b"MemoryError" in done.stderr),
        ("print(resource.getrlimit(resource.RLIMIT_CPU))", lambda done: b"(20, 20)" in done.stdout),
        (
            "socket.create_connection(('127.0.0.1', 9), 2)",
            lambda done: b"Too many open files" in done.stderr,
        ),
    ]
    for attempt, stopped in tries:
        program = f"from vault.adapters.drawing import confine; import os, resource, socket; confine(); {attempt}"
        command = [sys.executable, "-I", "-c", program]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
        assert stopped(done), (attempt, done)
