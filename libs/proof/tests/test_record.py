from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proof.canonical import NotCanonical, canonical, parse
from proof.entry import Entry, EntryInvalid
from proof.leaf import parse_leaf
from proof.record import KINDS, Record, scope_digest

OFFICE, DOSSIER, PERSON = (str(UUID(int=number, version=4)) for number in range(1, 4))
HASH = "A" * 43 + "="
END = {"hash": HASH, "seq": 3, "svc": "dossier"}

BODIES: dict[str, dict[str, Any]] = {
    "seal": {"size": 1, "root": HASH, "tokens": [HASH], "cosignatures": [HASH, HASH], "policy": None},
    "head": {"reason": "closing", "heads": [END, END | {"svc": "vault"}], "entries": 4, "digest": HASH},
    "key": {"vkeys": ["log+aa+AQ=="], "retired": []},
    "erasure": {"person": PERSON, "basis": "request", "services": ["dossier", "vault"], "keys": 0},
    "access": {"purpose": "audit", "reference": "2026/A-1_b.c", "query": {"a": None, "b": ["x"], "c": True}},
    "export": {
        "purpose": "court",
        "reference": None,
        "query": {},
        "format": "scelle-bundle-2",
        "entries": 0,
        "digest": HASH,
    },
}


def a_record(kind: str, **changes: Any) -> Record:
    of_all = kind in {"seal", "key"}
    made = Record(
        kind=kind,
        store_seq=7,
        recorded_at="2026-03-01T12:00:00.000000Z",
        actor_kind="service",
        body=BODIES[kind],
        office=None if of_all else OFFICE,
        office_seq=None if of_all else 2,
        office_prev=None if of_all else HASH,
        dossier=None if of_all else DOSSIER,
        actor=PERSON,
    )
    return replace(made, **changes)


def test_a_body_is_known_for_every_kind() -> None:
    assert BODIES.keys() == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_record_reads_back_as_written(kind: str) -> None:
    made = a_record(kind)
    assert Record.parse(made.encode()) == made == parse_leaf(made.encode())
    assert parse(made.encode())["v"] == 1


def test_an_entry_is_a_leaf_of_the_kind_event(log: Any) -> None:
    entry = parse_leaf(log.entries[0][0])
    assert isinstance(entry, Entry)
    assert entry.kind == "event"
    with pytest.raises(EntryInvalid):
        Record.parse(log.entries[0][0])
    with pytest.raises(EntryInvalid):
        Entry.parse(a_record("head").encode())


ODD: list[tuple[str, dict[str, Any]]] = [
    ("seal", {"size": 0}),
    ("seal", {"size": True}),
    ("seal", {"size": "1"}),
    ("seal", {"root": None}),
    ("seal", {"root": "A" * 43}),
    ("seal", {"root": "A" * 42 + "B="}),
    ("seal", {"tokens": [None]}),
    ("seal", {"tokens": HASH}),
    ("seal", {"tokens": [HASH] * 1001}),
    ("seal", {"cosignatures": ["x"]}),
    ("seal", {"policy": ""}),
    ("head", {"reason": "weekly"}),
    ("head", {"reason": []}),
    ("head", {"heads": {}}),
    ("head", {"heads": [END, END]}),
    ("head", {"heads": [END | {"svc": "vault"}, END]}),
    ("head", {"heads": [END | {"more": 1}]}),
    ("head", {"heads": [END | {"seq": 0}]}),
    ("head", {"heads": [END | {"svc": "A"}]}),
    ("head", {"heads": [END | {"hash": None}]}),
    ("head", {"heads": [1]}),
    ("head", {"entries": None}),
    ("head", {"digest": None}),
    ("head", {"entries": None, "digest": None}),  # it is of a dossier
    ("head", {"entries": -1}),
    ("key", {"vkeys": ["x" * 4001]}),
    ("key", {"vkeys": [1]}),
    ("key", {"retired": None}),
    ("erasure", {"person": None}),
    ("erasure", {"person": PERSON.upper() + "A"}),
    ("erasure", {"basis": ""}),
    ("erasure", {"basis": "Request"}),
    ("erasure", {"services": ["vault", "dossier"]}),
    ("erasure", {"services": ["vault", "vault"]}),
    ("erasure", {"keys": -1}),
    ("erasure", {"keys": True}),
    ("access", {"purpose": None}),
    ("access", {"reference": ""}),
    ("access", {"reference": "-1"}),
    ("access", {"reference": "a" * 65}),
    ("access", {"reference": "a b"}),
    ("access", {"reference": "a\n"}),
    ("access", {"query": []}),
    ("access", {"query": {f"k{number}": 1 for number in range(17)}}),
    ("access", {"query": {"a": {}}}),
    ("access", {"query": {"a": [1]}}),
    ("access", {"query": {"a": ["x"] * 33}}),
    ("access", {"query": {"a": "x" * 201}}),
    ("access", {"query": {"a": ["x" * 201]}}),
    ("export", {"format": "A"}),
    ("export", {"entries": None}),
    ("export", {"digest": ""}),
    ("export", {"more": None}),
]


@pytest.mark.parametrize(
    ("kind", "changes"), ODD, ids=[f"{kind}-{next(iter(odd))}-{n}" for n, (kind, odd) in enumerate(ODD)]
)
def test_a_body_that_is_odd_is_neither_written_nor_read(kind: str, changes: dict[str, Any]) -> None:
    odd = a_record(kind, body=BODIES[kind] | changes)
    with pytest.raises(EntryInvalid):
        odd.encode()
    value = parse(a_record(kind).encode())
    with pytest.raises(EntryInvalid):
        parse_leaf(canonical(value | {"body": odd.body}))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "events"},
        {"kind": None},
        {"kind": []},
        {"svc": "dossier"},
        {"v": 2},
        {"v": True},
        {"store_seq": 0},
        {"recorded_at": "2026-03-01T12:00:00Z"},
        {"recorded_at": "2026-02-30T12:00:00.000000Z"},
        {"actor": "x"},
        {"actor_kind": "Service"},
        {"office": "x"},
        {"office_seq": 1},
        {"office_prev": None},
        {"dossier": "x"},
        {"body": None},
        {"body": []},
        {"body": {}},
        {"more": 1},
    ],
)
def test_a_record_that_is_odd_is_not_read(kind: str, changes: dict[str, Any]) -> None:
    value = parse(a_record(kind).encode())
    if kind in {"seal", "key"} and changes.keys() <= {"office_prev"}:
        changes = {"office_prev": HASH}
    with pytest.raises(EntryInvalid):
        parse_leaf(canonical(value | changes))
    for name in value:
        with pytest.raises(EntryInvalid):
            parse_leaf(canonical({other: item for other, item in value.items() if other != name}))


@pytest.mark.parametrize("kind", ["seal", "key"])
def test_what_speaks_of_the_whole_log_is_of_no_office_and_no_dossier(kind: str) -> None:
    for odd in ({"office": OFFICE, "office_seq": 1}, {"dossier": DOSSIER}):
        with pytest.raises(EntryInvalid):
            a_record(kind, **odd).encode()


def test_a_head_is_always_of_an_office_and_counts_for_a_dossier_only() -> None:
    uncounted = BODIES["head"] | {"entries": None, "digest": None}
    assert a_record("head", dossier=None, body=uncounted).encode()
    for odd in (
        {"dossier": None},
        {"office": None, "office_seq": None, "office_prev": None},
        {"office": None, "office_seq": None, "office_prev": None, "dossier": None, "body": uncounted},
    ):
        with pytest.raises(EntryInvalid):
            a_record("head", **odd).encode()


def test_a_record_is_never_longer_than_its_length_can_be_written() -> None:
    longest = a_record("key", body={"vkeys": ["x" * 4000] * 17, "retired": []})
    with pytest.raises(EntryInvalid):
        longest.encode()
    with pytest.raises(EntryInvalid):
        parse_leaf(b" " * 65_536)


def test_what_the_canonical_form_excludes_is_not_written() -> None:
    for query in ({"A": 1}, {"a": 2**53}, {"a": "\ud800"}):
        with pytest.raises(NotCanonical):
            a_record("access", body=BODIES["access"] | {"query": query}).encode()


def test_the_digest_of_a_scope_is_over_the_leaf_hashes_in_order() -> None:
    one, other = b"1" * 32, b"2" * 32
    assert scope_digest([one, other]) != scope_digest([other, one])
    assert scope_digest([]) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4) | st.sampled_from([HASH, OFFICE, "a"])
names = st.sampled_from(sorted({"v", "kind", "svc", "body"} | {name for body in BODIES.values() for name in body}))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner), max_leaves=6)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(["", "body"]), st.dictionaries(names, values, max_size=3))
def test_any_leaf_gets_an_answer_and_what_is_read_is_written_alike(
    kind: str, where: str, change: dict[str, Any]
) -> None:
    value = parse(a_record(kind).encode())
    value = value | ({"body": value["body"] | change} if where else change)
    data = canonical(value)
    try:
        leaf = parse_leaf(data)
    except EntryInvalid:
        return
    assert isinstance(leaf, Record)
    assert leaf.encode() == data


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer_as_a_leaf(data: bytes) -> None:
    with pytest.raises((EntryInvalid, NotCanonical)):
        parse_leaf(data)
