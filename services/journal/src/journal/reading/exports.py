"""The verifiable export of a dossier: what was sealed beside what the stores hold at the moment of the export."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from chassis.logging import get_logger
from chassis.refusal import NotFound, Refusal
from proof.bundle import Bundle, Item, Opening
from proof.checkpoint import InclusionProof
from proof.tree import Reader as NodeReader
from proof.tree import consistency_proof, inclusion_proof

from journal.log.checkpoints import Checkpoints, ForkRefused, Sealed
from journal.log.database import Database, nodes
from journal.log.leaf import Leaf
from journal.reading.access import Reader
from journal.reading.peers import Peers
from journal.reading.timeline import document_versions, leaves_of

MOST_EARLIER = 8  # checkpoints that one export may be compared with


class CheckpointUnknown(Refusal):
    """The log never signed a checkpoint of that size."""

    code, status = "checkpoint-unknown", 422


@dataclass(frozen=True, slots=True)
class Export:
    """A bundle and the entries in it, already read."""

    bundle: Bundle
    leaves: Sequence[Leaf]
    sealed: Sealed


class Exports:
    """Makes bundles."""

    def __init__(self, database: Database, checkpoints: Checkpoints, peers: Peers) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._peers = peers

    def export(self, reader: Reader, dossier: UUID, earlier: Sequence[int] = (), *, contents: bool = True) -> Export:
        """Seal what the log holds, then gather the bundle of a dossier.

        `earlier` are sizes of checkpoints that the reader already holds, whose growth the bundle then proves; without
        `contents` nothing is disclosed in clear. Raises NotFound for a dossier without an entry, CheckpointUnknown,
        Unavailable.
        """
        known = {size: self._known(size) for size in earlier[:MOST_EARLIER]}
        sealed = self._seal()
        with self._database.transaction() as connection:
            leaves = [leaf for leaf in leaves_of(connection, dossier) if sealed and leaf.index < sealed.size]
            if sealed is None or not leaves:
                raise NotFound
            read = cache(nodes(connection))
            proofs = {leaf.index: _proof(leaf, sealed, read) for leaf in leaves}
            growth = {
                (size, sealed.size): tuple(consistency_proof(size, sealed.size, read))
                for size in known
                if size < sealed.size
            }
        bundle = Bundle(
            dossier=str(dossier),
            items=self._items(leaves, proofs, reader if contents else None),
            checkpoints=known | {sealed.size: sealed.note},
            observations=tuple(self._peers.observations(document_versions(leaves))),
            consistency=growth,
        )
        return Export(bundle, leaves, sealed)

    def holds(self, dossier: UUID, event_type: str) -> bool:
        """Tell whether the log has an event of this type of a dossier; raises NotFound for a dossier without events."""
        with self._database.transaction() as connection:
            types = {leaf.entry.type for leaf in leaves_of(connection, dossier)}
        if not types:
            raise NotFound
        return event_type in types

    def _seal(self) -> Sealed | None:
        try:
            return self._checkpoints.seal()
        except ForkRefused:
            get_logger().exception("export-of-a-damaged-log")  # the last signed state shows where it is damaged
            return self._checkpoints.last()

    def _items(
        self, leaves: Sequence[Leaf], proofs: dict[int, InclusionProof], reader: Reader | None
    ) -> tuple[Item, ...]:
        of_service: dict[str, list[Leaf]] = defaultdict(list)
        for leaf in leaves:
            of_service[leaf.entry.svc].append(leaf)
        states = {svc: self._peers.states(svc, theirs) for svc, theirs in of_service.items()}
        return tuple(
            Item(
                leaf.index,
                leaf.data,
                states[leaf.entry.svc].get(leaf.entry.store_seq, b""),
                proofs[leaf.index],
                opening,
            )
            for leaf, opening in zip(leaves, self._openings(leaves, reader), strict=True)
        )

    def _openings(self, leaves: Sequence[Leaf], reader: Reader | None) -> list[Opening | None]:
        """Return what `reader` may see in clear; nobody sees nothing."""
        if reader is None:
            return [None] * len(leaves)
        openings = self._peers.openings([(leaf.entry.svc, leaf.entry.store_seq) for leaf in leaves])
        return [opening if opening and reader.may_open(opening.data) else None for opening in openings]

    def _known(self, size: int) -> bytes:
        sealed = self._checkpoints.at(size)
        if sealed is None:
            raise CheckpointUnknown
        return sealed.note


def _proof(leaf: Leaf, sealed: Sealed, read: NodeReader) -> InclusionProof:
    return InclusionProof(leaf.index, tuple(inclusion_proof(leaf.index, sealed.size, read)), sealed.note)
