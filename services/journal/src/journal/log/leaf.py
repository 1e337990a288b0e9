"""An entry in its place of the log."""

from dataclasses import dataclass

from proof.entry import Entry


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry and its place."""

    index: int
    data: bytes
    entry: Entry
