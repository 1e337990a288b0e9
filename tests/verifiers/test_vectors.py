"""The published vectors: the library and the single file read them alike, and as it is written in them."""

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from proof.canonical import NotCanonical, parse
from proof.cosignature import Cosigner, cosignatures, read_key
from proof.leaf import parse_leaf
from proof.note import Note
from proof.policy import Policy
from proof.shapes import EntryInvalid
from proof.signing import signers
from proof.timestamp import Authority, TimestampInvalid, imprint
from proof.timestamp import verify as verify_token
from proof.tree import Frontier, leaf_hash, verify_consistency, verify_inclusion
from proof.verify import Trust, verify

VECTORS = Path(__file__).parents[2] / "docs/spec/vectors"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_bytes())


def test_canonical_json(scelle_verify: ModuleType) -> None:
    told = vectors("canonical.json")
    for text in map(base64.b64decode, told["good"]):
        assert parse(text) == scelle_verify.parse(text)
    for text in map(base64.b64decode, told["bad"]):
        with pytest.raises(NotCanonical):
            parse(text)
        with pytest.raises(ValueError):  # noqa: PT011 - every refusal of the single file is one
            scelle_verify.parse(text)


def test_leaves(scelle_verify: ModuleType) -> None:
    told = vectors("leaves.json")
    kinds = set()
    for one in told["good"]:
        data = one["leaf"].encode()
        assert leaf_hash(data).hex() == scelle_verify.leaf_hash(data).hex() == one["hash"]
        kinds.add(parse_leaf(data).kind)
        assert scelle_verify.read_leaf(data, records=True) == json.loads(data)
    assert kinds == {"event", "seal", "head", "key", "erasure", "access", "export"}
    for one in told["bad"]:
        with pytest.raises((EntryInvalid, NotCanonical)):
            parse_leaf(one["leaf"].encode())
        with pytest.raises(scelle_verify.Malformed):
            scelle_verify.read_leaf(one["leaf"].encode(), records=True)


def test_the_tree(scelle_verify: ModuleType) -> None:
    told = vectors("tree.json")
    leaves, roots, frontier = [leaf_hash(text.encode()) for text in told["leaves"]], told["roots"], Frontier()
    for leaf, root in zip([b"", *leaves], roots, strict=True):
        if leaf:
            frontier.append(leaf)
        assert frontier.root().hex() == root
    for one in told["inclusion"]:
        path, root = [bytes.fromhex(text) for text in one["path"]], bytes.fromhex(roots[one["size"]])
        assert verify_inclusion(leaves[one["index"]], one["index"], one["size"], path, root)
        assert scelle_verify.included(leaves[one["index"]], one["index"], one["size"], path) == root
        for other in range(one["size"]):
            for longer in (path, [*path, root], path[1:]):
                placed = verify_inclusion(leaves[one["index"]], other, one["size"], longer, root)
                assert placed == (scelle_verify.included(leaves[one["index"]], other, one["size"], longer) == root)
    for one in told["consistency"]:
        path = [bytes.fromhex(text) for text in one["path"]]
        old, new = (bytes.fromhex(roots[one[end]]) for end in ("from", "to"))
        for first in range(1, one["to"]):
            for longer in (path, [*path, new], path[1:]):
                grew = verify_consistency(first, one["to"], old, new, longer)
                assert grew == (scelle_verify.grown(first, one["to"], longer, old) == (old, new))
                assert grew == (first == one["from"] and longer == path)


def test_checkpoints(scelle_verify: ModuleType) -> None:
    told = vectors("checkpoints.json")
    log_keys, witnesses = (
        [read_key(key) for key in told["log_keys"]],
        [Cosigner.parse(key) for key in told["witnesses"]],
    )
    own = [scelle_verify.read_key(key, 1, 6) for key in told["log_keys"]]
    others = [scelle_verify.read_key(key, 4, 6) for key in told["witnesses"]]
    for one in told["notes"]:
        note, same = Note.parse(one["note"].encode()), scelle_verify.read_note(one["note"].encode())
        assert signers(note, log_keys) == log_keys
        found = cosignatures(note, witnesses)
        assert [cosignature.cosigner for cosignature in found] == witnesses
        assert {cosignature.at.timestamp() for cosignature in found} == {one["cosigned_at"]}
        assert imprint(note).hex() == same.imprint().hex() == one["imprint"]
        assert (same.origin, same.size, same.root.hex()) == (told["origin"], one["size"], one["root"])
        for line, key in zip(same.lines, [*own, *others], strict=True):
            assert [other.verifies(line, same) for other in [*own, *others]].count(True) == 1
            assert key.verifies(line, same)
            assert key.kind == 1 or line.seconds == (one["cosigned_at"] if key in others else 0)


def test_tokens(scelle_verify: ModuleType) -> None:
    told = vectors("tokens.json")
    digest = bytes.fromhex(told["imprint"])
    trusted = Authority.parse(told["certificates"].encode(), told["policies"])
    same = scelle_verify._authority({"certificates": told["certificates"], "policies": told["policies"]})
    for one in told["tokens"]:
        token = base64.b64decode(one["token"])
        try:
            at = scelle_verify.micros(verify_token(token, digest, [trusted]).at)
            said = scelle_verify.instant(at)
        except TimestampInvalid as error:
            said = error.code
        assert said == one["says"]
        try:
            again = scelle_verify.instant(scelle_verify.believe(token, digest, [same])[0])
        except scelle_verify.Refused as error:
            again = str(error)
        assert again == one["says"]


@pytest.mark.parametrize("scope", ["dossier", "office", "aggregate", "anchored"])
def test_bundles(scope: str, single_file: Path) -> None:
    expected, level = (VECTORS / f"{scope}.report.json").read_bytes(), 5 if scope == "anchored" else 4
    trusted = "anchored.policy.json" if scope == "anchored" else "policy.json"
    documents = {} if scope == "aggregate" else {"piece.pdf": sha256((VECTORS / "piece.pdf").read_bytes()).hexdigest()}
    policy = Policy.parse((VECTORS / trusted).read_bytes())
    trust = Trust(NOW, policy, [(VECTORS / "known.note").read_bytes()], documents)
    report = verify((VECTORS / f"{scope}.lcp").read_bytes(), trust, level=level)
    assert report.to_json() + b"\n" == expected
    assert (report.verdict, report.level) == ("intact", level)
    command = [sys.executable, single_file, f"{scope}.lcp", "--policy", trusted, "--known", "known.note"]
    command += ["--at", "2026-03-01T12:00:00Z", "--level", str(level), "--json"]
    command += ["--document", "piece.pdf"] if documents else []
    done = subprocess.run(command, cwd=VECTORS, capture_output=True, check=False)  # noqa: S603 - written above
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
