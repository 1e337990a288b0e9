"""What the monitor remembers of the leaves that it read, and what a leaf must not contradict."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from proof.canonical import NotCanonical
from proof.entry import Entry, EntryInvalid, encoded
from proof.leaf import parse_leaf
from proof.record import Record, scope_digest
from proof.tree import leaf_hash

from journal.log.database import Rows, copy

Report = Callable[[str, int, str], None]
"""(check, place, what is wrong)"""

_COLUMNS = "idx, leaf_hash, entry_hash, svc, store_seq, office, office_seq, dossier, agg"
# Written so that every part is read by an index, however long the log is.
_OF_DOSSIER = """WITH part AS (
        SELECT DISTINCT svc, agg FROM journal.watched WHERE dossier = %(id)s AND agg IS NOT NULL AND idx < %(below)s)
    SELECT idx, leaf_hash FROM journal.watched WHERE dossier = %(id)s AND idx < %(below)s
    UNION ALL
    SELECT w.idx, w.leaf_hash FROM part JOIN journal.watched w ON w.agg = part.agg AND w.svc = part.svc
        WHERE w.dossier IS NULL AND w.idx < %(below)s
    ORDER BY idx"""
_OFFICE = """WITH RECURSIVE service AS (
        SELECT min(svc) AS svc FROM journal.watched
        UNION ALL
        SELECT (SELECT min(svc) FROM journal.watched WHERE svc > service.svc) FROM service WHERE svc IS NOT NULL)
    SELECT service.svc, last.office_seq, last.entry_hash FROM service CROSS JOIN LATERAL (
        SELECT office_seq, entry_hash FROM journal.watched w
        WHERE w.office = %(office)s AND w.svc = service.svc AND w.idx < %(below)s
        ORDER BY office_seq DESC LIMIT 1) AS last"""


class Watch:
    """Leaves as they follow one another, inside one transaction; `flush` remembers them."""

    def __init__(self, connection: Rows, report: Report) -> None:
        self._connection = connection
        self._report = report
        self._rows: list[tuple[Any, ...]] = []
        self._numbers: dict[str, int] = {}
        self._offices: dict[tuple[str, str], tuple[int, str | None]] = {}

    def see(self, index: int, data: bytes) -> Record | None:
        """Check a leaf against those before it, and remember it; returns it if it is a record."""
        try:
            leaf = parse_leaf(data)
        except (NotCanonical, EntryInvalid):
            self._report("leaf", index, "neither an event nor a record")
            return None
        self._check_number(index, leaf)
        self._check_office(index, leaf, data)
        if isinstance(leaf, Record) and leaf.kind == "head":
            self._check_head(index, leaf)
        agg = leaf.agg if isinstance(leaf, Entry) else None
        hashes = (leaf_hash(data), sha256(data).digest())
        self._rows.append((index, *hashes, leaf.svc, leaf.store_seq, leaf.office, leaf.office_seq, leaf.dossier, agg))
        return leaf if isinstance(leaf, Record) else None

    def flush(self) -> None:
        """Remember what was seen."""
        copy(self._connection, f"COPY journal.watched ({_COLUMNS}) FROM STDIN", self._rows)
        self._rows = []

    def _check_number(self, index: int, leaf: Entry | Record) -> None:
        last = self._numbers.get(leaf.svc)
        if last is None:
            row = self._connection.execute(
                "SELECT coalesce(max(store_seq), 0) AS last FROM journal.watched WHERE svc = %s", (leaf.svc,)
            ).fetchone()
            last = row["last"] if row else 0
        if leaf.store_seq != last + 1:
            self._report("store-seq", index, f"{leaf.svc} {leaf.store_seq} after {last}")
        self._numbers[leaf.svc] = leaf.store_seq

    def _check_office(self, index: int, leaf: Entry | Record, data: bytes) -> None:
        if leaf.office is None:
            return
        place = (leaf.svc, leaf.office)
        number, digest = self._offices.get(place) or self._chain(*place)
        if leaf.office_seq != number + 1 or leaf.office_prev != digest:
            self._report("office-seq", index, f"{leaf.svc} {leaf.office_seq} after {number}")
        self._offices[place] = (leaf.office_seq or 0, encoded(sha256(data).digest()))

    def _chain(self, svc: str, office: str) -> tuple[int, str | None]:
        row = self._connection.execute(
            "SELECT office_seq, entry_hash FROM journal.watched WHERE office = %s AND svc = %s"
            " ORDER BY office_seq DESC LIMIT 1",
            (office, svc),
        ).fetchone()
        return (row["office_seq"], encoded(row["entry_hash"])) if row else (0, None)

    def _check_head(self, index: int, head: Record) -> None:
        """Compare how far a head says that an office had come with what was seen before it."""
        self.flush()
        rows = self._connection.execute(_OFFICE, {"office": head.office, "below": index}).fetchall()
        seen = {row["svc"]: {"hash": encoded(row["entry_hash"]), "seq": row["office_seq"]} for row in rows}
        said = {one["svc"]: {"hash": one["hash"], "seq": one["seq"]} for one in head.body["heads"]}
        if said != seen:
            wrong = sorted(svc for svc in said.keys() | seen.keys() if said.get(svc) != seen.get(svc))
            self._report("head", index, f"another end of the office in {', '.join(wrong)}")
        if head.dossier is not None:
            rows = self._connection.execute(_OF_DOSSIER, {"id": head.dossier, "below": index}).fetchall()
            digest = scope_digest(bytes(row["leaf_hash"]) for row in rows)
            if (head.body["entries"], head.body["digest"]) != (len(rows), digest):
                self._report("head", index, "another content of the dossier")
