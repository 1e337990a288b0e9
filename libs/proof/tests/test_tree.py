import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proof.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 600
LEAVES = tuple(leaf_hash(number.to_bytes(2)) for number in range(LARGEST))


@cache
def naive_root(begin: int, end: int) -> bytes:
    """MTH of RFC 6962, 2.1, as it is written there."""
    if begin == end:
        return hashlib.sha256(b"").digest()
    if end - begin == 1:
        return LEAVES[begin]
    split = naive_split(end - begin)
    return hashlib.sha256(b"\x01" + naive_root(begin, begin + split) + naive_root(begin + split, end)).digest()


def naive_split(count: int) -> int:
    split = 1
    while split * 2 < count:
        split *= 2
    return split


@cache
def naive_path(index: int, begin: int, end: int) -> tuple[bytes, ...]:
    """PATH of RFC 6962, 2.1.1."""
    if end - begin == 1:
        return ()
    middle = begin + naive_split(end - begin)
    if index < middle:
        return (*naive_path(index, begin, middle), naive_root(middle, end))
    return (*naive_path(index, middle, end), naive_root(begin, middle))


@cache
def naive_subproof(first: int, begin: int, end: int, *, whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if first == end:
        return () if whole else (naive_root(begin, end),)
    middle = begin + naive_split(end - begin)
    if first <= middle:
        return (*naive_subproof(first, begin, middle, whole=whole), naive_root(middle, end))
    return (*naive_subproof(first, middle, end, whole=False), naive_root(begin, middle))


@pytest.fixture(scope="module")
def nodes() -> dict[tuple[int, int], bytes]:
    """Every complete node, as appending made them; the frontier's root is compared on the way."""
    frontier, made = Frontier(), {}
    for size, leaf in enumerate(LEAVES):
        assert frontier.root() == naive_root(0, size)
        made |= {(level, index): digest for level, index, digest in frontier.append(leaf)}
    return made


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_every_inclusion_proof_up_to_600_leaves_is_the_models_and_verifies(
    nodes: dict[tuple[int, int], bytes],
) -> None:
    for size in range(1, LARGEST + 1):
        top = root(size, lambda level, index: nodes[level, index])
        assert top == naive_root(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, lambda level, number: nodes[level, number])
            assert tuple(proof) == naive_path(index, 0, size)
            assert verify_inclusion(LEAVES[index], index, size, proof, top)


def test_every_consistency_proof_up_to_600_leaves_is_the_models_and_verifies(
    nodes: dict[tuple[int, int], bytes],
) -> None:
    for second in range(LARGEST + 1):
        for first in range(second + 1):
            proof = consistency_proof(first, second, lambda level, index: nodes[level, index])
            assert tuple(proof) == (naive_subproof(first, 0, second, whole=True) if first else ())
            assert verify_consistency(first, second, naive_root(0, first), naive_root(0, second), proof)


def test_a_stored_tree_goes_on_growing(nodes: dict[tuple[int, int], bytes]) -> None:
    frontier = Frontier.load(77, lambda level, index: nodes[level, index])
    for leaf in LEAVES[77:]:
        frontier.append(leaf)
    assert frontier.root() == naive_root(0, LARGEST)


@given(st.data())
def test_a_changed_inclusion_proof_never_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    proof, top = naive_path(index, 0, size), naive_root(0, size)
    place = data.draw(st.integers(0, len(proof) - 1))
    byte, bit = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 7))
    flipped = bytearray(proof[place])
    flipped[byte] ^= 1 << bit
    changed = [*proof[:place], bytes(flipped), *proof[place + 1 :]]
    assert not verify_inclusion(LEAVES[index], index, size, changed, top)
    assert not verify_inclusion(LEAVES[index], index, size, proof[:-1], top)
    assert not verify_inclusion(LEAVES[index], index, size, [*proof, top], top)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    assert not verify_inclusion(LEAVES[index], other, size, proof, top)


@given(st.data())
def test_a_changed_consistency_proof_never_verifies(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, LARGEST))
    first = data.draw(st.integers(1, second - 1))
    proof = naive_subproof(first, 0, second, whole=True)
    old, new = naive_root(0, first), naive_root(0, second)
    place = data.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    assert not verify_consistency(first, second, old, new, [*proof[:place], flipped, *proof[place + 1 :]])
    assert not verify_consistency(first, second, old, new, proof[:-1])
    assert not verify_consistency(first, second, old, new, [*proof, new])
    assert not verify_consistency(first, second, new, new, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 2), (4, 5), (0, 8), (7, 8), (5, 11), (599, 600), (300, 600), (0, 600)])
def test_no_byte_of_a_proof_can_change(index: int, size: int) -> None:
    proof, grown = naive_path(index, 0, size), naive_subproof(index or 1, 0, size, whole=True)
    top, old = naive_root(0, size), naive_root(0, index or 1)
    for changed in flipped(proof):
        assert not verify_inclusion(LEAVES[index], index, size, changed, top)
    for changed in flipped(grown):
        assert not verify_consistency(index or 1, size, old, top, changed)


def flipped(proof: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Return the proof with each of its bytes changed in turn, in one bit."""
    for place, digest in enumerate(proof):
        for byte in range(len(digest)):
            other = bytearray(digest)
            other[byte] ^= 1 << byte % 8
            yield [*proof[:place], bytes(other), *proof[place + 1 :]]


def test_nothing_is_proven_outside_the_tree() -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_proof(3, 3, lambda _level, _index: b"")
    with pytest.raises(ValueError, match="smaller"):
        consistency_proof(4, 3, lambda _level, _index: b"")
    with pytest.raises(ValueError, match="frontier"):
        Frontier(3, [b"one"])
    assert not verify_consistency(4, 3, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not verify_consistency(0, 3, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT])
    assert not verify_consistency(1, 2, LEAVES[0], LEAVES[1], [b"short"])


def test_the_public_inclusion_vectors_are_accepted_and_refused_as_they_say(
    vectors: Callable[[str], list[Path]],
) -> None:
    for path in vectors("rfc6962-inclusion"):
        case = json.loads(path.read_bytes())
        proof = [base64.b64decode(text) for text in case["proof"] or ()]
        leaf, top = (base64.b64decode(case[name] or "") for name in ("leafHash", "root"))
        accepted = verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, top)
        assert accepted is not case["wantErr"], path.name
