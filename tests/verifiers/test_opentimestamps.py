"""OpenTimestamps proofs are read alike by the three verifiers, and as the reference implementation reads them."""

import importlib
import json
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from anchors import anchored, damaged, promised
from damage import bytes_changed
from node import Node
from proof.ots import OtsInvalid, Proof
from worlds import NOW

VECTORS = Path(__file__).parents[2] / "docs/spec/vectors"
NOTE = (VECTORS / "known.note").read_bytes()
AMOUNT = 600

Read = dict[str, Any] | None
"""digest, roots and waits of a proof; None for one that is refused."""


def proofs(amount: int) -> Iterator[bytes]:
    """Make promises and proofs, most of them damaged."""
    rng = Random(4)  # noqa: S311 - a test's chance
    for _ in range(amount // 12):
        promise = promised(NOTE, rng.randbytes(16))
        whole, _ = anchored(promise, NOW + timedelta(hours=1))
        yield promise.encode()
        yield whole.encode()
        yield from (damaged(rng, whole) for _ in range(5))
        yield from (bytes_changed(rng, whole.encode()) for _ in range(5))


def by_library(data: bytes) -> Read:
    try:
        proof = Proof.parse(data)
    except OtsInvalid:
        return None
    known = [(one.height, one.message.hex()) for one in proof.attestations if one.height is not None and one.message]
    waits = any(one.calendar is not None for one in proof.attestations)
    return {"digest": proof.digest.hex(), "roots": sorted(known), "waits": waits}


def by_single_file(scelle_verify: ModuleType, data: bytes) -> Read:
    try:
        digest, found, waits = scelle_verify.read_anchor(data)
    except scelle_verify.Malformed:
        return None
    return {"digest": digest.hex(), "roots": sorted((height, root.hex()) for height, root in found), "waits": waits}


def by_browser(node: Node, data: bytes) -> Read:
    answer = node.ask("anchor", data=data)
    if "refused" in answer:
        return None
    read: dict[str, Any] = answer["value"]
    return read | {"roots": sorted(map(tuple, read["roots"]))}


def test_every_proof_is_read_alike(scelle_verify: ModuleType, node: Node) -> None:
    seen: Counter[str] = Counter()
    for data in proofs(AMOUNT):
        expected = by_library(data)
        assert by_single_file(scelle_verify, data) == expected, data.hex()
        assert by_browser(node, data) == expected, data.hex()
        seen["refused" if expected is None else "roots" if expected["roots"] else "waits"] += 1
    assert min(seen["refused"], seen["roots"], seen["waits"]) >= AMOUNT // 30


def test_the_reference_implementation_reads_what_the_library_reads() -> None:
    """The reference (LGPL) is for development only: nothing but this test ever imports it."""
    core = importlib.import_module("opentimestamps.core.timestamp")
    serialize, notary = (importlib.import_module(f"opentimestamps.core.{name}") for name in ("serialize", "notary"))
    read = 0
    for data in proofs(AMOUNT):
        expected = by_library(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # of an operation that may be given up
            try:
                said = core.DetachedTimestampFile.deserialize(serialize.BytesDeserializationContext(data))
            except (serialize.DeserializationError, UnicodeDecodeError):
                assert expected is None, data.hex()
                continue
            pairs = [*said.timestamp.all_attestations()]
        if expected is not None:
            read += 1
            blocks = {(one.height, message.hex()) for message, one in pairs if _is_block(notary, one)}
            assert said.file_digest.hex() == expected["digest"]
            assert set(expected["roots"]) <= blocks
            assert expected["waits"] == any(isinstance(one, notary.PendingAttestation) for _, one in pairs)
            context = serialize.BytesSerializationContext()
            said.serialize(context)
            assert by_library(context.getbytes()) == expected | {"roots": sorted(set(expected["roots"]))}
    assert read >= AMOUNT // 4


def _is_block(notary: ModuleType, attestation: object) -> bool:
    return isinstance(attestation, notary.BitcoinBlockHeaderAttestation)


def test_the_published_proofs_are_worth_what_is_written_beside_them(scelle_verify: ModuleType, node: Node) -> None:
    told = json.loads((VECTORS / "anchors.json").read_bytes())
    for one in told["proofs"]:
        expected = by_library(bytes.fromhex(one["proof"]))
        roots = None if one["roots"] is None else {"roots": sorted(map(tuple, one["roots"])), "waits": one["waits"]}
        assert expected == (roots and roots | {"digest": one["digest"]})
        assert by_single_file(scelle_verify, bytes.fromhex(one["proof"])) == expected
        assert by_browser(node, bytes.fromhex(one["proof"])) == expected
