"""Growing a tree by many leaves at once."""

import os

from hypothesis import given
from hypothesis import strategies as st
from proof.tree import Frontier


def grown(sizes: list[int]) -> None:
    one, many = Frontier(), Frontier()
    for size in sizes:
        leaves = [os.urandom(32) for _ in range(size)]
        nodes = {(level, index): digest for leaf in leaves for level, index, digest in one.append(leaf)}
        rows = many.extend(leaves)
        assert {(level, start + i): digest for level, start, row in rows for i, digest in enumerate(row)} == nodes
        assert (many.size, many.root()) == (one.size, one.root())


def test_a_tree_grown_by_any_two_batches_is_the_tree_grown_leaf_by_leaf() -> None:
    for first in range(18):
        for second in range(18):
            grown([first, second])


@given(st.lists(st.integers(0, 300), max_size=8))
def test_a_tree_grown_by_batches_is_the_tree_grown_leaf_by_leaf(sizes: list[int]) -> None:
    grown(sizes)
