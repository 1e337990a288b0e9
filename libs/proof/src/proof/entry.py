"""The proof entry: one line of the journal, which says that something happened without saying whom it was about.

The database fills four values inside the transaction of the event (the office's counter and chain, the time, the
service's counter), so the canonical text is made in four fragments around them; `assemble` is the reference of what
the database does.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from proof.canonical import canonical, parse

FORMAT = 1
MAX_ENTRY = 65_535  # bytes; the length prefix of an entry bundle has 16 bits
SALT_SIZE = 32  # bytes
MAX_TEXT = 200  # characters of corr, cause, trace

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class EntryInvalid(ValueError):
    """The bytes are canonical JSON but not an entry of a format this version knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One version of a document that the event is about."""

    ref: str  # the document it is a version of
    ver: str  # the version
    size: int  # bytes, in clear
    digest_c: str  # commitment to the SHA-256 of the clear bytes
    ct_h: str  # SHA-256 of what the bucket holds (of the manifest of its encrypted parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the service knows of an entry before the database orders it."""

    svc: str
    agg: str
    agg_ver: int
    type: str
    schema: int
    occurred_at: str
    payload_c: str
    state_h: str
    actor_kind: str
    actor: str | None = None
    office: str | None = None
    dossier: str | None = None
    corr: str | None = None
    cause: str | None = None
    trace: str | None = None
    docs: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Fields):
    """A complete entry, as read back from its bytes."""

    office_prev: str | None
    office_seq: int | None
    recorded_at: str
    store_seq: int

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an entry; raises NotCanonical or EntryInvalid."""
        if len(data) > MAX_ENTRY:
            raise EntryInvalid(f"the entry is longer than {MAX_ENTRY} bytes")
        value = parse(data)
        names = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or value.keys() != names | {"v", "kind"}:
            raise EntryInvalid("the entry has not the fields of an entry")
        if type(value["v"]) is not int or value.pop("v") != FORMAT or value.pop("kind") != "event":
            raise EntryInvalid("the entry has a format or kind that this version does not know")
        _check(value)
        _check_filled(value)
        value["docs"] = tuple(Document(**document) for document in value["docs"])
        return cls(**value)


class Fragments(NamedTuple):
    """The canonical text of an entry around the values that the database fills.

    head + prev + `,"office_seq":` + seq + middle + recorded_at + after_recorded + store_seq + tail, where prev is
    `null` or a quoted hash, seq is `null` or an integer and recorded_at goes between quotes that are already there.
    """

    head: str
    middle: str
    after_recorded: str
    tail: str


def fragments(entry: Fields) -> Fragments:
    """Split the canonical text of `entry`; raises NotCanonical or EntryInvalid, before anything is stored."""
    value = _as_dict(entry)
    _check(value)
    before = {key: item for key, item in value.items() if key < "office_prev"}
    between = {key: value[key] for key in ("payload_c",)}
    after = {key: value[key] for key in ("schema", "state_h")}
    rest = {key: item for key, item in value.items() if key > "store_seq"}
    return Fragments(
        head=f'{canonical(before).decode()[:-1]},"office_prev":',
        middle=f',{canonical(between).decode()[1:-1]},"recorded_at":"',
        after_recorded=f'",{canonical(after).decode()[1:-1]},"store_seq":',
        tail=f",{canonical(rest).decode()[1:]}",
    )


def assemble(
    parts: Fragments, office_prev: bytes | None, office_seq: int | None, recorded_at: datetime, store_seq: int
) -> bytes:
    """Complete an entry, exactly as the database does.

    `office_prev` is the SHA-256 of the office's previous entry in this service, None for its first (number 1). An
    entry of no office has neither chain nor number.
    """
    chain = "null" if office_prev is None else f'"{encoded(office_prev)}"'
    number = "null" if office_seq is None else str(office_seq)
    head, middle, after_recorded, tail = parts
    text = f'{head}{chain},"office_seq":{number}{middle}{instant(recorded_at)}{after_recorded}{store_seq}{tail}'
    return text.encode()


def commitment(salt: bytes, payload: bytes) -> str:
    """Commit to a canonical payload: hiding while the salt is secret, binding once it is given."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    return encoded(hmac.digest(salt, payload, "sha256"))


def digest_commitment(salt: bytes, sha256: str) -> str:
    """Commit to a document's SHA-256, given in lower-case hexadecimal (the text itself is what is authenticated)."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("a SHA-256 is written with 64 lower-case hexadecimal digits")
    return commitment(salt, sha256.encode())


def state_hash(state: bytes) -> str:
    """Hash the exact bytes that the event store keeps."""
    return encoded(hashlib.sha256(state).digest())


def encoded(data: bytes) -> str:
    """Write bytes as entries do: standard base64, padded."""
    return base64.b64encode(data).decode()


def instant(moment: datetime) -> str:
    """Write an instant as entries do: UTC, six decimals, Z. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _as_dict(entry: Fields) -> dict[str, Any]:
    value = {field.name: getattr(entry, field.name) for field in fields(Fields)}
    value["docs"] = [{field.name: getattr(doc, field.name) for field in fields(Document)} for doc in entry.docs]
    return value | {"v": FORMAT, "kind": "event"}


def _check(value: dict[str, Any]) -> None:
    """Refuse whatever two readers could understand differently; `value` has exactly the right keys."""
    _require(value, ("agg",), _is_uuid)
    _require(value, ("office", "dossier", "actor"), lambda item: item is None or _is_uuid(item))
    _require(value, ("agg_ver", "schema"), _is_number)
    _require(value, ("svc", "type", "actor_kind"), _is_name)
    _require(value, ("occurred_at",), _is_instant)
    _require(value, ("payload_c", "state_h"), _is_hash)
    _require(value, ("corr", "cause", "trace"), lambda item: item is None or _is_short(item))
    _require(value, ("docs",), lambda item: isinstance(item, list) and all(map(_is_document, item)))


def _check_filled(value: dict[str, Any]) -> None:
    """Check the four values that the database filled."""
    _require(value, ("recorded_at",), _is_instant)
    _require(value, ("store_seq",), _is_number)
    number, chain = value["office_seq"], value["office_prev"]
    if value["office"] is None:
        good = number is None and chain is None
    else:
        good = _is_number(number) and (chain is None if number == 1 else _is_hash(chain))
    if not good:
        raise EntryInvalid("office, office_seq and office_prev do not go together")


def _require(value: dict[str, Any], names: tuple[str, ...], holds: Callable[[Any], bool]) -> None:
    for name in names:
        if not holds(value[name]):
            raise EntryInvalid(f"{name} is not written as entries write it")


def _is_uuid(item: object) -> bool:
    return isinstance(item, str) and _UUID.fullmatch(item) is not None


def _is_number(item: object) -> bool:
    return type(item) is int and item >= 1


def _is_name(item: object) -> bool:
    return isinstance(item, str) and _NAME.fullmatch(item) is not None


def _is_short(item: object) -> bool:
    return isinstance(item, str) and len(item) <= MAX_TEXT


def _is_instant(item: object) -> bool:
    if not isinstance(item, str) or not _TIME.fullmatch(item):
        return False
    try:
        datetime.fromisoformat(item)
    except ValueError:
        return False
    return True


def _is_hash(item: object) -> bool:
    """Tell a base64 of 32 bytes in its only spelling (the last digit has two unused bits, which must be zero)."""
    return isinstance(item, str) and _HASH.fullmatch(item) is not None


def _is_document(item: object) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() == {"ref", "ver", "size", "digest_c", "ct_h"}
        and _is_uuid(item["ref"])
        and _is_uuid(item["ver"])
        and type(item["size"]) is int
        and item["size"] >= 0
        and _is_hash(item["digest_c"])
        and _is_hash(item["ct_h"])
    )
