"""An entry in its place of the log."""

from dataclasses import dataclass

from proof.entry import Entry
from proof.leaf import parse_leaf
from proof.record import Record


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry, a service's event or a record of the journal's own, and its place."""

    index: int
    data: bytes
    entry: Entry | Record

    @property
    def event(self) -> Entry | None:
        """The entry if it is an event."""
        return self.entry if isinstance(self.entry, Entry) else None


def read_leaf(index: int, data: bytes) -> Leaf:
    """Read a stored entry; raises NotCanonical or EntryInvalid."""
    return Leaf(index, data, parse_leaf(data))
