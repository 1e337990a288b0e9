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
from journal.log.records import SERVICE
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
        last = _recorded(connection, until) if until else _placed(connection, below or 0)
        if not last:
            raise PointUnknown
        return {svc: row["store_seq"] for svc, row in last.items()}, max(row["idx"] for row in last.values()) + 1

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


def _recorded(connection: Rows, until: datetime) -> dict[str, dict[str, Any]]:
    """Return number and place of the last leaf of each service that was recorded up to an instant.

    The whole log is looked through once: a clock that was set back must not hide what came before.
    """
    rows = connection.execute(
        "SELECT svc, max(store_seq) AS store_seq, max(idx) AS idx FROM journal.entry"
        " WHERE recorded_at <= %s GROUP BY svc",
        (until,),
    ).fetchall()
    return {row["svc"]: row for row in rows}


def _placed(connection: Rows, below: int) -> dict[str, dict[str, Any]]:
    """Return number and place of the last leaf of each service before a place."""
    services = [row["svc"] for row in connection.execute("SELECT svc FROM journal.source").fetchall()]
    found = {svc: _last(connection, svc, below) for svc in (*services, SERVICE)}
    return {svc: row for svc, row in found.items() if row is not None}


def _last(connection: Rows, svc: str, below: int) -> dict[str, Any] | None:
    low, high = None, _up_to(connection, svc, 2**62)
    while high is not None and high["idx"] >= below:  # numbers rise with places: halve until the place is found
        reached = low["store_seq"] if low else 0
        middle = _up_to(connection, svc, (reached + high["store_seq"]) // 2)
        if middle is None or middle["store_seq"] <= reached:  # nothing in the lower half, if the log has a hole there
            middle = _up_to(connection, svc, high["store_seq"] - 1)
        if middle is None or middle["store_seq"] <= reached:
            return low
        low, high = (middle, high) if middle["idx"] < below else (low, middle)
    return high


def _up_to(connection: Rows, svc: str, number: int) -> dict[str, Any] | None:
    return connection.execute(
        "SELECT store_seq, idx FROM journal.entry WHERE svc = %s AND store_seq <= %s ORDER BY store_seq DESC LIMIT 1",
        (svc, number),
    ).fetchone()
