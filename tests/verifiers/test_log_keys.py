"""The log's keys are changed: every verifier says the same of bundles from before, between and after."""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from generator import Case
from node import Node
from proof.bundle import Scope
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner
from proof.note import Key
from proof.policy import LogKey, Policy
from proof.signing import sign_with_all
from worlds import NOW, ORIGIN, Log, Tree, bundle_of, live

Pair = tuple[Ed25519PrivateKey, MLDSA44PrivateKey]


def pair(rng: Random) -> Pair:
    return Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)), MLDSA44PrivateKey.from_seed_bytes(rng.randbytes(32))


def note(tree: Tree, size: int, pairs: Sequence[Pair]) -> bytes:
    said = Checkpoint(ORIGIN, size, tree.root(size))
    return sign_with_all(said, [first for first, _ in pairs], [second for _, second in pairs])


def policy(*pairs: Pair) -> bytes:
    keys = (key for first, second in pairs for key in (Key.of(ORIGIN, first), Cosigner.of(ORIGIN, second)))
    return Policy(ORIGIN, tuple(map(LogKey, keys))).encode()


class World:
    """A log whose keys were changed while it grew, and what was exported of it at three times."""

    def __init__(self) -> None:
        self.rng = Random("keys of the log")  # noqa: S311 - a test's chance, which must come again
        self.old, self.new = pair(self.rng), pair(self.rng)
        log = Log(self.rng)
        _, _, aggregates = live(log)
        size, scope = len(log.leaves), Scope("aggregate", aggregates[0])
        signed = {size // 3: [self.old], 2 * size // 3: [self.old, self.new], size: [self.new]}
        self.bundles = []
        for end in signed:
            leaves = log.leaves[:end]
            tree = Tree(leaves)
            notes = {at: note(tree, at, pairs) for at, pairs in signed.items() if at <= end}
            self.bundles.append(bundle_of(leaves, tree, scope, notes, self.rng).encode())

    def case(self, bundle: bytes, trusted: bytes) -> Case:
        return Case(bundle, trusted, [], {}, NOW, 1, [])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    return World()


@pytest.fixture
def verdicts(
    world: World, second_opinion: Callable[[Case], bytes], node: Node
) -> Callable[[bytes], list[tuple[str, int | None]]]:
    """Return what all three verifiers say of the three bundles under a policy."""

    def say(trusted: bytes) -> list[tuple[str, int | None]]:
        found = []
        for bundle in world.bundles:
            case = world.case(bundle, trusted)
            report = json.loads(case.expected())
            assert json.loads(second_opinion(case)) == report
            assert node.verify(case) == report
            found.append((report["verdict"], report["level"]))
        return found

    return say


def test_a_policy_that_names_both_pairs_verifies_every_bundle(
    world: World, verdicts: Callable[[bytes], list[tuple[str, int | None]]]
) -> None:
    assert verdicts(policy(world.old, world.new)) == [("intact", 1)] * 3


def test_a_policy_of_before_verifies_until_the_former_pair_is_given_up(
    world: World, verdicts: Callable[[bytes], list[tuple[str, int | None]]]
) -> None:
    assert verdicts(policy(world.old)) == [("intact", 1), ("intact", 1), ("tampered", None)]


def test_a_policy_of_the_new_pair_alone_believes_no_state_that_it_did_not_sign(
    world: World, verdicts: Callable[[bytes], list[tuple[str, int | None]]]
) -> None:
    assert verdicts(policy(world.new)) == [("tampered", None)] * 3, "each bundle has a checkpoint of before"


def test_former_keys_with_an_end_count_for_nothing_after_it(
    world: World, verdicts: Callable[[bytes], list[tuple[str, int | None]]]
) -> None:
    told = json.loads(policy(world.old, world.new))
    for key in told["log_keys"][:2]:
        key["not_after"] = "2020-01-01T00:00:00Z"
    assert [level for _, level in verdicts(json.dumps(told).encode())] == [0, 0, 0], "a state of the former keys alone"
