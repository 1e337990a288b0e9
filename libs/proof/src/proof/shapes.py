"""How leaves write ids, names, numbers, times and hashes: each in one spelling."""

import base64
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

MAX_LEAF = 65_535  # bytes; the length prefix of an entry bundle has 16 bits
MAX_RESPONSE = 32 * 1024  # bytes of an answer of a time-stamping authority
MAX_TEXT = 200  # characters of a short text

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class EntryInvalid(ValueError):
    """The bytes are canonical JSON but not a leaf of a format this version knows."""


def encoded(data: bytes) -> str:
    """Write bytes as leaves do: standard base64, padded."""
    return base64.b64encode(data).decode()


def instant(moment: datetime) -> str:
    """Write an instant as leaves do: UTC, six decimals, Z. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def require(value: dict[str, Any], names: Iterable[str], holds: Callable[[Any], bool]) -> None:
    """Raise EntryInvalid for the first of these members that is not as it should be."""
    for name in names:
        if not holds(value[name]):
            raise EntryInvalid(f"{name} is not written as leaves write it")


def require_filled(value: dict[str, Any]) -> None:
    """Check the four values that the database fills: the time, the number, the office's number and chain."""
    require(value, ("recorded_at",), is_instant)
    require(value, ("store_seq",), is_number)
    number, chain = value["office_seq"], value["office_prev"]
    if value["office"] is None:
        good = number is None and chain is None
    else:
        good = is_number(number) and (chain is None if number == 1 else is_hash(chain))
    if not good:
        raise EntryInvalid("office, office_seq and office_prev do not go together")


def or_null(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Accept null too."""
    return lambda item: item is None or holds(item)


def is_uuid(item: object) -> bool:
    """Tell a UUID in lower case."""
    return isinstance(item, str) and _UUID.fullmatch(item) is not None


def is_count(item: object) -> bool:
    """Tell an integer from 0 on."""
    return type(item) is int and item >= 0


def is_number(item: object) -> bool:
    """Tell an integer from 1 on."""
    return type(item) is int and item >= 1


def is_name(item: object) -> bool:
    """Tell a name: lower-case letters, digits, dots and hyphens."""
    return isinstance(item, str) and _NAME.fullmatch(item) is not None


def is_short(item: object) -> bool:
    """Tell a text of at most 200 characters."""
    return isinstance(item, str) and len(item) <= MAX_TEXT


def is_instant(item: object) -> bool:
    """Tell an instant that exists."""
    if not isinstance(item, str) or not _TIME.fullmatch(item):
        return False
    try:
        datetime.fromisoformat(item)
    except ValueError:
        return False
    return True


def is_hash(item: object) -> bool:
    """Tell a base64 of 32 bytes in its only spelling (the last digit has two unused bits, which must be zero)."""
    return isinstance(item, str) and _HASH.fullmatch(item) is not None
