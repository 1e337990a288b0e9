"""Types by content."""

import pytest
from vault.domain.media_type import media_type
from vault.domain.refusals import UnsupportedType

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02"


@pytest.mark.covers("L-55")
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.3", "application/pdf"),
        (b"%PDF-2.0\n", "application/pdf"),
        (b"\xef\xbb\xbf%PDF-1.7", "application/pdf"),
        (b"\r\n%PDF-1.7", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\xff\xd8\xff\xdb\x00\x43", "image/jpeg"),
        (PNG, "image/png"),
    ],
)
def test_accepted_types_are_known_by_their_first_bytes(head: bytes, expected: str) -> None:
    assert media_type(head) == expected


@pytest.mark.covers("L-55")
@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0",
        b"MZ\x90\x00 %PDF-1.7",
        b"\x7fELF\x02\x01",
        b"PK\x03\x04\x14\x00",
        b"#!/bin/sh\n%PDF-1.7",
        b"<html><body>",
        b"<!DOCTYPE html>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>",
        b"GIF89a/*%PDF-1.7*/",
        b"%PDF",
        b"%PDF-9.9",
        b"%PDF-1.4\n<HTML><script>alert(1)</script>",
        b"%PDF-1.4\nPK\x03\x04",
        b"\xff\xd8\xff\xfe\x00\x40<svg onload=alert(1)>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\x00",
        PNG.replace(b"\x00\x00\x00\x10\x08", b"\x00\x00\x00\x00\x08"),
        b"\x89PNG\r\n\x1a\n",
        b"plain text",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
)
def test_everything_else_and_files_of_two_natures_are_refused(head: bytes) -> None:
    with pytest.raises(UnsupportedType):
        media_type(head)
