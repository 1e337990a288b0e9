"""What an earlier version wrote, this one verifies, opens and replays to the same states."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from contracts import envelope_of
from eventstore import Store
from proof.checkpoint import Checkpoint
from proof.cosignature import cosignatures, gone_back
from proof.entry import Entry, commitment, encoded, state_hash
from proof.note import Note
from proof.policy import Policy
from proof.record import KINDS, Record
from proof.signing import signers
from proof.tiles import Tile, decode_entries, decode_tile, encode_entries, encode_tile
from proof.timestamp import imprint, verify
from proof.tree import Frontier, consistency_proof, leaf_hash, verify_consistency
from testkit.verifiers import opinion, single_file

if TYPE_CHECKING:
    from frozen import Frozen

FROZEN_AT = datetime(2026, 12, 1, tzinfo=UTC)  # keys are trusted then, whatever the clock says
OPENED = 7  # every so many events is opened


@pytest.fixture(scope="module")
def leaves(golden: "Frozen") -> list[Entry | Record]:
    return golden.leaves


@pytest.fixture(scope="module")
def policy(golden: "Frozen") -> Policy:
    return Policy.parse(golden.policy)


@pytest.fixture(scope="module")
def nodes(golden: "Frozen") -> dict[tuple[int, int], bytes]:
    rows = Frontier().extend([leaf_hash(entry) for entry in golden.entries])
    return {(level, first + step): digest for level, first, row in rows for step, digest in enumerate(row)}


def events(leaves: list[Entry | Record]) -> Iterator[Entry]:
    return (leaf for leaf in leaves if isinstance(leaf, Entry))


def test_every_leaf_is_still_read_and_all_kinds_are_there(golden: "Frozen", leaves: list[Entry | Record]) -> None:
    second = single_file()
    assert len(list(events(leaves))) >= 10_000
    assert {leaf.kind for leaf in leaves} == {"event", *KINDS}
    for data, leaf in zip(golden.entries, leaves, strict=True):
        assert second.read_leaf(data, records=True)["store_seq"] == leaf.store_seq


def test_no_number_of_a_service_or_an_office_is_missing(golden: "Frozen", leaves: list[Entry | Record]) -> None:
    numbers: dict[str, int] = {}
    chains: dict[tuple[str, str], tuple[int, str | None]] = {}
    for data, leaf in zip(golden.entries, leaves, strict=True):
        assert leaf.store_seq == numbers.get(leaf.svc, 0) + 1
        numbers[leaf.svc] = leaf.store_seq
        if leaf.office is not None:
            number, before = chains.get((leaf.svc, leaf.office), (0, None))
            assert (leaf.office_seq, leaf.office_prev) == (number + 1, before)
            chains[leaf.svc, leaf.office] = (number + 1, encoded(sha256(data).digest()))


def test_every_signed_state_is_that_of_the_leaves(golden: "Frozen", policy: Policy) -> None:
    """Roots are made again from the entries; the log, the witnesses and the authority said them."""
    frontier, hashes = Frontier(), [leaf_hash(entry) for entry in golden.entries]
    history, stamps = [], 0
    for signed in golden.checkpoints:
        frontier.extend(hashes[frontier.size : signed["size"]])
        note = Note.parse(signed["note"].encode())
        assert note.text == Checkpoint(policy.origin, frontier.size, frontier.root()).text()
        assert signers(note, policy.keys_at(FROZEN_AT)) == [item.key for item in policy.log_keys]
        said = cosignatures(note, policy.witnesses())
        assert policy.quorum
        assert policy.quorum.reached(said)
        history.append((frontier.size, said))
        for token in signed["tokens"]:
            verify(base64.b64decode(token), imprint(note), policy.authorities)
            stamps += 1
    assert frontier.size == len(hashes)
    assert gone_back(history) == []
    assert stamps > 5


def test_the_verifier_of_one_file_believes_the_same_states(golden: "Frozen") -> None:
    second = single_file()
    trusted = second.read_policy(golden.policy)
    for signed in golden.checkpoints:
        note = second.read_note(signed["note"].encode())
        assert {item.key for item in trusted.log_keys} == trusted.signers(note)
        lines = {(line.name, line.key_id): line for line in note.lines}
        witnesses = trusted.quorum.keys()
        assert all(key.verifies(lines[key.name, key.key_id], note) for key in witnesses)
        for token in signed["tokens"]:
            second.believe(base64.b64decode(token), note.imprint(), trusted.authorities)


def test_each_signed_state_extends_the_one_before(golden: "Frozen", nodes: dict[tuple[int, int], bytes]) -> None:
    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    notes = (Note.parse(signed["note"].encode()) for signed in golden.checkpoints)
    for one, other in pairwise(Checkpoint.parse(note.text) for note in notes):
        growth = consistency_proof(one.size, other.size, read)
        assert verify_consistency(one.size, other.size, one.root, other.root, growth)


def test_the_published_files_are_the_same(golden: "Frozen", nodes: dict[tuple[int, int], bytes]) -> None:
    for path, digest in golden.tiles.items():
        tile = Tile.parse(path)
        if path == tile.entries_path and tile.level == 0:
            data = encode_entries(golden.entries[tile.first : tile.first + tile.width])
            assert decode_entries(tile, data) == golden.entries[tile.first : tile.first + tile.width]
        else:
            data = encode_tile(nodes[8 * tile.level, index] for index in range(tile.first, tile.first + tile.width))
            assert len(decode_tile(tile, data)) == tile.width
        assert sha256(data).hexdigest() == digest, path


def test_what_was_exported_still_verifies_to_the_last_level(golden: "Frozen") -> None:
    assert set(golden.bundles) == {"dossier", "office", "aggregate"}
    for kind, bundle in golden.bundles.items():
        found = opinion(bundle, golden.policy, level=4, at=FROZEN_AT)
        assert (found.verdict, found.level, found.failed) == ("intact", 4, {})
        assert found.said["scope"]["kind"] == kind
        for check in ("inclusion", "event-state", "opening", "witness-quorum", "timestamp", "recorded-time"):
            assert found.state(check) == "passed", (kind, check)


def test_the_store_of_today_holds_what_the_leaves_say(
    golden: "Frozen", leaves: list[Entry | Record], stores: dict[str, Store]
) -> None:
    for leaf, state in zip(leaves, golden.states, strict=True):
        assert state_hash(state) == leaf.state_h if isinstance(leaf, Entry) else state == b""
    for store in stores.values():
        for recorded in store.read(0, len(leaves)):
            assert envelope_of(recorded).storeseq == recorded.store_seq


def test_every_aggregate_is_replayed_to_what_it_was(
    golden: "Frozen", stores: dict[str, Store], held: Callable[[object, object], bool]
) -> None:
    """A changed upcaster, aggregate or encryption shows here."""
    compared = 0
    for frozen in golden.aggregates:
        was = stores[frozen["svc"]].state_at(UUID(frozen["id"]), frozen["at"])
        assert was
        assert (was.aggregate, was.version) == (frozen["aggregate"], frozen["version"]), frozen["id"]
        assert held(was.state, frozen["state"]), (was, frozen)
        compared += 1
    assert compared > 3_000


def test_a_state_that_lost_or_changed_something_is_noticed(held: Callable[[object, object], bool]) -> None:
    assert held({"a": [{"b": 1, "new": 2}], "new": 3}, {"a": [{"b": 1}]})
    for now in ({}, {"a": []}, {"a": [{"b": 2}]}, {"a": [{"b": 1}, {"b": 1}]}, {"a": None}):
        assert not held(now, {"a": [{"b": 1}]})


def test_commitments_open_to_the_same_payload_unless_the_person_is_erased(
    leaves: list[Entry | Record], stores: dict[str, Store]
) -> None:
    closed = 0
    for leaf in list(events(leaves))[::OPENED]:
        opening = stores[leaf.svc].opening(leaf.store_seq)
        if opening is None:
            closed += 1
            continue
        payload, salt = opening
        assert commitment(salt, payload) == leaf.payload_c
        assert json.loads(payload)["type"] == leaf.type
    assert 0 < closed < 100
