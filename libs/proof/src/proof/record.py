"""The journal's own leaves, beside the events: seals, heads, keys, erasures, accesses and exports."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Self

from proof.canonical import canonical, parse
from proof.shapes import (
    MAX_LEAF,
    EntryInvalid,
    encoded,
    is_count,
    is_hash,
    is_name,
    is_number,
    is_short,
    is_uuid,
    or_null,
    require,
    require_filled,
)

FORMAT = 1
SERVICE = "journal"
MAX_ITEMS = 1000  # of an array
MAX_VKEY = 4000  # characters
MAX_MEMBERS = 16  # of a query
MAX_VALUES = 32  # of one member of a query

_REASONS = {"daily", "export", "closing"}
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,63}")

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One leaf that the journal itself writes; `body` has exactly the members of its `kind`."""

    kind: str
    store_seq: int
    recorded_at: str
    actor_kind: str
    body: Body
    svc: str = SERVICE
    office: str | None = None
    office_seq: int | None = None
    office_prev: str | None = None
    dossier: str | None = None
    actor: str | None = None

    def encode(self) -> bytes:
        """Write the leaf; raises NotCanonical or EntryInvalid, before anything is stored."""
        value = {field.name: getattr(self, field.name) for field in fields(self)}
        _check(value)
        return _short_enough(canonical(value | {"v": FORMAT}))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a leaf; raises NotCanonical or EntryInvalid."""
        return cls.of(parse(_short_enough(data)))

    @classmethod
    def of(cls, value: Any) -> Self:
        """Read what the canonical bytes say; raises EntryInvalid."""
        if not isinstance(value, dict) or value.keys() != _MEMBERS:
            raise EntryInvalid("the record has not the fields of a record")
        if type(value["v"]) is not int or value["v"] != FORMAT:
            raise EntryInvalid("the record has a format that this version does not know")
        facts = {name: item for name, item in value.items() if name != "v"}
        _check(facts)
        return cls(**facts)


_MEMBERS = {"v", *(field.name for field in fields(Record))}


def scope_digest(leaf_hashes: Iterable[bytes]) -> str:
    """Sum up the leaves of a scope or of an export, in the order of the log."""
    return encoded(hashlib.sha256(b"".join(leaf_hashes)).digest())


def _check(value: dict[str, Any]) -> None:
    """Refuse whatever two readers could understand differently; `value` has exactly the right keys."""
    kind = value["kind"]
    if not isinstance(kind, str) or kind not in _RULES or value["svc"] != SERVICE:
        raise EntryInvalid("the record has a kind or a service that this version does not know")
    require(value, ("office", "dossier", "actor"), or_null(is_uuid))
    require(value, ("actor_kind",), is_name)
    require_filled(value)
    body, rules = value["body"], _RULES[kind]
    if not isinstance(body, dict) or body.keys() != rules.keys():
        raise EntryInvalid(f"the body has not the members of the kind {kind}")
    for name, holds in rules.items():
        require(body, (name,), holds)
    _check_place(kind, value["office"], value["dossier"], body)


def _check_place(kind: str, office: str | None, dossier: str | None, body: Body) -> None:
    """Require that what speaks of the whole log is of no office, and that a head counts exactly for a dossier."""
    if kind in {"seal", "key"} and (office, dossier) != (None, None):
        raise EntryInvalid(f"the kind {kind} is of no office and of no dossier")
    if kind == "head":
        counted = [body["entries"] is not None, body["digest"] is not None]
        if office is None or counted != [dossier is not None] * 2:
            raise EntryInvalid("a head is of an office, and says entries and digest exactly when it is of a dossier")


def _short_enough(data: bytes) -> bytes:
    if len(data) > MAX_LEAF:
        raise EntryInvalid(f"the record is longer than {MAX_LEAF} bytes")
    return data


def _array(holds: Callable[[Any], bool], limit: int = MAX_ITEMS) -> Callable[[Any], bool]:
    return lambda item: isinstance(item, list) and len(item) <= limit and all(map(holds, item))


def _is_rising(values: list[str]) -> bool:
    """Tell whether values are sorted and unique."""
    return all(one < other for one, other in pairwise(values))


def _is_end(item: object) -> bool:
    """Tell the end of an office's chain in one service."""
    return (
        isinstance(item, dict)
        and item.keys() == {"hash", "seq", "svc"}
        and is_hash(item["hash"])
        and is_number(item["seq"])
        and is_name(item["svc"])
    )


def _are_heads(item: Any) -> bool:
    return _array(_is_end)(item) and _is_rising([end["svc"] for end in item])


def _are_services(item: Any) -> bool:
    return _array(is_name)(item) and _is_rising(item)


def _is_vkey(item: object) -> bool:
    return isinstance(item, str) and len(item) <= MAX_VKEY


def _is_reason(item: object) -> bool:
    return isinstance(item, str) and item in _REASONS


def _is_reference(item: object) -> bool:
    return isinstance(item, str) and _REFERENCE.fullmatch(item) is not None


def _is_value(item: object) -> bool:
    return item is None or type(item) in {bool, int} or is_short(item) or _array(is_short, MAX_VALUES)(item)


def _is_query(item: object) -> bool:
    return isinstance(item, dict) and len(item) <= MAX_MEMBERS and all(map(_is_value, item.values()))


_HASHES = _array(is_hash)
_VKEYS = _array(_is_vkey)
_ACCESS = {"purpose": is_name, "reference": or_null(_is_reference), "query": _is_query}
_RULES: dict[str, dict[str, Callable[[Any], bool]]] = {
    "seal": {
        "size": is_number,
        "root": is_hash,
        "tokens": _HASHES,
        "cosignatures": _HASHES,
        "policy": or_null(is_hash),
    },
    "head": {"reason": _is_reason, "heads": _are_heads, "entries": or_null(is_count), "digest": or_null(is_hash)},
    "key": {"vkeys": _VKEYS, "retired": _VKEYS},
    "erasure": {"person": is_uuid, "basis": is_name, "services": _are_services, "keys": is_count},
    "access": _ACCESS,
    "export": _ACCESS | {"format": is_name, "entries": is_count, "digest": or_null(is_hash)},
}
KINDS = frozenset(_RULES)
