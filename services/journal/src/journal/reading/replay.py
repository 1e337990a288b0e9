"""Points of the log, and what was then: the log turns a point into a number of each service, and proves it.

A point is an instant, a leaf or a signed checkpoint. Instants are those at which the services recorded, by their
clocks; the tokens around a point say between which times its leaves came into the log.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.refusal import Refusal
from proof.entry import encoded
from proof.tree import leaf_hash

from journal.attest.attestations import Attestations
from journal.log.checkpoints import Checkpoints, ForkRefused, PublishedUnknown, Sealed
from journal.log.database import Database, Rows, log_size
from journal.log.leaf import Leaf, read_leaf
from journal.log.scope import condition
from journal.reading.gathering import Gathering

_CHECKPOINT = re.compile(r"checkpoint:([1-9][0-9]{0,15})")
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


class PointUnknown(Refusal):
    """There is no such point: write an instant (2026-03-02T09:30:00Z), the index of a leaf, or checkpoint:SIZE."""

    code, status = "point-unknown", 422


class PointNotSealed(Refusal):
    """No signed checkpoint covers that point yet; try again in a few seconds."""

    code, status = "point-not-sealed", 503


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the log: how many leaves are before it, the last number of each service, and what vouches for it."""

    asked: str
    size: int
    numbers: Mapping[str, int]
    sealed: Sealed
    stamped_after: datetime | None
    stamped_before: datetime | None


class Points:
    """Finds points."""

    def __init__(self, database: Database, checkpoints: Checkpoints, attestations: Attestations) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._gathering = Gathering(database, attestations)

    def at(self, asked: str) -> Point:
        """Return the point of an instant, of a leaf, which is then the last one, or of `checkpoint:<size>`.

        Raises PointUnknown and PointNotSealed.
        """
        with self._database.transaction() as connection:
            numbers, size = self._numbers(connection, asked)
        sealed = self._sealed(size)
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT (SELECT max(stamped_at) FROM journal.token WHERE size <= %(size)s) AS after,"
                " (SELECT min(stamped_at) FROM journal.token WHERE size >= %(size)s) AS before",
                {"size": size},
            ).fetchone()
        after, before = (row["after"], row["before"]) if row else (None, None)
        return Point(asked, size, numbers, sealed, after, before)

    def aggregates(self, point: Point, scope: str, values: Mapping[str, Any]) -> list[tuple[str, UUID, list[Leaf]]]:
        """Return the leaves up to a point of the aggregates for which the SQL condition `scope` holds."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT e.idx, e.svc, e.agg, e.entry FROM journal.entry e"  # noqa: S608 - constants of this module
                " JOIN unnest(%(svcs)s::text[], %(seqs)s::bigint[]) AS p(svc, seq)"
                "  ON p.svc = e.svc AND e.store_seq <= p.seq"
                f" WHERE e.kind = 'event' AND {scope} ORDER BY e.svc, e.agg, e.agg_ver".encode(),
                {**values, "svcs": list(point.numbers), "seqs": list(point.numbers.values()), "below": point.size},
            ).fetchall()
        found: dict[tuple[str, UUID], list[Leaf]] = {}
        for row in rows:
            found.setdefault((row["svc"], row["agg"]), []).append(read_leaf(row["idx"], bytes(row["entry"])))
        return [(svc, agg, leaves) for (svc, agg), leaves in found.items()]

    def proofs(self, leaves: Sequence[Leaf], point: Point) -> dict[int, tuple[str, list[str]]]:
        """Return the hash of each leaf and its way to the root of the point's checkpoint, in base64."""
        paths = self._gathering.paths(leaves, point.sealed)
        return {leaf.index: (encoded(leaf_hash(leaf.data)), list(map(encoded, paths[leaf.index]))) for leaf in leaves}

    def _numbers(self, connection: Rows, asked: str) -> tuple[dict[str, int], int]:
        """Return the last number of each service at a point, and how many leaves have come up to it."""
        below, until = _read(asked)
        if below is not None and not 0 < below <= log_size(connection):
            raise PointUnknown
        if asked.startswith("checkpoint:") and self._checkpoints.at(below or 0) is None:
            raise PointUnknown
        # The numbers of a service rise with the places, whatever its clock did.
        rows = connection.execute(
            "SELECT s.svc, l.number, l.last FROM (SELECT svc FROM journal.source UNION ALL SELECT 'journal') s"
            " JOIN LATERAL (SELECT store_seq AS number, idx AS last FROM journal.entry e WHERE e.svc = s.svc"
            "  AND (%(below)s::bigint IS NULL OR e.idx < %(below)s)"
            "  AND (%(until)s::timestamptz IS NULL OR e.recorded_at <= %(until)s)"
            "  ORDER BY e.store_seq DESC LIMIT 1) l ON true",
            {"below": below, "until": until},
        ).fetchall()
        if not rows:
            raise PointUnknown
        return {row["svc"]: row["number"] for row in rows}, max(row["last"] for row in rows) + 1

    def _sealed(self, size: int) -> Sealed:
        """Return the smallest signed checkpoint that covers `size` leaves, signing one if need be."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT size FROM journal.checkpoint WHERE size >= %s AND note IS NOT NULL ORDER BY size LIMIT 1",
                (size,),
            ).fetchone()
        found = self._checkpoints.at(row["size"]) if row else self._seal()
        if found is None or found.size < size:
            raise PointNotSealed
        return found

    def _seal(self) -> Sealed | None:
        try:
            return self._checkpoints.seal()
        except (ForkRefused, PublishedUnknown):
            return self._checkpoints.last()


OF_DOSSIER = condition("dossier")
OF_AGGREGATE = "e.svc = %(svc)s AND e.agg = %(id)s"
DOSSIERS_OF_OFFICE = "e.svc = 'dossier' AND e.agg = e.dossier AND e.office = %(id)s AND e.agg = ANY(%(page)s)"


def _read(asked: str) -> tuple[int | None, datetime | None]:
    """Return the place under which the leaves of a point are, or its instant."""
    if found := _CHECKPOINT.fullmatch(asked):
        return int(found[1]), None
    if _INDEX.fullmatch(asked):
        return int(asked) + 1, None
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        raise PointUnknown from None
    if moment.tzinfo is None:
        raise PointUnknown
    return None, moment
