"""Tables that an office sends, as CSV or as a spreadsheet, read into rows of text under the names of their columns.

A spreadsheet program writes CSV in its own way: the delimiter and the encoding are found out. A workbook is a ZIP of
XML: its size when unpacked is looked at before anything is unpacked.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from chassis.refusal import Refusal

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_BYTES: Final = 10 << 20
MAX_ROWS: Final = 10_000
MAX_LINES: Final = 2 * MAX_ROWS
"""Empty ones too; a workbook may say that it has a million."""
MAX_COLUMNS: Final = 100
MAX_CELL: Final = 40_000
"""Characters; a letter's own limit is lower and has words of its own."""
MAX_UNPACKED: Final = 100 << 20
MAX_PARTS: Final = 1_000
MAX_RATIO: Final = 200
"""How many times larger a part of a workbook may be than what was sent of it."""
DELIMITERS: Final = ";,\t|"
_WORKBOOK = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0"


class TableUnreadable(Refusal):
    """The file is neither CSV nor a readable spreadsheet (.xlsx); save it again as one of them."""

    code, status = "table-unreadable", 422


class TableTooLarge(Refusal):
    """The file has too much in it: at most 10,000 rows, 100 columns and 10 MiB; share it among several."""

    code, status = "table-too-large", 413


class ColumnsMissing(Refusal):
    """The first row must name the columns; those in `missing` are not there, those in `unknown` mean nothing here."""

    code, status = "columns-missing", 422


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as the person sees it in their program: the row of names is number 1."""

    number: int
    cells: Mapping[str, str]


def rows(content: bytes, names: Mapping[str, str], required: Sequence[str]) -> list[TableRow]:
    """Return the rows that hold something, with `names` mapping each known heading (folded) to a column's name.

    Raises TableUnreadable, TableTooLarge, ColumnsMissing.
    """
    if len(content) > MAX_BYTES:
        raise TableTooLarge
    lines = _workbook(content) if content.startswith(_WORKBOOK) else _csv(content)
    columns: list[str] = []
    found: list[TableRow] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if not columns:
            columns = _columns(cells, names, required)
            continue
        if len(found) == MAX_ROWS:
            raise TableTooLarge
        if any(cells[len(columns) :]):
            raise TableUnreadable(row=number, reason="plus de cellules que de colonnes")
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        found.append(TableRow(number, dict(zip(columns, padded, strict=False))))
    if not columns:
        raise ColumnsMissing(missing=list(required), unknown=[])
    return found


def folded(heading: str) -> str:
    """Return a heading as it is compared: no case, no accents, one sign between its words."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    letters = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return "_".join(letters.split())


def _columns(cells: Sequence[str], names: Mapping[str, str], required: Sequence[str]) -> list[str]:
    found = [names.get(folded(cell), "") for cell in cells]
    while cells and not cells[-1]:
        cells, found = cells[:-1], found[:-1]
    unknown = [cell for cell, name in zip(cells, found, strict=True) if not name]
    missing = [name for name in required if name not in found]
    twice = {name for name in found if found.count(name) > 1}
    if unknown or missing or twice:
        raise ColumnsMissing(missing=missing, unknown=unknown, twice=sorted(twice))
    return found


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if content.startswith(_COMPOUND):
        raise TableUnreadable(reason="un classeur .xls ancien : l'enregistrer en .xlsx")
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_checked(cell.strip()) for cell in _narrow(cells)]
    except csv.Error:
        raise TableUnreadable(row=number + 1, reason="guillemets qui ne se ferment pas") from None


def _decoded(content: bytes) -> str:
    """Decode as spreadsheet programs write: UTF-8, UTF-16 with its mark, or Windows' Western European."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableUnreadable


def _delimiter(text: str) -> str:
    """Return the sign that cuts the first line into most cells; those between quotes do not count."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    _refuse_bomb(content)
    from openpyxl import load_workbook  # noqa: PLC0415 - large, and needed only here

    book: Workbook | None = None
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        lines = book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS + 1, max_row=MAX_LINES)
        yield from ((number, _cells(cells)) for number, cells in enumerate(lines, start=1))
    except Refusal:
        raise
    except Exception:  # noqa: BLE001 - whatever a library stumbles over in a stranger's file, the file is unreadable
        raise TableUnreadable from None
    finally:
        if book is not None:
            book.close()


def _cells(cells: Sequence[Any]) -> list[str]:
    return [_checked(_text(cell)) for cell in _narrow(_trimmed(cells))]


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise TableUnreadable from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise TableTooLarge
    if any(part.file_size > MAX_RATIO * max(part.compress_size, 1_000) for part in parts):
        raise TableTooLarge
    if not any(part.filename == "xl/workbook.xml" for part in parts) or any(part.flag_bits & 1 for part in parts):
        raise TableUnreadable


def _trimmed(cells: Sequence[Any]) -> list[Any]:
    kept = list(cells)
    while kept and kept[-1] in (None, ""):
        kept.pop()
    return kept


def _narrow(cells: Sequence[Any]) -> Sequence[Any]:
    if len(cells) > MAX_COLUMNS:
        raise TableTooLarge
    return cells


def _text(cell: Any) -> str:
    """Return what the person sees in a cell: a number that a program made of a postcode is one again."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip()


def _checked(cell: str) -> str:
    if len(cell) > MAX_CELL:
        raise TableTooLarge
    if any(ord(sign) < ord(" ") and sign not in "\n\r\t" for sign in cell):
        raise TableUnreadable(reason="caractères de contrôle")
    return cell
