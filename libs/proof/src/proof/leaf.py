"""A leaf of the log, of whatever kind."""

from proof.canonical import parse
from proof.entry import Entry
from proof.record import KINDS, Record
from proof.shapes import MAX_LEAF, EntryInvalid


def parse_leaf(data: bytes) -> Entry | Record:
    """Read a leaf; raises NotCanonical or EntryInvalid, also for a kind that this version does not know."""
    if len(data) > MAX_LEAF:
        raise EntryInvalid(f"the leaf is longer than {MAX_LEAF} bytes")
    value = parse(data)
    kind = value.get("kind") if isinstance(value, dict) else None
    return Record.of(value) if isinstance(kind, str) and kind in KINDS else Entry.of(value)
