"""The proof entry: one line of the journal, which says that something happened without saying whom it was about.

The database fills four values inside the transaction of the event (the office's counter and chain, the time, the
service's counter), so the canonical text is made in four fragments around them; `assemble` is the reference of what
the database does.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Self

from proof.canonical import canonical, parse
from proof.shapes import (
    MAX_LEAF,
    EntryInvalid,
    encoded,
    instant,
    is_count,
    is_hash,
    is_instant,
    is_name,
    is_number,
    is_short,
    is_uuid,
    or_null,
    require,
    require_filled,
)

# What writes an entry finds here all that it needs.
__all__ = [
    "FORMAT",
    "MAX_LEAF",
    "SALT_SIZE",
    "Document",
    "Entry",
    "EntryInvalid",
    "Fields",
    "Fragments",
    "assemble",
    "commitment",
    "digest_commitment",
    "encoded",
    "fragments",
    "instant",
    "state_hash",
]

FORMAT = 1
SALT_SIZE = 32  # bytes


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

    kind: ClassVar[str] = "event"

    office_prev: str | None
    office_seq: int | None
    recorded_at: str
    store_seq: int

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an entry; raises NotCanonical or EntryInvalid."""
        if len(data) > MAX_LEAF:
            raise EntryInvalid(f"the entry is longer than {MAX_LEAF} bytes")
        return cls.of(parse(data))

    @classmethod
    def of(cls, value: Any) -> Self:
        """Read what the canonical bytes say; raises EntryInvalid."""
        if not isinstance(value, dict) or value.keys() != _MEMBERS:
            raise EntryInvalid("the entry has not the fields of an entry")
        if type(value["v"]) is not int or value["v"] != FORMAT or value["kind"] != cls.kind:
            raise EntryInvalid("the entry has a format or kind that this version does not know")
        _check(value)
        require_filled(value)
        facts = {name: item for name, item in value.items() if name not in {"v", "kind"}}
        return cls(**facts | {"docs": tuple(Document(**document) for document in value["docs"])})


_MEMBERS = {"v", "kind", *(field.name for field in fields(Entry))}


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


def _as_dict(entry: Fields) -> dict[str, Any]:
    value = {field.name: getattr(entry, field.name) for field in fields(Fields)}
    value["docs"] = [{field.name: getattr(doc, field.name) for field in fields(Document)} for doc in entry.docs]
    return value | {"v": FORMAT, "kind": Entry.kind}


def _check(value: dict[str, Any]) -> None:
    """Refuse whatever two readers could understand differently; `value` has exactly the right keys."""
    require(value, ("agg",), is_uuid)
    require(value, ("office", "dossier", "actor"), or_null(is_uuid))
    require(value, ("agg_ver", "schema"), is_number)
    require(value, ("svc", "type", "actor_kind"), is_name)
    require(value, ("occurred_at",), is_instant)
    require(value, ("payload_c", "state_h"), is_hash)
    require(value, ("corr", "cause", "trace"), or_null(is_short))
    require(value, ("docs",), lambda item: isinstance(item, list) and all(map(_is_document, item)))


def _is_document(item: object) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() == {"ref", "ver", "size", "digest_c", "ct_h"}
        and is_uuid(item["ref"])
        and is_uuid(item["ver"])
        and is_count(item["size"])
        and is_hash(item["digest_c"])
        and is_hash(item["ct_h"])
    )
