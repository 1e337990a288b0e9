"""Tables of letters, as spreadsheet programs write them."""

import io
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lre_gateway.adapters import tables
from lre_gateway.adapters.tables import ColumnsMissing, TableRow, TableTooLarge, TableUnreadable, rows
from openpyxl import Workbook

NAMES = {"nom": "last_name", "last_name": "last_name", "e_mail": "email", "email": "email", "code_postal": "postcode"}
NEEDED = ("last_name", "email")


def read(content: bytes) -> list[TableRow]:
    return rows(content, NAMES, NEEDED)


def workbook(*lines: list[Any]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    written = io.BytesIO()
    book.save(written)
    book.close()
    return written.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_is_read_however_a_program_wrote_it(encoding: str, delimiter: str, newline: str) -> None:
    lines = [["Nom", "E-mail", "Code postal"], ['"Dupont, Élise; | née\tX"', "elise@example.org", "01000"]]
    content = newline.join(delimiter.join(line) for line in lines).encode(encoding)
    assert read(content) == [
        TableRow(2, {"last_name": "Dupont, Élise; | née\tX", "email": "elise@example.org", "postcode": "01000"})
    ]


def test_a_workbook_is_read_as_it_is_seen_and_empty_rows_keep_their_number() -> None:
    content = workbook(
        ["NOM", "email", "Code Postal", None], ["Durand", "d@example.org", 75001.0, None], [], ["X", "y"]
    )
    assert read(content) == [
        TableRow(2, {"last_name": "Durand", "email": "d@example.org", "postcode": "75001"}),
        TableRow(4, {"last_name": "X", "email": "y", "postcode": ""}),
    ]


def test_a_text_on_several_lines_is_one_row_and_the_next_row_is_numbered_as_seen() -> None:
    content = b'nom;email\n"Deux\nlignes";a@b\nX;y\n'
    assert [(row.number, row.cells["last_name"]) for row in read(content)] == [(2, "Deux\nlignes"), (3, "X")]


@pytest.mark.parametrize(
    ("content", "missing", "unknown"),
    [
        (b"", ["last_name", "email"], []),
        (b"nom;ville\nx;y", ["email"], ["ville"]),
        (workbook(["nom", "email", "couleur"]), [], ["couleur"]),
    ],
)
def test_columns_are_named_when_they_are_missing_or_unknown(
    content: bytes, missing: list[str], unknown: list[str]
) -> None:
    with pytest.raises(ColumnsMissing) as refused:
        read(content)
    assert (refused.value.facts["missing"], refused.value.facts["unknown"]) == (missing, unknown)


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        read(b"nom;last_name;email\na;b;c")
    assert refused.value.facts["twice"] == ["last_name"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0 an old workbook",
        b'nom;email\n"never closed;x',
        b"nom;email\na;b;c;d",
        b"nom;email\na\x07;b",
        b"nom;email\n\x81\x8d;b",
        b"n\x00o\x00m\x00",
        b"PK\x03\x04 not a zip",
        workbook(["nom", "email"])[:-200],
    ],
)
def test_what_cannot_be_read_with_certainty_is_refused(content: bytes) -> None:
    with pytest.raises(TableUnreadable):
        read(content)


def test_too_many_rows_columns_or_bytes_are_refused() -> None:
    head = b"nom;email\n"
    for content in (
        head + b"a;b\n" * (tables.MAX_ROWS + 1),
        b";".join([b"nom"] * (tables.MAX_COLUMNS + 1)),
        head + b"x" * (tables.MAX_CELL + 1) + b";y",
        b"x" * (tables.MAX_BYTES + 1),
    ):
        with pytest.raises(TableTooLarge):
            read(content)
    assert len(read(head + b"a;b\n" * tables.MAX_ROWS)) == tables.MAX_ROWS


def zipped(name: str, data: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr(name, data)
    return written.getvalue()


def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(TableTooLarge):
        read(zipped("xl/worksheets/sheet1.xml", b"<a>" + b" " * (8 << 20)))
    with pytest.raises(TableTooLarge):
        read(zipped("x", bytes(tables.MAX_UNPACKED + 1)))
    lying = bytearray(zipped("xl/worksheets/sheet1.xml", b" " * (8 << 20)))
    place = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, place + 24, 10)  # the directory says that ten bytes come out
    with pytest.raises(TableUnreadable):
        read(bytes(lying))


def test_a_workbook_whose_xml_multiplies_itself_is_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(9))
    bomb = f"<?xml version='1.0'?><!DOCTYPE w [{entities}]><workbook>&e8;</workbook>".encode()
    written = io.BytesIO(workbook(["nom", "email"], ["a", "b"]))
    swapped = io.BytesIO()
    with zipfile.ZipFile(written) as book, zipfile.ZipFile(swapped, "w", zipfile.ZIP_DEFLATED) as made:
        for part in book.infolist():
            made.writestr(part.filename, bomb if part.filename == "xl/workbook.xml" else book.read(part.filename))
    with pytest.raises(TableUnreadable):
        read(swapped.getvalue())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    try:
        found = read(content)
    except (TableUnreadable, TableTooLarge, ColumnsMissing):
        return
    assert all(set(row.cells) >= set(NEEDED) for row in found)
