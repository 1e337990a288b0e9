"""The one JSON encoding that is ever hashed: RFC 8785, restricted to what needs no number formatting.

The profile: keys match `[a-z0-9_]+`; values are strings, integers below 2**53 in magnitude, booleans, null, arrays
and objects, at most 32 levels deep. Inside it the standard encoder, told to sort, is byte-equal to RFC 8785.
"""

import json
import re
from functools import lru_cache
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1  # beyond, a reader using IEEE doubles would see another number

_KEY = re.compile(r"[a-z0-9_]+")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


class NotCanonical(ValueError):
    """The value or the bytes are outside the canonical profile."""


def canonical(value: object) -> bytes:
    """Encode `value`; raises NotCanonical for whatever the profile excludes."""
    _check(value, MAX_DEPTH)
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a string holds a lone surrogate") from error


def read(data: bytes) -> Any:
    """Decode JSON in any layout, refusing duplicate keys and numbers that are not integers; raises NotCanonical."""
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error


def parse(data: bytes) -> Any:
    """Decode bytes that are already canonical; raises NotCanonical for any other spelling of the same value."""
    value = read(data)
    if canonical(value) != data:
        raise NotCanonical("the bytes are not the canonical encoding of what they say")
    return value


def _check(value: object, depth: int) -> None:
    # Exact types: a subclass (an enumeration, a Decimal in disguise) may print otherwise than it compares.
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]  # an int, said by the line above
            raise NotCanonical("an integer is beyond 2**53 - 1")
    elif depth == 0:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key)
            _check(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth - 1)
    else:
        raise NotCanonical(f"a {kind.__name__} has no place in the profile")


@lru_cache(maxsize=1024)
def _check_key(key: object) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise NotCanonical(f"the key {key!r} is outside [a-z0-9_]+")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise NotCanonical("a key appears twice")
    return decoded


def _refuse_number(text: str) -> NoReturn:
    raise NotCanonical(f"the number {text[:32]} is not an integer")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_refuse_number, parse_constant=_refuse_number)
