"""Whatever stands in the files of a bundle, verification answers, and never says intact of what was not sealed."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof.archive import ArchiveMalformed, pack, unpack
from proof.bundle import BundleMalformed
from proof.canonical import canonical
from proof.memory import Memory, MemoryInvalid
from proof.note import Note, NoteInvalid
from proof.policy import Policy, PolicyInvalid
from proof.reading import decode
from proof.report import Verdict
from proof.verify import Trust, verify

if TYPE_CHECKING:
    from conftest import Log

AUTHORITIES = ("Sandbox", "Other")
HASH = "A" * 43 + "="

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just(HASH)
keys = st.sampled_from(
    [
        *(
            "index",
            "payload",
            "salt",
            "ver",
            "ct_h",
            "format",
            "scope",
            "id",
            "kind",
            "hashes",
            "files",
            "name",
            "data",
            "v",
        ),
        *("vkey", "not_before", "threshold", "members", "certificates", "policies", "notes", "origin", "quorum"),
    ]
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner), max_leaves=8)
lines = st.lists(values.map(canonical), max_size=6).map(lambda parts: b"".join(part + b"\n" for part in parts))
contents = st.binary(max_size=80) | lines | values.map(canonical)
relaxed = settings(deadline=None, max_examples=200)


FROZEN = Path(__file__).parent / "golden"  # signatures that are made afresh would differ from run to run
FILES = dict(unpack((FROZEN / "dossier-2.lcp").read_bytes()).files)
POLICY = (FROZEN / "policy-2.json").read_bytes()
TRUST = Trust(datetime(2026, 12, 1, tzinfo=UTC), Policy.parse(POLICY))


@relaxed
@given(st.sampled_from(sorted(FILES)), contents)
def test_any_content_of_any_file_gets_an_answer(name: str, content: bytes) -> None:
    verdict = verify(pack(FILES | {name: content}), TRUST).verdict
    assert verdict is not Verdict.INTACT or content == FILES[name]


@relaxed
@given(st.sampled_from(sorted(FILES)), st.integers(0), st.integers(0, 3), st.binary(max_size=3))
def test_any_change_of_a_few_bytes_of_a_file_is_seen(name: str, place: int, removed: int, added: bytes) -> None:
    before = FILES[name]
    place %= len(before)
    changed = before[:place] + added + before[place + removed :]
    assert verify(pack(FILES | {name: changed}), TRUST).verdict is not Verdict.INTACT or changed == before
    again = remade(FILES | {name: changed})
    if again is None or changed == before or name in {"README.fr.txt", "openings.jsonl", "manifest.json"}:
        return
    # With a manifest that agrees, only what nobody signed can change unseen: the line of a witness, under a name that
    # nobody knows, and in a token the certificates of others that its authority sent along.
    same_text = name.startswith("checkpoints/") and Note.parse(changed).text == Note.parse(before).text
    report = verify(again, TRUST)
    same_time = name.startswith("tokens/") and report.stamped_at == verify(pack(FILES), TRUST).stamped_at
    assert report.verdict is not Verdict.INTACT or same_text or same_time


def remade(files: dict[str, bytes]) -> bytes | None:
    """Write the bundle of these files again with its own manifest, None when they are none."""
    try:
        return decode(pack(files)).encode()
    except BundleMalformed:
        return None


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    for read, error in (
        (Policy.parse, PolicyInvalid),
        (Memory.parse, MemoryInvalid),
        (Note.parse, NoteInvalid),
        (unpack, ArchiveMalformed),
        (decode, BundleMalformed),
    ):
        try:
            read(data)
        except error:
            continue


@given(values, st.sampled_from(["log_keys", "quorum", "authorities", "origin"]))
def test_any_json_gets_an_answer_as_a_policy(value: object, name: str) -> None:
    shaped = {"format": "scelle-policy/2", "origin": "o", "log_keys": [], "quorum": None, "authorities": []}
    former = {"format": "scelle-policy/1", "origin": "o", "log_keys": value}
    for text in (
        canonical(value),
        canonical(shaped | {name: value}),
        canonical(shaped | {name: [value]}),
        canonical(former),
    ):
        with pytest.raises(PolicyInvalid):
            Policy.parse(text)


@relaxed
@given(st.integers(0, len(POLICY) - 1), st.binary(max_size=2))
def test_a_policy_changed_anywhere_is_refused_or_read_as_what_it_says(place: int, added: bytes) -> None:
    try:
        policy = Policy.parse(POLICY[:place] + added + POLICY[place + 1 :])
    except PolicyInvalid:
        return
    assert Policy.parse(policy.encode()) == policy


def test_a_policy_nested_without_end_is_refused() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, '{"format":' + "[" * 5000 + "]" * 5000 + "}"):
        with pytest.raises(PolicyInvalid):
            Policy.parse(text.encode())
    quorum = '{"threshold":1,"members":[' * 900 + "]}" * 900
    shaped = {"format": "scelle-policy/2", "origin": "o", "log_keys": [], "quorum": 0, "authorities": []}
    with pytest.raises(PolicyInvalid):
        Policy.parse(json.dumps(shaped).replace('"quorum": 0', f'"quorum": {quorum}').encode())


def malformed(data: bytes, trust: Trust) -> bool:
    return verify(data, trust).verdict is Verdict.MALFORMED


@pytest.mark.covers("C-05")
def test_a_verifier_that_is_given_too_much_refuses(full: "Log") -> None:
    bundle, trust = full.bundle(5), full.trust(quorum=2, authorities=AUTHORITIES)
    note = Note.parse(bundle.final)
    stranger = replace(note.signatures[0], name="stranger.example")

    def signed(count: int) -> bytes:
        many = replace(note, signatures=(*note.signatures, *[stranger] * (count - len(note.signatures)))).encode()
        return pack(dict(unpack(bundle.encode()).files) | {"checkpoints/6.note": many})

    def proven(count: int) -> bytes:
        first = replace(bundle.items[0], hashes=(b"x" * 32,) * count)
        return replace(bundle, items=(first, *bundle.items[1:])).encode()

    assert [check.name for check in verify(signed(16), trust).checks if check.findings] == ["manifest"]
    assert malformed(signed(17), trust)
    assert [check.name for check in verify(proven(64), trust).checks if check.findings] == ["inclusion"]
    assert malformed(proven(65), trust)


def test_timestamps_in_excess_or_out_of_place_are_malformed(full: "Log") -> None:
    bundle, trust = full.bundle(5), full.trust()
    token = bundle.tokens[5, 0]
    sixteen = {(5, number): token for number in range(16)}
    assert verify(replace(bundle, tokens=sixteen).encode(), trust).verdict is Verdict.INTACT
    for tokens in (
        sixteen | {(6, 0): token},
        {(4, 0): token},
        {(5, 1): token},
        {(5, 0): token, (5, 2): token},
        {(5, 0): b"x" * (32 * 1024 + 1)},
    ):
        assert malformed(replace(bundle, tokens=tokens).encode(), trust)


def test_a_scope_that_is_none_is_malformed(full: "Log") -> None:
    files = dict(unpack(full.bundle().encode()).files)
    manifest = json.loads(files["manifest.json"])
    for scope in (None, {}, [], {"kind": "dossier"}, {"id": 1, "kind": "dossier"}, {"id": "x", "kind": "dossier"}):
        assert malformed(pack(files | {"manifest.json": canonical(manifest | {"scope": scope})}), full.trust())
    for kind in ("person", "", None, ["dossier"]):
        scope = manifest["scope"] | {"kind": kind}
        assert malformed(pack(files | {"manifest.json": canonical(manifest | {"scope": scope})}), full.trust())
    more = canonical(manifest | {"scope": manifest["scope"] | {"more": 1}})
    report = verify(pack(files | {"manifest.json": more}), full.trust())
    assert [check.name for check in report.checks if check.findings] == ["manifest"]


def test_an_archive_that_two_readers_could_understand_differently_is_malformed(full: "Log") -> None:
    data, trust = full.bundle(5).encode(), full.trust()
    files = dict(unpack(data).files)
    name = b"README.fr.txt"
    twice = pack({**files, "README.fr.tx2": b"other"}).replace(b"README.fr.tx2", name)
    hidden = pack(files)
    end = hidden.rindex(b"PK\x05\x06")
    commented = hidden[:end] + hidden[end:-2] + struct.pack("<H", 4) + b"more"
    before = b"MZ" + hidden
    renamed = hidden[: hidden.rindex(name)] + name.upper() + hidden[hidden.rindex(name) + len(name) :]
    upper = pack({**{n: c for n, c in files.items() if n != "manifest.json"}, "MANIFEST.json": files["manifest.json"]})
    for forged in (twice, commented, before, renamed, upper, hidden[:end] + hidden):
        assert malformed(forged, trust)
