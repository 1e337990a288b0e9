"""The type of a document, decided by its first bytes and never by its name."""

from codecs import getincrementaldecoder

from vault.domain.refusals import UnsupportedType

HEAD_BYTES = 1024
"""How many first bytes the decision needs, or the whole file if it is shorter."""

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
ZIP, JSON, TEXT, UNKNOWN = "application/zip", "application/json", "text/plain", "application/octet-stream"

_PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
# What may follow the start marker of a JPEG: tables, frames, applications' data, restart interval, comment.
_JPEG_MARKERS = frozenset((*range(0xC0, 0xD0), 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE))
# Brands of pictures in a container of ISO/IEC 14496-12 coded with HEVC, as telephones make them.
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1"))
# A file that is also a web page or an archive is refused: some programs would read it as that.
_OTHER_READINGS = (b"<html", b"<!doctype", b"<script", b"<svg", b"<iframe", b"<body", b"pk\x03\x04", b"<?php")


def media_type(head: bytes) -> str:
    """Return the type of a document that starts with `head`; raise UnsupportedType."""
    found = _signature(head)
    lowered = head[:HEAD_BYTES].lower()
    if found is None or any(mark in lowered for mark in _OTHER_READINGS):
        raise UnsupportedType
    return found


def letter_media_type(head: bytes) -> str:
    """Return the type of a file of a letter.

    A letter may carry any document, archives too, and a proof is kept in whatever form a provider gives it.
    """
    return _signature(head) or (ZIP if head.startswith(b"PK\x03\x04") else _written(head)) or UNKNOWN


def _written(head: bytes) -> str | None:
    """Return the type of a text in UTF-8, whose last character may be cut off."""
    try:
        text = getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    if not text or any(ord(character) < ord(" ") and character not in "\t\n\r" for character in text):
        return None
    return JSON if text.startswith(("{", "[")) else TEXT


def _signature(head: bytes) -> str | None:
    # Old scanners put a byte-order mark or blanks before the PDF's header; anything else there is another format.
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\f").startswith((b"%PDF-1.", b"%PDF-2.")):
        return PDF
    if head.startswith(b"\xff\xd8\xff") and len(head) > 3 and head[3] in _JPEG_MARKERS:  # noqa: PLR2004 - SOI, marker
        return JPEG
    if head.startswith(_PNG_HEAD) and any(head[16:20]) and any(head[20:24]):  # width and height
        return PNG
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS and b"hei" in head[8:40]:
        return HEIC
    return None
