"""What a bundle is made of: leaves and their paths, what the stores hold of them, notes, tokens and growth."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from proof.bundle import Item, Opening
from proof.tree import consistency_proof, inclusion_proof

from journal.attest.attestations import Attestations
from journal.log.checkpoints import Sealed
from journal.log.database import Database, from_nodes
from journal.log.leaf import Leaf
from journal.reading.access import Reader
from journal.reading.peers import Peers

MOST_TOKENS = 8  # of one checkpoint; a bundle has two that are stamped, and 16 tokens at most


class Gathering:
    """Collects from the journal's own tables."""

    def __init__(self, database: Database, attestations: Attestations) -> None:
        self._database = database
        self._attestations = attestations

    def paths(self, leaves: Sequence[Leaf], final: Sealed) -> dict[int, tuple[bytes, ...]]:
        """Return the inclusion proof of each leaf under `final`."""
        with self._database.transaction() as connection:
            return from_nodes(
                connection,
                lambda read: {leaf.index: tuple(inclusion_proof(leaf.index, final.size, read)) for leaf in leaves},
            )

    def notes(
        self, final: Sealed, first: int, earlier: Mapping[int, bytes]
    ) -> tuple[dict[int, bytes], dict[tuple[int, int], bytes]]:
        """Return the checkpoints of a bundle by size, and their tokens by size and number.

        These are the final one, the stamped one that covers most of what is shown, the last one that was stamped
        before the first leaf, at place `first`, and those that the reader holds.
        """
        stamped = (self._attestations.stamped(final.size), self._attestations.stamped(first))
        notes = dict(earlier)
        tokens: dict[tuple[int, int], bytes] = {}
        for size in {final.size, *stamped}:
            note = self._attestations.note(size) if size is not None else None
            if size is not None and note is not None:
                notes[size] = note
                given = self._attestations.tokens(size)[:MOST_TOKENS]
                tokens |= {(token.size, token.number): token.response for token in given}
        return notes, tokens

    def anchors(self, final: Sealed, index: int) -> tuple[dict[int, bytes], dict[int, bytes]]:
        """Return the checkpoints up to `final` that anchor the leaf at place `index`, and their proofs, by size."""
        notes: dict[int, bytes] = {}
        proofs: dict[int, bytes] = {}
        for anchor in self._attestations.anchors(index, final.size):
            note = self._attestations.note(anchor.size)
            if note is not None:
                notes[anchor.size], proofs[anchor.size] = note, anchor.proof
        return notes, proofs

    def growth(self, notes: Mapping[int, bytes], final: Sealed) -> dict[tuple[int, int], tuple[bytes, ...]]:
        """Return the proof that `final` extends each smaller checkpoint."""
        smaller = [size for size in sorted(notes) if size < final.size]
        with self._database.transaction() as connection:
            return from_nodes(
                connection,
                lambda read: {(size, final.size): tuple(consistency_proof(size, final.size, read)) for size in smaller},
            )


def items(
    leaves: Sequence[Leaf], paths: Mapping[int, tuple[bytes, ...]], peers: Peers, reader: Reader | None
) -> tuple[Item, ...]:
    """Return leaves with what their services hold of them now, and with what `reader`, if any, may see in clear."""
    of_service: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        if leaf.event:
            of_service[leaf.event.svc].append(leaf)
    states = {svc: peers.states(svc, theirs) for svc, theirs in of_service.items()}
    openings = _openings([leaf for leaf in leaves if leaf.event], peers, reader)
    return tuple(
        Item(
            leaf.index,
            leaf.data,
            states.get(leaf.entry.svc, {}).get(leaf.entry.store_seq, b"") if leaf.event else b"",
            paths[leaf.index],
            openings.get(leaf.index),
        )
        for leaf in leaves
    )


def document_versions(leaves: Sequence[Leaf]) -> list[str]:
    """Return the document versions that some entries name, in their order."""
    return list(dict.fromkeys(document.ver for leaf in leaves if leaf.event for document in leaf.event.docs))


def _openings(events: Sequence[Leaf], peers: Peers, reader: Reader | None) -> dict[int, Opening]:
    """Return what `reader` may see in clear, by place; nobody sees nothing."""
    if reader is None:
        return {}
    found = peers.openings([(leaf.entry.svc, leaf.entry.store_seq) for leaf in events])
    pairs = zip(events, found, strict=True)
    return {leaf.index: opening for leaf, opening in pairs if opening and reader.may_open(opening.data)}
