"""The Merkle tree of RFC 6962 with SHA-256: append, prove, verify.

A node is named by (level, index): it covers the leaves [index * 2**level, (index + 1) * 2**level). Only complete
nodes are ever stored, so a stored node never changes; whoever keeps them gives a `Reader`.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Self

HASH_SIZE = 32  # bytes
EMPTY_ROOT = hashlib.sha256().digest()

Reader = Callable[[int, int], bytes]
Node = tuple[int, int, bytes]
Row = tuple[int, int, list[bytes]]
"""Nodes of one level that follow each other, from an index on."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children; the prefix differs from a leaf's, so that no node can pass for an entry."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The few complete nodes that a tree of `size` leaves needs to grow, largest first."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if len(nodes) != size.bit_count():
            raise ValueError("a frontier has one node for each bit that is set in its size")
        self.size = size
        self._nodes = list(nodes)

    @classmethod
    def load(cls, size: int, read: Reader) -> Self:
        """Rebuild the frontier of a stored tree."""
        return cls(size, [read(level, index) for level, index in _complete(0, size)])

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf hash; returns the nodes that became complete, the leaf itself first."""
        level, index, digest = 0, self.size, leaf
        made = [(level, index, digest)]
        while index & 1:
            level, index, digest = level + 1, index >> 1, node_hash(self._nodes.pop(), digest)
            made.append((level, index, digest))
        self._nodes.append(digest)
        self.size += 1
        return made

    def extend(self, leaves: Sequence[bytes]) -> list[Row]:
        """Add many leaf hashes, level by level; returns the rows of nodes that became complete, the leaves first.

        The same tree as `append` makes of them one by one, at the price of its hashes alone.
        """
        waiting = dict(zip(_levels(self.size), self._nodes, strict=True))
        start, row, made = self.size, list(leaves), []
        self.size += len(row)
        for level in range(self.size.bit_length()):
            if not row:
                break
            made.append((level, start, row))
            if start & 1:
                row = [waiting.pop(level), *row]
            if len(row) & 1:
                waiting[level] = row[-1]
            pairs = iter(row)
            sha256 = hashlib.sha256
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
            start >>= 1
        self._nodes = [waiting[level] for level in _levels(self.size)]
        return made

    def root(self) -> bytes:
        """Root hash of the tree of `size` leaves."""
        return _fold(self._nodes)


def root(size: int, read: Reader) -> bytes:
    """Root hash of the first `size` leaves."""
    return _range_root(0, size, read)


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """Audit path of leaf `index` in the tree of `size` leaves, from the leaf up (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(begin, middle, read))
            begin = middle
    return path[::-1]


def consistency_proof(first: int, second: int, read: Reader) -> list[bytes]:
    """Proof that the tree of `second` leaves extends the tree of `first` (RFC 6962, 2.1.2); empty from size 0."""
    if not 0 <= first <= second:
        raise ValueError("a tree extends only a smaller one")
    if first in {0, second}:
        return []
    path: list[bytes] = []
    begin, end, whole = 0, second, True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(begin, middle, read))
            begin, whole = middle, False
    if not whole:
        path.append(_range_root(begin, end, read))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Tell whether `proof` shows `leaf` (a leaf hash) at `index` under `root_hash` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root_hash, *proof):
        return False
    position, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and digest == root_hash


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether `proof` shows that the second tree only adds leaves to the first (RFC 9162, 2.1.4.2).

    Every tree extends the empty one, with an empty proof.
    """
    if not 0 <= first <= second or not _are_hashes(first_root, second_root, *proof):
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not path:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(count: int) -> int:
    """Return the largest power of two below `count` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _levels(size: int) -> list[int]:
    """Return the levels of the complete nodes of a tree, largest first."""
    return [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]


def _complete(begin: int, end: int) -> list[tuple[int, int]]:
    """Name the complete nodes that cover [begin, end) where begin is a multiple of a power of two >= end - begin."""
    names = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        names.append((level, begin >> level))
        begin += 1 << level
    return names


def _range_root(begin: int, end: int, read: Reader) -> bytes:
    return _fold([read(level, index) for level, index in _complete(begin, end)])


def _fold(nodes: Sequence[bytes]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    *larger, digest = nodes
    for node in reversed(larger):
        digest = node_hash(node, digest)
    return digest


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
