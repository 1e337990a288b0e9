"""CSV that spreadsheet programs open as it is: semicolons, CRLF, a mark of UTF-8, and no cell that is a formula."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

BOM: Final = "\ufeff"
PARIS: Final = ZoneInfo("Europe/Paris")
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What spreadsheet programs take for the beginning of a formula; the others only after one of these."""


def csv_line(cells: Iterable[Any]) -> str:
    """Return a line; instants are written as in Paris."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(map(_cell, cells))
    return written.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")
    text = str(value)
    return f"'{text}" if text.lstrip().startswith(_BEGINS_A_FORMULA) or text.startswith(_BEGINS_A_FORMULA) else text
