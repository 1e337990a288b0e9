#!/usr/bin/env python3
"""Verify a Scellé proof bundle (.lcp) without any network and without the software that made it.

One file, Python 3.11 or later; it needs the package `cryptography` (50 or later) and nothing else. It was written from
the description of the formats (docs/spec/journal.md) and shares no line with the library that writes them.

    python scelle_verify.py dossier.lcp --policy policy.json

Exit codes: 0 intact, 1 tampered, 2 malformed, 3 below the level asked. Times are microseconds since 1970 throughout.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

MAX_BUNDLE, MAX_POLICY, MAX_MEMORY = 256 << 20, 256 << 10, 16 << 20  # bytes, as every size here
MAX_LEAF, MAX_NOTE, MAX_TOKEN, SALT_SIZE = 65_535, 64 << 10, 32 << 10, 32
MAX_FILES, MAX_TOKENS, MAX_SIGNATURES, MAX_HASHES, MAX_CHAIN, MAX_GROUPS = 60_000, 16, 16, 64, 8, 4
MAX_DEPTH, MAX_INTEGER = 32, 2**53 - 1
MAX_ARRAY, MAX_MEMBERS, MAX_VALUES, MAX_TEXT, MAX_VKEY = 1000, 16, 32, 200, 4000  # items, characters
SECOND, LAST_SECOND = 1_000_000, 253_402_300_799  # the latter of the year 9999
AFTER, BEFORE = 60 * SECOND, 7 * 86_400 * SECOND  # how far servers' clocks and delays may be from an authority's
LOG, WITNESS, MLDSA44 = 1, 4, 6  # types of keys: Ed25519 of the log, Ed25519 of a witness, ML-DSA-44 of either
KEY_SIZES = {LOG: 32, WITNESS: 32, MLDSA44: 1312}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Object = dict[str, Any]
Rule = Callable[[Any], bool]


class Malformed(ValueError):
    """What was given is not what its format says."""


def need(holds: object, otherwise: str) -> None:
    """Raise Malformed unless something holds."""
    if not holds:
        raise Malformed(otherwise)


_KEY = re.compile(r"[a-z0-9_]+")
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_json(data: bytes) -> Any:
    """Read JSON in any layout, without doubled keys and with integers only; raises Malformed."""
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
    except RecursionError as error:
        raise Malformed("nested too deeply") from error


def parse(data: bytes) -> Any:
    """Read canonical JSON; raises ValueError for any other spelling."""
    value = read_json(data)
    need(canonical(value) == data, "not the canonical spelling")
    return value


def canonical(value: object) -> bytes:
    """Write canonical JSON; raises ValueError for what the profile has not."""
    _in_profile(value, MAX_DEPTH)
    return _ENCODER.encode(value).encode()


def _object(pairs: list[tuple[str, Any]]) -> Object:
    need(len(dict(pairs)) == len(pairs), "a key appears twice")
    return dict(pairs)


def _refuse(text: str) -> NoReturn:
    raise Malformed(f"{text[:20]} is not an integer")


def _in_profile(value: object, depth: int) -> None:
    if isinstance(value, int):
        need(abs(value) <= MAX_INTEGER, "an integer is too large")
    elif isinstance(value, dict | list):
        need(depth, "nested too deeply")
        need(isinstance(value, list) or all(map(_KEY.fullmatch, value)), "a key is outside the profile")
        for item in value.values() if isinstance(value, dict) else value:
            _in_profile(item, depth - 1)


def b64(data: bytes) -> str:
    """Write base64."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Read base64 in its only spelling; raises ValueError."""
    raw = base64.b64decode(text, validate=True)
    need(b64(raw) == text, "not base64 in its only spelling")
    return raw


def lines_of(data: bytes, rule: Rule) -> list[Any]:
    """Read the canonical values of a .jsonl file, each as the rule says; raises ValueError."""
    *lines, rest = data.split(b"\n")
    read = [parse(line) for line in lines]
    need(not rest and all(map(rule, read)), "a line is not what it should be, or does not end")
    return read


def sha256(data: bytes) -> bytes:
    """Hash."""
    return hashlib.sha256(data).digest()


_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TIME = re.compile(_CLOCK + r"\.[0-9]{6}Z")
_BOUND = re.compile(_CLOCK + r"(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])")


def micros(moment: datetime) -> int:
    """Count microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(at: int | None) -> str | None:
    """Write a time as leaves do."""
    moment = None if at is None else (EPOCH + timedelta(microseconds=at)).replace(tzinfo=None)
    return None if moment is None else moment.isoformat(timespec="microseconds") + "Z"


def time_of(text: str) -> int:
    """Read a time as leaves write it; raises ValueError."""
    need(_TIME.fullmatch(text), "not a time")
    return micros(datetime.fromisoformat(text))


def bound_of(text: str | None) -> int | None:
    """Read an RFC 3339 time with a zone, as policies write it; raises ValueError."""
    need(text is None or _BOUND.fullmatch(text), "a time is written YYYY-MM-DDTHH:MM:SSZ, or with ±hh:mm")
    try:
        return None if text is None else micros(datetime.fromisoformat(text).astimezone(UTC))
    except OverflowError as error:
        raise Malformed("a time is outside the calendar") from error


def _like(pattern: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda item: isinstance(item, str) and compiled.fullmatch(item) is not None


def _or_null(rule: Rule) -> Rule:
    return lambda item: item is None or rule(item)


def _at_least(least: int) -> Rule:
    return lambda item: type(item) is int and item >= least


def _text(longest: int = MAX_BUNDLE) -> Rule:
    return lambda item: isinstance(item, str) and len(item) <= longest


def _array(rule: Rule, most: int = MAX_BUNDLE) -> Rule:
    return lambda item: isinstance(item, list) and len(item) <= most and all(map(rule, item))


def _one_of(*items: object) -> Rule:
    return lambda item: any(type(item) is type(one) and item == one for one in items)


def _members(**rules: Rule) -> Rule:
    return lambda item: (
        isinstance(item, dict) and item.keys() == rules.keys() and all(rule(item[name]) for name, rule in rules.items())
    )


def _is_time(item: object) -> bool:
    try:
        return isinstance(item, str) and time_of(item) is not None
    except ValueError:
        return False


def _ascending(rule: Rule, key: Callable[[Any], str] = str) -> Rule:
    rises: Rule = lambda item: [key(one) for one in item] == sorted({key(one) for one in item})  # noqa: E731 - a rule
    return lambda item: _array(rule, MAX_ARRAY)(item) and rises(item)


def _is_query(item: object) -> bool:
    asked = [*item.values()] if isinstance(item, dict) else [()]
    plain = (one is None or type(one) in {bool, int} or short(one) or _array(short, MAX_VALUES)(one) for one in asked)
    return len(asked) <= MAX_MEMBERS and all(plain)


name, short, positive, natural = _like(r"[a-z0-9][a-z0-9.-]{0,99}"), _text(MAX_TEXT), _at_least(1), _at_least(0)
uuid = _like(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
hash_, hexadecimal = _like(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="), _like(r"[0-9a-f]{64}")
_any: Rule = lambda _: True  # noqa: E731 - a rule like the others
_COMMON: dict[str, Rule] = {"v": _one_of(1), "kind": _text(), "svc": name, "store_seq": positive}
_COMMON |= {"recorded_at": _is_time, "actor_kind": name, "office_seq": _any, "office_prev": _any}
_COMMON |= dict.fromkeys(("office", "dossier", "actor"), _or_null(uuid))
_DOCS = _array(_members(ref=uuid, ver=uuid, size=natural, digest_c=hash_, ct_h=hash_))
_ABOUT = {"agg": uuid, "agg_ver": positive, "type": name, "schema": positive, "occurred_at": _is_time}
_TRACED = dict.fromkeys(("corr", "cause", "trace"), _or_null(short))
_EVENT = _members(**_COMMON, **_ABOUT, **_TRACED, payload_c=hash_, state_h=hash_, docs=_DOCS)
_HASHES, _VKEYS = _array(hash_, MAX_ARRAY), _array(_text(MAX_VKEY), MAX_ARRAY)
_HEADS = _ascending(_members(hash=hash_, seq=positive, svc=name), itemgetter("svc"))
_REASON, _REFERENCE = _one_of("daily", "export", "closing"), _or_null(_like(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,63}"))
_LOOK: dict[str, Rule] = {"purpose": name, "reference": _REFERENCE, "query": _is_query}
_BODIES = {
    "seal": _members(size=positive, root=hash_, tokens=_HASHES, cosignatures=_HASHES, policy=_or_null(hash_)),
    "head": _members(reason=_REASON, heads=_HEADS, entries=_or_null(natural), digest=_or_null(hash_)),
    "key": _members(vkeys=_VKEYS, retired=_VKEYS),
    "erasure": _members(person=uuid, basis=name, services=_ascending(name), keys=natural),
    "access": _members(**_LOOK),
    "export": _members(**_LOOK, format=name, entries=natural, digest=_or_null(hash_)),
}


def read_leaf(data: bytes, *, records: bool) -> Object:
    """Read an event, or a record if those are expected; raises ValueError."""
    need(len(data) <= MAX_LEAF, "a leaf is too long")
    leaf: Object = parse(data)
    kind = leaf.get("kind") if isinstance(leaf, dict) else None
    if kind == "event":
        need(_EVENT(leaf), "not an event")
    else:
        body = _BODIES.get(kind) if records and isinstance(kind, str) else None
        record = _members(**_COMMON | {"body": body or _any, "svc": _one_of("journal")})
        need(body and record(leaf) and _in_place(leaf), "not a leaf of a kind that is known")
    number, chain, has_office = leaf["office_seq"], leaf["office_prev"], leaf["office"] is not None
    counted = positive(number) and (chain is None if number == 1 else hash_(chain))
    need(counted if has_office else number is None and chain is None, "office, number and chain do not go together")
    return leaf


def _in_place(record: Object) -> bool:
    office, dossier, body = record["office"], record["dossier"], record["body"]
    if record["kind"] == "head":
        given = {one is not None for one in (body["entries"], body["digest"], dossier)}
        return office is not None and len(given) == 1
    return record["kind"] not in {"seal", "key"} or (office, dossier) == (None, None)


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf (RFC 6962)."""
    return sha256(b"\0" + data)


def node(left: bytes, right: bytes) -> bytes:
    """Hash two children (RFC 6962)."""
    return sha256(b"\1" + left + right)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root to which `path` leads from a leaf hash at `index`, None if it has another length."""
    if size == 1:
        return leaf if index == 0 and not path else None
    if not path or not 0 <= index < size:
        return None
    half = 1 << (size - 1).bit_length() - 1  # the leaves of the left child
    right = index >= half
    below = included(leaf, index - half * right, size - half if right else half, path[:-1])
    return below and (node(path[-1], below) if right else node(below, path[-1]))


def grown(size: int, larger: int, path: Sequence[bytes], old: bytes | None) -> tuple[bytes, bytes] | None:
    """Return the two roots that a consistency proof leads to; `old` is the smaller one while it is a whole subtree."""
    if size == larger:
        found = old or (path[0] if path else b"")
        return (found, found) if len(path) == (not old) else None
    if not path:
        return None
    half = 1 << (larger - 1).bit_length() - 1
    if size <= half:
        left = grown(size, half, path[:-1], old)
        return left and (left[0], node(left[1], path[-1]))
    both = grown(size - half, larger - half, path[:-1], None)
    return both and (node(path[-1], both[0]), node(path[-1], both[1]))


_NUMBER, _KEY_NAME, _CONTROL = _like(r"0|[1-9][0-9]{0,15}"), _like(r"[^+\s]+"), re.compile(r"[\x00-\x09\x0b-\x1f]")
_ID, _STAMP = 4, 8  # bytes


class Line(NamedTuple):
    """A signature line of a note; the first 8 bytes of a cosignature say its time, in seconds since 1970."""

    name: str
    key_id: bytes
    value: bytes
    text: str
    seconds: int


class Note(NamedTuple):
    """A checkpoint and its signature lines."""

    raw: bytes
    text: str
    lines: list[Line]
    origin: str
    size: int
    root: bytes

    def imprint(self) -> bytes:
        """Hash what is timestamped: the note with the log's own lines."""
        own = "".join(line.text + "\n" for line in self.lines if line.name == self.origin)
        return sha256(f"{self.text}\n{own}".encode())


class Key(NamedTuple):
    """A public key of the log or of a witness."""

    name: str
    kind: int
    public: bytes
    key_id: bytes

    def verifies(self, line: Line, note: Note) -> bool:
        """Tell whether this line of the note is this key's."""
        try:
            if self.kind == LOG:
                Ed25519PublicKey.from_public_bytes(self.public).verify(line.value, note.text.encode())
                return True
            stamp, value = line.value[:_STAMP], line.value[_STAMP:]
            if len(stamp) < _STAMP or line.seconds > LAST_SECOND:
                return False
            if self.kind == WITNESS:
                said = f"cosignature/v1\ntime {line.seconds}\n{note.text}".encode()
                Ed25519PublicKey.from_public_bytes(self.public).verify(value, said)
            else:
                own, log, place = self.name.encode(), note.origin.encode(), struct.pack(">QQ", 0, note.size)
                named = bytes([len(own)]) + own + stamp + bytes([len(log)]) + log  # ValueError from 256 bytes on
                said = b"subtree/v1\n\0" + named + place + note.root
                MLDSA44PublicKey.from_public_bytes(self.public).verify(value, said)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_note(raw: bytes) -> Note:
    """Read a signed checkpoint; raises ValueError. Nothing is verified yet."""
    need(len(raw) <= MAX_NOTE, "a note is too long")
    whole = raw.decode()
    said, blank, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    need(blank and not lines.pop() and 0 < len(lines) <= MAX_SIGNATURES, "not a signed note")
    need(not _CONTROL.search(whole), "a note holds a control character")
    origin, size, root, *more = [*said.split("\n"), "", "", ""][:4] if said.count("\n") == 2 else [""] * 4  # noqa: PLR2004 - a checkpoint has three lines
    need(origin and _NUMBER(size) and hash_(root) and not any(more), "not a checkpoint")
    return Note(raw, said + "\n", [_line(one) for one in lines], origin, int(size), unb64(root))


def _line(written: str) -> Line:
    dash, _, rest = written.partition(" ")
    named, _, encoded = rest.partition(" ")
    raw = unb64(encoded)
    need(dash == "\u2014" and _KEY_NAME(named) and len(raw) > _ID, "not a signature line")
    return Line(named, raw[:_ID], raw[_ID:], written, int.from_bytes(raw[_ID:][:_STAMP], "big"))


def read_key(vkey: str, *kinds: int) -> Key:
    """Read a key of one of these types; raises ValueError."""
    named, _, rest = vkey.partition("+")
    said, _, encoded = rest.partition("+")
    raw = unb64(encoded)
    need(raw and raw[0] in kinds and len(raw) == 1 + KEY_SIZES[raw[0]], "not a key of a type that may stand here")
    key = Key(named, raw[0], raw[1:], sha256(named.encode() + b"\n" + raw)[:_ID])
    need(_KEY_NAME(named) and key.key_id.hex() == said, "the id of a key is not that of its name and bytes")
    return key


class LogKey(NamedTuple):
    """A key of the log, and when it begins and ends to be trusted."""

    key: Key
    begin: int | None
    end: int | None


class Quorum(NamedTuple):
    """So many of these members."""

    threshold: int
    members: tuple["Key | Quorum", ...]

    def keys(self) -> Iterator[Key]:
        """List every key, in the order of the policy."""
        for member in self.members:
            yield from member.keys() if isinstance(member, Quorum) else [member]

    def met_by(self, present: set[Key]) -> bool:
        """Tell whether these keys are enough."""
        met = [one.met_by(present) if isinstance(one, Quorum) else one in present for one in self.members]
        return sum(met) >= self.threshold


Blocks = dict[int, tuple[bytes, int]]  # by height: the root of a Bitcoin block, and the time that it says
Authority = tuple[list[x509.Certificate], list[str]]  # the signer's certificate first, and the policies accepted


class Policy(NamedTuple):
    """Whom the verifier trusts."""

    origin: str
    log_keys: list[LogKey]
    quorum: Quorum | None
    authorities: list[Authority]
    blocks: Blocks

    def signers(self, note: Note) -> set[Key]:
        """Return the log keys that signed; raises Malformed for a wrong or doubled line of one."""
        known = {(key.name, key.key_id): key for key, _, _ in self.log_keys}
        found: set[Key] = set()
        for line in note.lines:
            if key := known.get((line.name, line.key_id)):
                timeless = key.kind == LOG or not line.seconds
                need(key not in found and timeless and key.verifies(line, note), "a line of the log does not verify")
                found.add(key)
        return found


_LOG_KEY = _members(vkey=_text(), not_before=_or_null(_text()), not_after=_or_null(_text()))
_FIRST = _members(format=_one_of("scelle-policy/1"), origin=_text(), log_keys=_array(_LOG_KEY))
_AUTHORITY = _members(certificates=_text(), policies=_array(_text()))
_BLOCK = _members(height=natural, header=_like(r"[0-9a-f]{160}"))
_LISTS = {"log_keys": _array(_LOG_KEY), "authorities": _array(_AUTHORITY), "blocks": _array(_BLOCK)}
_SECOND = _members(format=_one_of("scelle-policy/2"), origin=_text(), quorum=_any, **_LISTS)
_QUORUM = _members(threshold=positive, members=_array(lambda item: isinstance(item, str | dict)))


def read_policy(data: bytes) -> Policy:
    """Read a policy; raises ValueError."""
    value = read_json(data)
    need(isinstance(value, dict), "a policy is an object")
    pinned = value.get("blocks", [])
    need(_FIRST(value) or _SECOND(value | {"blocks": pinned}), "not a policy of a format that is known")
    kinds = [LOG] if _FIRST(value) else [LOG, MLDSA44]
    origin, log_keys = value["origin"], [_log_key(item, kinds) for item in value["log_keys"]]
    quorum = None if value.get("quorum") is None else _quorum(value["quorum"], MAX_GROUPS)
    authorities = [_authority(item) for item in value.get("authorities", [])]
    own, witnesses = {key for key, _, _ in log_keys}, list(quorum.keys()) if quorum else []
    need(origin.encode() and min(origin) >= " ", "an origin is a line of text")
    need(any(key.kind == LOG for key in own), "a policy trusts an Ed25519 key of the log at least")
    public, every = [key.public for key in witnesses], own.union(witnesses)
    need(len(set(public)) == len(public), "a witness appears once")
    need({key.public for key in own}.isdisjoint(public), "a witness is not the log")
    need(len({(key.name, key.key_id) for key in every}) == len(every), "two keys have the same name and id")
    need(len({chain[0] for chain, _ in authorities}) == len(authorities), "two authorities have the same signer")
    blocks = {item["height"]: _block(bytes.fromhex(item["header"])) for item in pinned}
    need(len(blocks) == len(pinned) and max(blocks, default=0) <= MAX_INTEGER, "a block has a height of its own")
    return Policy(origin, log_keys, quorum, authorities, blocks)


def _log_key(item: Object, kinds: list[int]) -> LogKey:
    begin, end = bound_of(item["not_before"]), bound_of(item["not_after"])
    need(begin is None or end is None or begin <= end, "the window of a key ends before it begins")
    return LogKey(read_key(item["vkey"], *kinds), begin, end)


def _block(header: bytes) -> tuple[bytes, int]:
    """Read a Bitcoin block header; its hash has to be below the target that it names."""
    target = int.from_bytes(header[72:75], "little") << 8 * header[75] >> 24
    need(int.from_bytes(sha256(sha256(header)), "little") <= target, "a digit of a block header is wrong")
    return header[36:68], int.from_bytes(header[68:72], "little") * SECOND


def _quorum(value: Object, depth: int) -> Quorum:
    need(depth and _QUORUM(value), "a quorum has a threshold and members, on 4 levels at most")
    members = value["members"]
    read = [_quorum(one, depth - 1) if isinstance(one, dict) else read_key(one, WITNESS, MLDSA44) for one in members]
    need(value["threshold"] <= len(read), "a quorum asks for all of its members at most")
    return Quorum(value["threshold"], tuple(read))


def _authority(item: Object) -> Authority:
    try:
        certificates = x509.load_pem_x509_certificates(item["certificates"].encode())
        policies = [x509.ObjectIdentifier(one).dotted_string for one in item["policies"]]
        usage = certificates[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        for issued, issuer in pairwise((*certificates, certificates[-1])):
            issued.verify_directly_issued_by(issuer)
    except Exception as error:  # the library has no common class
        raise Malformed("the certificates of an authority do not form a chain") from error
    stamping = usage.critical and list(usage.value) == [x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]
    need(stamping, "the first certificate of an authority is not for time stamping alone")
    need(policies and len(set(policies)) == len(policies), "an authority has policies, each once")
    need(policies == item["policies"] and len(certificates) <= MAX_CHAIN, "an authority has at most 8 certificates")
    return certificates, policies


_BOOLEAN, _INTEGER, _BITS, _OCTETS, _OID, _UTF8, _SEQUENCE, _SET = 1, 2, 3, 4, 6, 12, 48, 49
_PRINTABLE, _UNIVERSAL, _BMP, _TIME_TAG = 19, 28, 30, 24
_CONTEXT0, _CONTEXT1, _MILLIS, _MICROS, _HIGH, _MASK, _LONG_TAG = 0xA0, 0xA1, 0x80, 0x81, 0x80, 0x7F, 0x1F
_STRINGS = {_BITS, _OCTETS, _UTF8, 18, _PRINTABLE, 20, 22, 23, _TIME_TAG, 26, _UNIVERSAL, _BMP}
_PRINTABLES = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
_GENERALIZED = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.[0-9]{0,8}[1-9])?Z")


class Value(NamedTuple):
    """A DER value: its tag, its content, and all its bytes."""

    tag: int
    body: bytes
    whole: bytes


def values(data: bytes) -> list[Value]:
    """Read DER values, one after the other; raises Malformed."""
    found, at = [], 0
    while at < len(data):
        start, head = at, data[at + 1 : at + 6]
        need(head and data[at] & _LONG_TAG != _LONG_TAG, "a DER value is cut short, or has a long tag")
        width = max(0, head[0] - _HIGH)
        length = int.from_bytes(head[1 : 1 + width], "big") if width else head[0]
        need(length >= max(_HIGH, 1 << 8 * (width - 1)) if width else length != _HIGH, "a DER length is not minimal")
        at += 2 + width + length
        need(width < len(head) and at <= len(data), "a DER value is cut short")
        found.append(Value(data[start], data[at - length : at], data[start:at]))
    return found


def fields(data: bytes, *tags: int) -> list[Any]:
    """Read the fields of a SEQUENCE by their tags; one that is optional has a negative tag and may be None."""
    found, left = [], values(data)
    for tag in tags:
        there = bool(left) and left[0].tag == abs(tag)
        need(there or tag < 0, "a DER value is missing")
        found.append(left.pop(0) if there else None)
    need(not left, "a DER value has no place")
    return found


def only(data: bytes, tag: int) -> bytes:
    """Read the content of the one value that is there."""
    (value,) = fields(data, tag)
    return bytes(value.body)


def set_of(body: bytes, tag: int = _SEQUENCE) -> list[Value]:
    """Read the members of a SET OF, which are in order and have this tag, any if it is 0; raises Malformed."""
    found = values(body)
    need(all(one.whole <= other.whole for one, other in pairwise(found)), "a DER set is not in order")
    need(not tag or all(one.tag == tag for one in found), "a DER set holds what has no place")
    return found


def integer(value: Value, least: int | None = None, most: int = 0) -> int:
    """Read an INTEGER in its shortest form, within bounds if there are any; raises Malformed."""
    body = value.body
    number = int.from_bytes(body, "big", signed=True)
    need(body and (body[0], body[1:2] < b"\x80", len(body) > 1) != (0, True, True), "a DER integer is not minimal")
    need(len(body) == 1 or body[0] != 255 or body[1] < _HIGH, "a DER integer is not minimal")  # noqa: PLR2004 - all ones
    need(least is None or least <= number <= most, "a DER integer is out of range")
    return number


def oid(body: bytes) -> str:
    """Read an OBJECT IDENTIFIER as dotted numbers; raises Malformed."""
    arcs, number, begun = [], 0, False
    for byte in body:
        need((begun or byte != _HIGH) and not number >> 25, "an object identifier is not minimal, or too large")
        number, begun = number << 7 | byte & _MASK, byte >= _HIGH
        if not begun:
            arcs.append(number)
            number = 0
    need(arcs and not begun, "an object identifier is cut short")
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def algorithm(body: bytes) -> str:
    """Read an AlgorithmIdentifier; those that are used here have no parameters, or NULL; raises Malformed."""
    kind, *parameters = values(body) or [Value(0, b"", b"")]
    need(kind.tag == _OID and len(parameters) <= 1, "not an algorithm")
    named = oid(kind.body)
    if named == _PSS:
        need(all(one.tag == _SEQUENCE for one in parameters), "an algorithm has parameters that it does not take")
    elif named in _DIGESTS or named in _OLDER_DIGESTS or named.startswith(_PLAIN_SIGNATURES):
        need([one.whole for one in parameters] in ([], [b"\5\0"]), "an algorithm has parameters that it does not take")
    return named


def name_of(body: bytes) -> list[set[tuple[str, str | bytes]]]:
    """Read a Name for comparison: its attributes, whatever the type of their strings; raises ValueError."""
    parts = []
    for part in values(body):
        need(part.tag == _SET, "not a name")
        pairs = [values(pair.body) for pair in set_of(part.body)]
        need(all([one.tag for one in pair][:1] == [_OID] and len(pair) == 2 for pair in pairs), "not a name")  # noqa: PLR2004 - a type and a value
        parts.append({(oid(kind.body), _string(value)) for kind, value in pairs})
    return parts


def _string(value: Value) -> str | bytes:
    need(value.tag in _STRINGS, "a name holds what is no text")
    need(value.tag != _PRINTABLE or _PRINTABLES.fullmatch(value.body), "a name holds what cannot be printed")
    need(value.tag != _BITS or (value.body and value.body[0] < 8), "not a bit string")  # noqa: PLR2004 - unused bits
    codec = {_UNIVERSAL: "utf_32_be", _BMP: "utf_16_be"}.get(value.tag, "utf-8")
    return value.body if value.tag == _BITS else value.body.decode(codec)


_SHA256, _PSS = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.10"
_DIGESTS = {_SHA256: "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_OLDER_DIGESTS = {"1.3.14.3.2.26", "2.16.840.1.101.3.4.2.4"}  # SHA-1, SHA-224: may be listed, sign nothing here
_PLAIN_SIGNATURES = ("1.2.840.113549.1.1.1", "1.2.840.10045.4.")  # of RSA, of ECDSA
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = {"1.2.840.113549.1.9.16.2.12": "sha1", "1.2.840.113549.1.9.16.2.47": "sha256"}
_LAST_STATUS, _BYTE, _THOUSAND, _MAX_ACCURACY = 5, 255, 999, 86_399_999_999_999
_INFO = (_INTEGER, _OID, _SEQUENCE, _INTEGER, _TIME_TAG, -_SEQUENCE, -_BOOLEAN, -_INTEGER, -_CONTEXT0, -_CONTEXT1)


class Refused(Exception):
    """A token is not believed; its text is the code that says why."""


class Token(NamedTuple):
    """What a timestamp response says, not believed yet: who it says signed, how, and what was signed."""

    content: bytes
    certificates: list[tuple[x509.Name, int, x509.Certificate]]
    revocations: list[Value]
    digests: set[str]
    digest: str
    issuer: bytes
    serial: int
    attributes: Value | None
    signature: bytes


class Stamp(NamedTuple):
    """A token that is believed, and the times between which it says that it was made."""

    name: str
    size: int
    at: int
    first: int
    last: int


def believe(response: bytes, imprint: bytes, authorities: Sequence[Authority]) -> tuple[int, int]:
    """Return the time and the accuracy of a token; raises Refused, with the first reason in the order of the spec."""
    try:
        token, (policy, hashed, digest, at, accuracy) = _read_response(response)
    except Exception as error:  # the library has no common class for certificates that it cannot read
        raise error if isinstance(error, Refused) else Refused("malformed") from error
    if (hashed, digest) != (_SHA256, imprint):
        raise Refused("imprint")
    authority = next((one for one in authorities if _claims(token, one[0][0])), None)
    if authority is None:
        raise Refused("authority")
    if policy not in authority[1]:
        raise Refused("policy")
    windows = ((micros(one.not_valid_before_utc), micros(one.not_valid_after_utc)) for one in authority[0])
    if not all(begin <= at <= end for begin, end in windows):
        raise Refused("chain-expired")
    try:
        _check_signature(token, *authority[0])
    except Exception as error:  # as above
        raise Refused("signature") from error
    return at, accuracy


def _read_response(response: bytes) -> tuple[Token, tuple[str, str, bytes, int, int]]:
    need(len(response) <= MAX_TOKEN, "a response is too long")
    said, given = fields(only(response, _SEQUENCE), _SEQUENCE, -_SEQUENCE)
    status, texts, _ = fields(said.body, _INTEGER, -_SEQUENCE, -_BITS)
    for reason in values(texts.body) if texts else ():
        need(reason.tag == _UTF8 and reason.body.decode() is not None, "a reason is a text")
    token = _read_token(given.body) if given else None
    if integer(status, 0, _LAST_STATUS):
        raise Refused("refused")
    if token is None or not name_of(token.issuer):
        raise Malformed("a granted response has a token")
    return token, _read_info(token.content)


def _read_token(body: bytes) -> Token:
    kind, data = fields(body, _OID, _CONTEXT0)
    parts = fields(only(data.body, _SEQUENCE), _INTEGER, _SET, _SEQUENCE, -_CONTEXT0, -_CONTEXT1, _SET)
    version, listed, content, sent, revocations, signers = parts
    what, held = fields(content.body, _OID, _CONTEXT0)
    need(oid(kind.body) == _SIGNED_DATA and oid(what.body) == _TST_INFO, "a token is signed data around a TSTInfo")
    (signer,) = set_of(signers.body)
    parts = fields(signer.body, _INTEGER, _SEQUENCE, _SEQUENCE, -_CONTEXT0, _SEQUENCE, _OCTETS, -_CONTEXT1)
    signer_version, named, digest, attributes, signed_with, signature, others = parts
    issuer, serial = fields(named.body, _SEQUENCE, _INTEGER)
    for one in (version, signer_version):
        integer(one, 0, _BYTE)
    for found in (attributes, others):
        _attributes(found)
    algorithm(signed_with.body)  # nobody signed it; the key and the digest say the same
    certificates = [x509.load_der_x509_certificate(one.whole) for one in (set_of(sent.body) if sent else ())]
    named_certificates = [(one.issuer, one.serial_number, one) for one in certificates]
    digests = {algorithm(one.body) for one in set_of(listed.body)}
    revoked = values(revocations.body if revocations else b"")
    said = algorithm(digest.body), issuer.body, integer(serial), attributes, signature.body
    return Token(only(held.body, _OCTETS), named_certificates, revoked, digests, *said)


def _attributes(value: Value | None) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for one in set_of(value.body) if value else ():
        kind, held = fields(one.body, _OID, _SET)
        found.setdefault(oid(kind.body), []).extend(set_of(held.body, 0))
    return found


def _read_info(content: bytes) -> tuple[str, str, bytes, int, int]:
    """Read TSTInfo: policy, algorithm, digest, time and accuracy."""
    version, policy, imprint, serial, at, accuracy, ordering, nonce, *_ = fields(only(content, _SEQUENCE), *_INFO)
    hashed, digest = fields(imprint.body, _SEQUENCE, _OCTETS)
    match = _GENERALIZED.fullmatch(at.body)
    integer(version, 0, _BYTE)
    integer(serial)
    need(not nonce or integer(nonce) >= 0, "a nonce is a natural number")
    need(not ordering or ordering.body == b"\xff", "FALSE is not written")
    year, month, day, hour, minute, second = map(int, match.groups() if match else "")
    moment = micros(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    seconds, millis, small = fields(accuracy.body if accuracy else b"", -_INTEGER, -_MILLIS, -_MICROS)
    around = integer(seconds, 0, _MAX_ACCURACY) * SECOND if seconds else 0
    around += sum(integer(part, 1, _THOUSAND) * unit for part, unit in ((millis, 1000), (small, 1)) if part)
    return oid(policy.body), algorithm(hashed.body), digest.body, moment, around


def _claims(token: Token, pinned: x509.Certificate) -> bool:
    """Tell whether this certificate is said to sign, and none that only borrows its names was sent along."""
    named = (name_of(only(pinned.issuer.public_bytes(), _SEQUENCE)), pinned.serial_number)
    same = [one for *names, one in token.certificates if names == [pinned.issuer, pinned.serial_number]]
    return named == (name_of(token.issuer), token.serial) and all(one == pinned for one in same)


def _check_signature(token: Token, pinned: x509.Certificate, *issuers: x509.Certificate) -> None:
    """Check that the pinned certificate signed the token and may do so; raises whatever shows that it did not."""
    digest, sent = _DIGESTS[token.digest], [one for *_, one in token.certificates]
    need(token.digest in token.digests <= _DIGESTS.keys() | _OLDER_DIGESTS, "another digest is used than is announced")
    need(not sent or pinned in sent, "certificates were sent, but not the signer's")
    for revocation in token.revocations:
        x509.load_der_x509_crl(revocation.whole)
    attributes = _attributes(token.attributes)
    kinds = [oid(one.body) for one in attributes[_CONTENT_TYPE] if one.tag == _OID]
    digests = [one.body for one in attributes[_MESSAGE_DIGEST] if one.tag == _OCTETS]
    need(kinds == [_TST_INFO] and digests == [hashlib.new(digest, token.content).digest()], "other content is signed")
    need(_names_signer(attributes, pinned.public_bytes(Encoding.DER)), "another certificate is said to sign")
    message = bytes([_SET]) + (token.attributes.whole[1:] if token.attributes else b"")
    hashed = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest]
    key = pinned.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(token.signature, message, padding.PKCS1v15(), hashed)
    else:
        need(isinstance(key, ec.EllipticCurvePublicKey), "neither an RSA key nor one of an elliptic curve")
        key.verify(token.signature, message, ec.ECDSA(hashed))  # type: ignore[union-attr, call-arg, arg-type]  # said by the line above
    _check_uses(pinned, issuers)


def _names_signer(attributes: dict[str, list[Value]], der: bytes) -> bool:
    found = []
    for kind, usual in _SIGNING_CERTIFICATE.items():
        for value in attributes.get(kind, []):
            certificates, _ = fields(value.body, _SEQUENCE, -_SEQUENCE)
            hashed, said, _ = fields(values(certificates.body)[0].body, -_SEQUENCE, _OCTETS, -_SEQUENCE)
            digest = _DIGESTS[algorithm(hashed.body)] if hashed else usual
            found.append(said.body == hashlib.new(digest, der, usedforsecurity=False).digest())
    return bool(found) and all(found)


def _check_uses(pinned: x509.Certificate, issuers: Sequence[x509.Certificate]) -> None:
    if any(one.oid == x509.oid.ExtensionOID.KEY_USAGE for one in pinned.extensions):
        usage = pinned.extensions.get_extension_for_class(x509.KeyUsage).value
        need(usage.digital_signature or usage.content_commitment, "the signer's key is not for signatures")
        need(not usage.key_encipherment and not usage.key_cert_sign, "the signer's key is for more than signatures")
    for below, issuer in enumerate(issuers):
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        need(limits.ca, "an issuer is no certification authority")
        need(limits.path_length is None or limits.path_length >= below, "an issuer may not have so long a chain")


_OTS = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08"  # version 1, over a SHA-256
_BITCOIN, _PENDING = bytes.fromhex("0588960d73d71901"), bytes.fromhex("83dfe30d2ef90c8e")
_HASHED, _APPEND, _PREPEND, _FORK = b"\x08", b"\xf0", b"\xf1", b"\xff"
_LOST = (b"\x02", b"\x03", b"\x67", b"\xf2", b"\xf3")  # operations after which a message is not known here
_ADDRESS, _MAX_STEPS, _MAX_PATH = re.compile(rb"[A-Za-z0-9._/:-]*"), 2048, 255
_MAX_MESSAGE, _MAX_SAID, _MAX_ADDRESS = 4096, 8192, 1000  # bytes


def read_anchor(data: bytes) -> tuple[bytes, list[tuple[int, bytes]], bool]:
    """Read an OpenTimestamps proof: its digest, heights with the roots that they should have, whether it waits."""
    at = len(_OTS) + 32
    need(data.startswith(_OTS) and at <= len(data), "not a proof of version 1 over a SHA-256")
    found, waits, steps, path = list[tuple[int, bytes]](), False, 0, [(data[at - 32 : at], 0)]
    while path:  # of messages from which something still goes on; b"" is one that is not known
        (message, depth), tag, steps = path.pop(), data[at : at + 1], steps + 1
        need(depth <= _MAX_PATH and steps <= _MAX_STEPS, "too many steps")
        if tag == _FORK:
            path.append((message, depth))
            at, tag = at + 1, data[at + 1 : at + 2]
        at += 1
        if tag == b"\0":
            kind, (said, at) = data[at : at + 8], _counted(data, at + 8, _MAX_SAID)
            if kind == _BITCOIN:
                height, end = _leb128(said, 0)
                need(end == len(said), "a height and no more")
                found += [(height, message)] if message else []
            elif kind == _PENDING:
                address, end = _counted(said, 0, _MAX_ADDRESS)
                need(end == len(said) and _ADDRESS.fullmatch(address), "an address and no more")
                waits = True
        elif tag in {_APPEND, _PREPEND}:
            more, at = _counted(data, at, _MAX_MESSAGE)
            need(more and len(message) + len(more) <= _MAX_MESSAGE, "a message has 1 to 4,096 bytes")
            path.append((message and (message + more if tag == _APPEND else more + message), depth + 1))
        else:
            need(tag in {_HASHED, *_LOST}, "not an operation")
            path.append((sha256(message) if message and tag == _HASHED else b"", depth + 1))
    need(at == len(data), "something follows the proof")
    return data[len(_OTS) : len(_OTS) + 32], found, waits


def _counted(data: bytes, at: int, most: int) -> tuple[bytes, int]:
    size, at = _leb128(data, at)
    need(size <= most and at + size <= len(data), "a part is cut short or too long")
    return data[at : at + size], at + size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(at, len(data)):
        number |= (data[place] & _MASK) << 7 * (place - at)
        need(number <= MAX_INTEGER and (data[place] or place == at), "a number is too large, or not minimal")
        if data[place] < _HIGH:
            return number, place + 1
    raise Malformed("a number is cut short")


_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_SHARED = (20, 0, 0, 0, 33)  # version 2.0, no flag, stored, 1980-01-01 00:00


def unpack(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """Read an archive: its files, and the names of those whose checksum differs; raises Malformed."""
    files: dict[str, bytes] = {}
    directory, altered, at, last = [], [], 0, ""
    need(len(data) <= MAX_BUNDLE, "the archive is too large")
    while data.startswith(b"PK\3\4", at) and at + _LOCAL.size <= len(data):
        checksum, size, name_size = (_LOCAL.unpack_from(data, at)[place] for place in (6, 8, 9))
        start = at + _LOCAL.size + name_size
        raw = data[at + _LOCAL.size : start]
        named, content = raw.decode("ascii", "replace"), data[start : start + size]
        shared = (*_SHARED, checksum, size, size, name_size, 0)
        need(_FILE_NAME.fullmatch(named) and named > last, "a file has no name that is allowed, or not its place")
        need(data[at:start] == _LOCAL.pack(b"PK\3\4", *shared) + raw, "a file is not written in the one way")
        need(len(content) == size and len(files) < MAX_FILES, "a file is cut short, or there are too many")
        directory.append(_CENTRAL.pack(b"PK\1\2", 3 << 8 | 20, *shared, 0, 0, 0, 0o100644 << 16, at) + raw)
        files[named], at, last = content, start + size, named
        altered += [named] if zlib.crc32(content) != checksum else []
    listing = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(listing), at, 0)
    need(data[at:] == listing + end, "the archive is not written in the one way")
    return files, altered


_FIXED = {"README.fr.txt", "manifest.json", "entries.bin", "states.bin", "openings.jsonl", "observations.jsonl"}
_PLACES = {1: "index.jsonl", 2: "proofs.jsonl"}
_FORMATS = {"scelle-bundle/1": 1, "scelle-bundle/2": 2}
_HASH_LINES = rb"(?:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n){0,64}"
_CARRIED = re.compile(rb"c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,15})\n(" + _HASH_LINES + rb")\n(.*)", re.DOTALL)
_PROOF_NAME = re.compile(r"proofs/(0|[1-9][0-9]{0,15})\.tlog-proof")
_NOTE_NAME = re.compile(r"checkpoints/(0|[1-9][0-9]{0,15})\.note")
_GROWTH_NAME = re.compile(r"consistency/([1-9][0-9]{0,15})-([1-9][0-9]{0,15})\.txt")
_TOKEN_NAME = re.compile(r"tokens/(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]?)\.tsr")
_ANCHOR_NAME = re.compile(r"ots/(0|[1-9][0-9]{0,15})\.ots")
_INDEX = _members(index=natural)
_PROOF = _members(hashes=_array(hash_, MAX_HASHES), index=natural)
_OPENING = _members(index=natural, payload=lambda item: isinstance(item, dict), salt=_text())
_FILE_LINES = _array(_members(name=_text(), sha256=_text()))
_OBSERVATION = _members(ct_h=_or_null(_text()), ver=_text())


class Item(NamedTuple):
    """A leaf that is shown: its place, its bytes, what the store holds, its proof, and what it says if readable."""

    where: str  # the place, as findings write it
    place: int
    data: bytes
    state: bytes
    path: list[bytes]
    placed: bool
    opening: tuple[Object, bytes] | None  # the clear payload and the salt
    leaf: Object | None


class Bundle(NamedTuple):
    """What the files say, verified in nothing yet."""

    version: int
    kind: str
    id: str
    items: list[Item]
    notes: dict[int, Note]
    growth: dict[tuple[int, int], list[bytes]]
    tokens: dict[tuple[int, int], bytes]
    anchors: dict[int, bytes]
    observed: dict[str, str | None]
    files: dict[str, bytes]
    manifest: Object
    final: Note  # the largest checkpoint
    leaves: list[tuple[Item, Object]]  # those that are readable
    events: list[tuple[Item, Object]]


def read_bundle(files: dict[str, bytes]) -> Bundle:
    """Read the files of a bundle; raises ValueError."""
    manifest = parse(files.get("manifest.json", b""))
    version = _FORMATS.get(str(manifest.get("format"))) if isinstance(manifest, dict) else None
    if version is None:
        raise Malformed("the format of the bundle is not known")
    scope = {"id": manifest.get("dossier"), "kind": "dossier"} if version == 1 else manifest.get("scope")
    scope = scope if isinstance(scope, dict) else {}
    need(scope.get("kind") in ("dossier", "office", "aggregate"), "a bundle is of a dossier, an office or an object")
    need(_text()(scope["id"]) if version == 1 else uuid(scope.get("id")), "a bundle is of something that has an id")
    need(_FIXED | {_PLACES[version]} <= files.keys(), "a file is missing")
    notes, growth, tokens, anchors = _named_files(files, version)
    items = _items(files, version, notes[max(notes)])
    observed = {line["ver"]: line["ct_h"] for line in lines_of(files["observations.jsonl"], _OBSERVATION)}
    leaves = [(item, item.leaf) for item in items if item.leaf]
    events = [(item, leaf) for item, leaf in leaves if leaf["kind"] == "event"]
    given = items, notes, growth, tokens, anchors, observed, files, manifest
    return Bundle(version, scope["kind"], scope["id"], *given, notes[max(notes)], leaves, events)


def _named_files(files: dict[str, bytes], version: int) -> tuple[dict[int, Note], Any, Any, Any]:
    notes, growth, tokens, anchors = {}, {}, {}, {}
    for named, content in files.items():
        if match := _NOTE_NAME.fullmatch(named):
            notes[int(match[1])] = read_note(content)
        elif match := _GROWTH_NAME.fullmatch(named):
            growth[int(match[1]), int(match[2])] = _path(content)
        elif version > 1 and (match := _TOKEN_NAME.fullmatch(named)):
            tokens[int(match[1]), int(match[2])] = content
        elif version > 1 and (match := _ANCHOR_NAME.fullmatch(named)):
            anchors[int(match[1])] = content
        else:
            known = named in _FIXED or named == _PLACES[version] or (version == 1 and _PROOF_NAME.fullmatch(named))
            need(known, "a file has no place in a bundle")
    need(notes and all(note.size == size for size, note in notes.items()), "a checkpoint is there, under its own size")
    sizes = {size for size, _ in tokens} | anchors.keys()
    need(sizes <= notes.keys(), "a token or an anchor is of a checkpoint that the bundle has")
    need(all(number == 0 or (size, number - 1) in tokens for size, number in tokens), "tokens are numbered")
    for given in (tokens, anchors):
        fits = len(given) <= MAX_TOKENS and all(len(one) <= MAX_TOKEN for one in given.values())
        need(fits, "too many tokens or anchors, or one too large")
    return dict(sorted(notes.items())), growth, dict(sorted(tokens.items())), dict(sorted(anchors.items()))


def _path(lines: bytes) -> list[bytes]:
    need(re.fullmatch(_HASH_LINES, lines), "not hashes, one per line")
    return [base64.b64decode(line) for line in lines.split()]


def _items(files: dict[str, bytes], version: int, final: Note) -> list[Item]:
    data, states = _parts(files["entries.bin"], 2), _parts(files["states.bin"], 4)
    lines = lines_of(files["openings.jsonl"], _OPENING)
    openings = {line["index"]: (line["payload"], unb64(line["salt"])) for line in lines}
    need(all(len(salt) == SALT_SIZE for _, salt in openings.values()), "a salt has 32 bytes")
    if version == 1:
        proofs = _carried(files, final)
    else:
        read = lines_of(files["proofs.jsonl"], _PROOF)
        proofs = [(line["index"], [unb64(one) for one in line["hashes"]], True) for line in read]
    need(data and len(data) == len(states) == len(proofs), "a bundle has leaves, each with a state and a proof")
    items = []
    for entry, state, (place, path, placed) in zip(data, states, proofs, strict=True):
        try:
            leaf = read_leaf(entry, records=version > 1)
        except ValueError:
            leaf = None
        items.append(Item(str(place), place, entry, state, path, placed, openings.get(place), leaf))
    given = [item.place for item in items if item.opening]
    again = [{"index": place, "payload": openings[place][0], "salt": b64(openings[place][1])} for place in given]
    need(again == lines, "openings are of leaves that are shown, in their order")
    return items


def _carried(files: dict[str, bytes], final: Note) -> list[tuple[int, list[bytes], bool]]:
    """Read the proofs of version 1, which are files and carry the checkpoint."""
    found = []
    for place in (line["index"] for line in lines_of(files["index.jsonl"], _INDEX)):
        match = _CARRIED.fullmatch(files.get(f"proofs/{place}.tlog-proof", b""))
        if match is None:
            raise Malformed("a leaf has a proof")
        found.append((place, _path(match[2]), int(match[1]) == place and match[3] == final.raw))
    proofs = sum(bool(_PROOF_NAME.fullmatch(named)) for named in files)
    need(proofs == len({place for place, _, _ in found}), "a proof is of a leaf that is shown")
    return found


def _parts(data: bytes, width: int) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        start = at + width
        at = start + int.from_bytes(data[at:start], "big")
        need(start <= len(data) and at <= len(data), "a part is cut short")
        found.append(data[start:at])
    return found


LOCAL, MERKLE, SIGNATURE, CHAIN = "LOCAL_INTEGRITY", "MERKLE_INTEGRITY", "SIGNATURE", "CHAIN"


def _check(named: str, family: str, examined: int, findings: list[str]) -> Object:
    """Say how many things a check looked at, where it found something wrong, and so how it ended."""
    state = "failed" if findings else "passed" if examined else "not-applicable"
    return {"name": named, "family": family, "examined": examined, "findings": findings, "state": state}


class Trust(NamedTuple):
    """What the verifier brings: the time, a policy, notes that it holds, and files (name to SHA-256 in hexadecimal)."""

    at: int
    policy: Policy | None = None
    known: Sequence[bytes] = ()
    documents: Sequence[tuple[str, str]] = ()


def local_checks(bundle: Bundle, altered: list[str], documents: Sequence[tuple[str, str]]) -> list[Object]:
    """Check each leaf by itself."""
    count, events = len(bundle.items), bundle.events
    records = [item for item, leaf in bundle.leaves if leaf["kind"] != "event"]
    opened = [(item, leaf, item.opening) for item, leaf in events if item.opening]
    unlike = [item.where for item, leaf in events if b64(sha256(item.state)) != leaf["state_h"]]
    other = [item.where for item, leaf, said in opened if _seal(said[1], canonical(said[0])) != leaf["payload_c"]]
    own = {(leaf["svc"], leaf["agg"]) for _, leaf in events if leaf["dossier"] == bundle.id}
    strangers = [item.where for item, leaf in bundle.leaves if not _belongs(leaf, bundle, own)]
    digest, recognised = _digests(bundle)
    return [
        _check("container", LOCAL, 1, altered),
        _check("entry-canonical", LOCAL, count, [item.where for item in bundle.items if item.leaf is None]),
        _check("manifest", LOCAL, 1, _misstated(bundle)),
        _check("entry-scope", LOCAL, count, strangers),
        _check("event-state", LOCAL, len(events), unlike + [item.where for item in records if item.state]),
        _check("opening", LOCAL, len(opened), [item.where for item in records if item.opening] + other),
        digest,
        _check("document-file", LOCAL, len(documents), [named for named, said in documents if said not in recognised]),
        _objects([leaf for _, leaf in events], bundle.observed),
    ]


def _misstated(bundle: Bundle) -> list[str]:
    true = {named: sha256(content).hex() for named, content in bundle.files.items() if named != "manifest.json"}
    expected: Object = {"origin": bundle.final.origin, "size": bundle.final.size, "entries": len(bundle.items)}
    expected |= {"dossier": bundle.id} if bundle.version == 1 else {"scope": {"id": bundle.id, "kind": bundle.kind}}
    expected["format"] = f"scelle-bundle/{bundle.version}"
    expected["files"] = [{"name": named, "sha256": value} for named, value in sorted(true.items())]
    if canonical(expected) == bundle.files["manifest.json"]:
        return []
    lines = bundle.manifest.get("files")
    said = {(line["name"], line["sha256"]) for line in lines or ()} if _FILE_LINES(lines) else set()
    return sorted({named for named, _ in said ^ set(true.items())}) or ["manifest.json"]


def _belongs(leaf: Object, bundle: Bundle, own: set[tuple[str, str]]) -> bool:
    part = leaf["kind"] == "event" and leaf["dossier"] is None and (leaf["svc"], leaf["agg"]) in own
    member = {"dossier": "dossier", "office": "office", "aggregate": "agg"}[bundle.kind]
    return leaf.get(member) == bundle.id or (part and bundle.kind == "dossier")


def _seal(salt: bytes, message: bytes) -> str:
    return b64(hmac.digest(salt, message, "sha256"))


def _digests(bundle: Bundle) -> tuple[Object, set[str]]:
    looked = [(item, leaf, item.opening) for item, leaf in bundle.events if item.opening and leaf["docs"]]
    wrong, recognised = [], set()
    for item, leaf, (payload, salt) in looked:
        data = payload.get("data")
        said = data.get("sha256") if isinstance(data, dict) else None
        sealed = {document["digest_c"] for document in leaf["docs"]}
        if isinstance(said, str) and hexadecimal(said) and sealed == {_seal(salt, said.encode())}:
            recognised.add(said)
        else:
            wrong.append(item.where)
    return _check("document-digest", LOCAL, len(looked), wrong), recognised


def _objects(events: list[Object], observed: dict[str, str | None]) -> Object:
    gone = {(leaf["svc"], leaf["agg"]) for leaf in events if leaf["type"].endswith(".document-destroyed")}
    there = [document for leaf in events if (leaf["svc"], leaf["agg"]) not in gone for document in leaf["docs"]]
    wrong = [document["ver"] for document in there if observed.get(document["ver"]) != document["ct_h"]]
    named = {document["ver"] for leaf in events for document in leaf["docs"]}
    return _check("object-bytes", LOCAL, len(there), wrong + sorted(observed.keys() - named))


def merkle_checks(bundle: Bundle, known: Sequence[Note]) -> list[Object]:
    """Check places in the tree, its growth, and what the verifier holds."""
    final, items = bundle.final, bundle.items
    roots = [(item, included(leaf_hash(item.data), item.place, final.size, item.path)) for item in items]
    misplaced = [item.where for item, at in roots if at != final.root or not item.placed]
    smaller = {(size, final.size) for size in bundle.notes if 0 < size < final.size}
    pairs = smaller | bundle.growth.keys()
    unproven = [f"{pair[0]}-{pair[1]}" for pair in pairs if pair not in smaller or not _grew(bundle, *pair)]
    held = [note for note in known if note.size and note.size in bundle.notes]
    other = [str(note.size) for note in held if note.text != bundle.notes[note.size].text]
    return [
        _check("inclusion", MERKLE, len(items), misplaced),
        _check("consistency", MERKLE, len(smaller), sorted(unproven)),
        _check("known-checkpoint", MERKLE, len(held), other),
    ]


def _grew(bundle: Bundle, first: int, second: int) -> bool:
    old, final, path = bundle.notes[first], bundle.final, bundle.growth.get((first, second))
    roots = None if path is None else grown(first, second, path, old.root)
    return old.origin == final.origin and roots == (old.root, final.root)


def signature_checks(bundle: Bundle, trust: Trust) -> tuple[list[Object], list[Stamp], int | None]:
    """Check who signed the checkpoints; return also the tokens believed and the time of the quorum."""
    policy = trust.policy if bundle.version > 1 else None
    quorum = policy.quorum if policy else None
    (cosignature, clock), seen = _cosignatures(bundle, list(quorum.keys()) if quorum else [])
    met = (at for at in sorted(seen.values()) if quorum and quorum.met_by({one for one in seen if seen[one] <= at}))
    reached = next(met, None)
    enough = _check("witness-quorum", SIGNATURE, int(reached is not None), [])
    times, stamps = _times(bundle, policy.authorities if policy else [])
    return [_signed(bundle, trust.policy, trust.at), cosignature, enough, clock, *times], stamps, reached


def _signed(bundle: Bundle, policy: Policy | None, at: int) -> Object:
    good, wrong = 0, []
    windows = policy.log_keys if policy else []
    trusted = {key for key, begin, end in windows if (begin is None or begin <= at) and (end is None or at <= end)}
    needed = {key.kind for key in trusted}
    for size, note in bundle.notes.items() if policy else ():
        try:
            signers = policy.signers(note) if policy and note.origin == policy.origin else set()
        except Malformed:
            signers = set()
        if not signers or needed - {key.kind for key in signers}:
            wrong.append(str(size))
        elif needed and needed == {key.kind for key in signers & trusted}:
            good += 1
    return _check("checkpoint-signature", SIGNATURE, good if wrong or good == len(bundle.notes) else 0, wrong)


def _cosignatures(bundle: Bundle, witnesses: list[Key]) -> tuple[list[Object], dict[Key, int]]:
    """Judge each line of a witness by itself, and its times; return also the good ones on the largest checkpoint."""
    known = {(key.name, key.key_id): key for key in witnesses}
    examined, wrong, back, latest, good = 0, list[str](), list[str](), dict[Key, int](), list[dict[Key, int]]()
    for size, note in bundle.notes.items():
        good.append({})
        for line in note.lines:
            if key := known.get((line.name, line.key_id)):
                examined += 1
                if key in good[-1] or not line.seconds or not key.verifies(line, note):
                    wrong.append(f"{size}: {key.name}")
                else:
                    good[-1][key] = line.seconds * SECOND
        back += [f"{size}: {key.name}" for key, at in good[-1].items() if at < latest.get(key, at)]
        latest |= {key: max(at, latest.get(key, at)) for key, at in good[-1].items()}
    compared = sum(map(len, good)) if sum(map(bool, good)) > 1 else 0
    clock = _check("witness-clock", SIGNATURE, compared, back)
    return [_check("cosignature", SIGNATURE, examined, wrong), clock], good[-1]


def _times(bundle: Bundle, authorities: Sequence[Authority]) -> tuple[list[Object], list[Stamp]]:
    """Judge the tokens, their order, and the servers' clocks beside them; return also the tokens that are believed."""
    wrong, stamps, tokens = list[str](), list[Stamp](), bundle.tokens if authorities else {}
    for (size, number), response in tokens.items():
        try:
            at, around = believe(response, bundle.notes[size].imprint(), authorities)
            stamps.append(Stamp(f"{size}-{number}", size, at, at - around, at + around))
        except Refused as error:
            wrong.append(f"{size}-{number}: {error}")
    late = [one.name for one in stamps if any(one.last < two.first for two in stamps if two.size < one.size)]
    several = len({one.size for one in stamps}) > 1
    looked = [(item, time_of(leaf["recorded_at"])) for item, leaf in bundle.leaves] if stamps else []
    odd = [
        item.where
        for item, at in looked
        if any(at > one.last + AFTER if item.place < one.size else at < one.first - BEFORE for one in stamps)
    ]
    timestamp = _check("timestamp", SIGNATURE, len(tokens), wrong)
    order = _check("timestamp-order", SIGNATURE, len(stamps) if several else 0, late)
    return [timestamp, order, _check("recorded-time", SIGNATURE, len(looked), odd)], stamps


def anchor_checks(bundle: Bundle, blocks: Blocks) -> tuple[list[Object], list[str], dict[int, int]]:
    """Judge the public anchors; return also what each is worth, and by size the times of the blocks that hold some."""
    said, wrong, good = list[str](), list[str](), dict[int, int]()
    for size, data in bundle.anchors.items():
        word, height = "malformed", -1
        with suppress(Malformed):
            digest, attested, waits = read_anchor(data)
            words = {(_word(blocks.get(at), root), at) for at, root in attested}
            word, height = min(words, default=("pending" if waits else "unknown", -1))  # anchored before root, unpinned
            word, height = (word, height) if digest == bundle.notes[size].imprint() else ("imprint", -1)
        said.append(f"{size}: {word}" + (f" {height}" if height >= 0 else ""))
        wrong += said[-1:] if word in {"malformed", "imprint", "root"} else []
        good |= {size: blocks[height][1]} if word == "anchored" else {}
    return [_check("public-anchor", SIGNATURE, len(good) + len(wrong), wrong)] if said else [], said, good


def _word(block: tuple[bytes, int] | None, root: bytes) -> str:
    return "unpinned" if block is None else "anchored" if block[0] == root else "root"


def chain_checks(bundle: Bundle) -> list[Object]:
    """Check the counters: nothing removed, doubled or moved among what is shown."""
    leaves, events = bundle.leaves, bundle.events
    of_office = [(item, leaf) for item, leaf in leaves if leaf["office"]]
    whole = bundle.kind == "office"  # all its numbers are shown, and only some of an object's
    places = [("", item.where, item.place + 1) for item in bundle.items]
    beyond = [item.where for item in bundle.items if item.place >= bundle.final.size]
    stores = [(leaf["svc"], item.where, leaf["store_seq"]) for item, leaf in leaves]
    versions = [((leaf["svc"], leaf["agg"]), item.where, leaf["agg_ver"]) for item, leaf in events]
    offices = [((leaf["svc"], leaf["office"]), item.where, leaf["office_seq"]) for item, leaf in of_office]
    return [
        _check("leaf-order", CHAIN, len(places), _misplaced(places, whole=False) + beyond),
        _check("service-counter", CHAIN, len(stores), _misplaced(stores, whole=False)),
        _check("aggregate-versions", CHAIN, len(events), _misplaced(versions, whole=not whole)),
        _check("office-counter", CHAIN, len(of_office), _misplaced(offices, whole=whole)),
        _check("office-chain", CHAIN, len(of_office), _broken(of_office)),
        _head(bundle),
    ]


def _misplaced(numbers: Iterable[tuple[object, str, int]], *, whole: bool) -> list[str]:
    """Return where a group's number does not follow the last one, from 1; or is not above it, if some are missing."""
    last: dict[object, int] = {}
    wrong = []
    for group, place, number in numbers:
        before = last.get(group, 0)
        wrong += [place] if (number != before + 1 if whole else number <= before) else []
        last[group] = number if whole else max(number, before)
    return wrong


def _broken(leaves: Iterable[tuple[Item, Object]]) -> list[str]:
    before: dict[tuple[str, str], tuple[int, str | None]] = {}
    wrong = []
    for item, leaf in leaves:
        group, number = (leaf["svc"], leaf["office"]), leaf["office_seq"]
        last, digest = before.get(group, (0, None))
        wrong += [item.where] if number == last + 1 and leaf["office_prev"] != digest else []
        before[group] = number, b64(sha256(item.data))
    return wrong


def _head(bundle: Bundle) -> Object:
    """Compare the last head of the scope with what is shown before it."""
    shown = sorted(bundle.items, key=lambda item: item.place)
    wanted = {"dossier": ("dossier", bundle.id), "office": ("office", bundle.id)}.get(bundle.kind, ("kind", ""))
    mine = [(item, item.leaf) for item in shown if item.leaf and item.leaf["kind"] == "head"]
    mine = [(item, leaf) for item, leaf in mine if leaf[wanted[0]] == wanted[1]]
    mine = [(item, leaf) for item, leaf in mine if bundle.kind == "dossier" or leaf["dossier"] is None]
    if not mine:
        return _check("head", CHAIN, 0, [])
    item, leaf = mine[-1]
    before = [one for one in shown if one.place < item.place]
    if bundle.kind == "dossier":
        digest = b64(sha256(b"".join(leaf_hash(one.data) for one in before)))
        true = (leaf["body"]["entries"], leaf["body"]["digest"]) == (len(before), digest)
    else:
        said = {one["svc"]: (one["seq"], one["hash"]) for one in leaf["body"]["heads"]}
        true = shown[-1] is item and _ends(before) == said
    return _check("head", CHAIN, 1, [] if true else [item.where])


def _ends(shown: list[Item]) -> dict[str, tuple[int, str]]:
    """Return how far each service is shown: its last number, none from where one is missing, and the leaf's hash."""
    ends: dict[str, tuple[int, str]] = {}
    for item in shown:
        if item.leaf:
            following = ends.get(item.leaf["svc"], (0, ""))[0] + 1
            number = following if following > 0 and item.leaf["office_seq"] == following else -2
            ends[item.leaf["svc"]] = number, b64(sha256(item.data))
    return ends


class Report(NamedTuple):
    """The outcome; `problem` says why something could not be read."""

    verdict: str
    asked: int
    checks: Sequence[Object] = ()
    problem: str | None = None
    level: int | None = None
    bundle: Bundle | None = None
    witnessed_at: str | None = None
    stamped_at: str | None = None
    anchored_at: str | None = None
    anchors: Sequence[str] = ()

    def to_json(self) -> bytes:
        """Write the report as canonical JSON."""
        bundle, names = self.bundle, ("verdict", "level", "asked", "witnessed_at", "stamped_at", "problem", "checks")
        final = bundle.final if bundle else None
        said: Object = {"format": "scelle-report/2"} | {named: getattr(self, named) for named in names}
        said |= {"origin": final and final.origin, "size": final and final.size, "root": final and b64(final.root)}
        said |= {"anchors": self.anchors, "anchored_at": self.anchored_at} if self.anchors else {}
        said["scope"] = {"id": bundle.id, "kind": bundle.kind} if bundle else None
        return canonical(said | {"entries": len(bundle.items) if bundle else 0})


def verify(data: bytes, trust: Trust, level: int = 1) -> Report:
    """Verify the bytes of a bundle; raises ValueError for a note of the verifier's own that cannot be used."""
    altered, found = list[str](), "archive"
    try:
        files, altered = unpack(data)
        found = "files"
        bundle = read_bundle(files)
    except ValueError as error:
        container = _check("container", LOCAL, 1, altered or [found])
        return Report("tampered" if altered else "malformed", level, [container], str(error) or "not a bundle")
    known = [read_note(raw) for raw in trust.known]
    need(all(_is_own(note, trust.policy) for note in known), "you hold a checkpoint that the policy's log did not sign")
    signatures, stamps, witnessed_at = signature_checks(bundle, trust)
    anchored, anchors, blocks = anchor_checks(bundle, trust.policy.blocks if trust.policy else {})
    checks = [*local_checks(bundle, altered, trust.documents), *merkle_checks(bundle, known), *signatures, *anchored]
    checks += chain_checks(bundle)
    passed = {check["name"] for check in checks if check["state"] == "passed"}
    last = max((item.place for item, _ in bundle.events), default=-1)
    covered = [max(sizes, default=-1) > last for sizes in ([stamp.size for stamp in stamps], blocks)]
    reached = 5 if all(covered) else 4 if covered[0] else 3
    if "witness-quorum" not in passed:
        reached = 2 if "known-checkpoint" in passed else 1
    if "checkpoint-signature" not in passed:
        reached = 0
    tampered = any(check["findings"] for check in checks)
    verdict = "tampered" if tampered else "intact" if reached >= level else "below-level"
    moments = witnessed_at, max((stamp.at for stamp in stamps), default=None), blocks[max(blocks)] if blocks else None
    seen, stamped, anchored_at = map(instant, moments)
    shown = None if tampered else reached
    return Report(verdict, level, checks, None, shown, bundle, seen, stamped, anchored_at, anchors)


def _is_own(note: Note, policy: Policy | None) -> bool:
    try:
        return bool(policy and note.origin == policy.origin and policy.signers(note))
    except Malformed:
        return False


_MEMORY = _members(format=_one_of("scelle-memory/1"), notes=_array(_text()))


def read_memory(data: bytes) -> list[Note]:
    """Read a memory file; raises ValueError."""
    value = parse(data)
    need(_MEMORY(value), "not a memory file")
    notes = [read_note(one.encode()) for one in value["notes"]]
    need(len({(note.origin, note.size) for note in notes}) == len(notes), "a checkpoint is remembered twice")
    return notes


def evidence(bundle: Bundle, trust: Trust) -> bytes | None:
    """Return what proves that the log showed two histories: two signed notes of one size and two roots."""
    for raw in trust.known:
        held = read_note(raw)
        shown = bundle.notes.get(held.size)
        if shown and shown.text != held.text and _is_own(shown, trust.policy):
            texts = {"first": raw.decode(), "second": shown.raw.decode(), "origin": held.origin}
            return canonical(texts | {"format": "scelle-fork-evidence/1"})
    return None


WORDS = {  # French, English
    "intact": ("INTACT", "INTACT"),
    "tampered": ("ALTÉRÉ. Au moins un contrôle a échoué.", "TAMPERED. At least one check failed."),
    "malformed": ("ILLISIBLE. Ce qui est donné n'est pas bien formé.", "MALFORMED. What is given is not well-formed."),
    "below-level": ("NIVEAU NON ATTEINT. Rien n'est altéré.", "BELOW LEVEL. Nothing is altered."),
    "passed": ("bon", "good"),
    "failed": ("ÉCHEC", "FAILED"),
    "not-applicable": ("-", "-"),
    "level": ("Niveau d'assurance", "Assurance level"),
    "0": ("les fichiers concordent ; qui les a tous faits n'est pas détecté.", "the files agree, whoever made them."),
    "1": ("signé par le journal, qui pourrait tout réécrire.", "signed by the log, which could rewrite it all."),
    "2": ("signé, et prolonge un état que vous déteniez.", "signed, and extends a state that you held."),
    "3": ("signé, et attesté par vos témoins.", "signed, and attested by your witnesses."),
    "4": ("signé, attesté par vos témoins et horodaté.", "signed, attested by your witnesses and stamped."),
    "5": ("signé, attesté, horodaté et ancré dans Bitcoin.", "signed, attested, stamped and anchored in Bitcoin."),
    "scope": ("Périmètre", "Scope"),
    "log": ("Journal", "Log"),
    "witnessed_at": ("Attesté par le quorum des témoins", "Attested by the quorum of witnesses"),
    "stamped_at": ("Dernier horodatage reconnu", "Last timestamp believed"),
    "anchored_at": ("Ancré avant le bloc du", "Anchored before the block of"),
    "anchor": ("Ancrage", "Anchor"),
    "limits": ("Ce qui n'a pas été enregistré n'est pas prouvé.", "What was not recorded is not proven."),
}


def to_text(report: Report, lang: str) -> str:
    """Write the report for people."""
    words = {key: both[lang == "en"] for key, both in WORDS.items()}
    bundle = report.bundle
    lines = [f"VERDICT: {words[report.verdict]}", *([report.problem] if report.problem else [])]
    if report.level is not None:
        lines.append(f"{words['level']} {report.level}: {words[str(report.level)]}")
    if bundle:
        lines.append(f"{words['scope']}: {bundle.kind} {bundle.id} ({len(bundle.items)})")
        lines.append(f"{words['log']}: {bundle.final.origin}, {bundle.final.size}, {b64(bundle.final.root)}")
    times = [(named, getattr(report, named)) for named in ("witnessed_at", "stamped_at", "anchored_at")]
    lines += [f"{words[named]}: {at}" for named, at in times if at]
    lines += [f"{words['anchor']} {anchor}" for anchor in report.anchors]
    for check in report.checks:
        lines.append(f"  [{words[check['state']]:^6}] {check['family']:<16} {check['name']} ({check['examined']})")
        lines += [f"           -> {finding}" for finding in check["findings"]]
    return "\n".join([*lines, "", words["limits"], ""])


def _read(path: str, limit: int) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would take a tenth of the start, here and below
        data = file.read(limit + 1)
    need(len(data) <= limit, f"{path} is larger than {limit} bytes")
    return data


def _write(path: str, data: bytes) -> None:
    partial = f"{path}.{os.getpid()}.part"
    with open(partial, "wb") as file:  # noqa: PTH123 - as above
        file.write(data)
    os.replace(partial, path)  # noqa: PTH105 - as above


def _digest(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(arguments: argparse.Namespace) -> Report:
    """Read what the arguments name, verify, and keep what is to be remembered; raises ValueError or OSError."""
    at = bound_of(arguments.at)
    policy = read_policy(_read(arguments.policy, MAX_POLICY)) if arguments.policy else None
    remember, known = arguments.remember, [_read(path, MAX_NOTE) for path in arguments.known]
    memory = read_memory(_read(remember, MAX_MEMORY)) if remember and os.path.exists(remember) else []  # noqa: PTH110 - as above
    known += [note.raw for note in memory if policy and note.origin == policy.origin]
    names = [os.fsencode(os.path.basename(path)).decode("utf-8", "replace") for path in arguments.document]  # noqa: PTH119 - as above
    documents = [(said, _digest(path)) for said, path in zip(names, arguments.document, strict=True)]
    trust = Trust(time.time_ns() // 1000 if at is None else at, policy, known, documents)
    report = verify(_read(arguments.bundle, MAX_BUNDLE), trust, arguments.level)
    if report.bundle and report.level and report.verdict == "intact" and remember:
        final = report.bundle.final
        held = any((note.origin, note.size) == (final.origin, final.size) for note in memory)
        texts = [note.raw.decode() for note in (memory if held else [*memory, final])]
        _write(remember, canonical({"format": "scelle-memory/1", "notes": texts}))
    beside = os.path.join(os.path.dirname(remember), "fork-evidence.json") if remember else None  # noqa: PTH118, PTH120 - as above
    found = evidence(report.bundle, trust) if report.bundle else None
    if found and (path := arguments.evidence or beside):
        _write(path, found)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description="Verify a Scellé proof bundle, without any network.")
    parser.add_argument("bundle", help="the .lcp file")
    parser.add_argument("--policy", help="whom you trust (JSON); never taken from the bundle")
    parser.add_argument("--known", action="append", default=[], metavar="NOTE", help="a checkpoint that you hold")
    parser.add_argument("--document", action="append", default=[], metavar="FILE", help="a file to recognise")
    parser.add_argument("--level", type=int, default=1, choices=range(6), help="the least level accepted (default 1)")
    parser.add_argument("--at", metavar="INSTANT", help="verify as if at this time, such as 2026-03-01T12:00:00Z")
    parser.add_argument("--remember", metavar="FILE", help="a file that keeps the checkpoints of intact bundles")
    parser.add_argument("--evidence", metavar="FILE", help="where to write the proof of two histories")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--lang", choices=("fr", "en"), default="fr")
    arguments = parser.parse_args(argv)
    try:
        report = run(arguments)
    except (OSError, ValueError) as error:
        said = str(error).encode("utf-8", "replace").decode()
        report = Report("malformed", arguments.level, problem=said or "not readable")
    out = report.to_json() + b"\n" if arguments.json else to_text(report, arguments.lang).encode()
    sys.stdout.buffer.write(out)
    return ("intact", "tampered", "malformed", "below-level").index(report.verdict)


if __name__ == "__main__":
    sys.exit(main())
