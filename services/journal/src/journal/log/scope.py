"""Which leaves belong to a dossier, to an office, to one document version."""

from proof.record import scope_digest

from journal.log.database import Rows
from journal.log.leaf import Leaf, read_leaf

# A part of an aggregate that does not repeat the dossier belongs to it all the same, as far as the log had come.
_OF_DOSSIER = """e.idx IN (
    SELECT o.idx FROM journal.entry o WHERE o.dossier = %(id)s
    UNION ALL SELECT p.idx FROM (
        SELECT DISTINCT o.svc, o.agg FROM journal.entry o
        WHERE o.dossier = %(id)s AND o.kind = 'event' AND o.idx < %(below)s) AS named
    JOIN journal.entry p ON p.agg = named.agg AND p.svc = named.svc AND p.dossier IS NULL)"""
_CONDITIONS = {"dossier": _OF_DOSSIER, "office": "e.office = %(id)s", "aggregate": "e.agg = %(id)s"}
EVERYTHING = 2**62  # above every place


def condition(kind: str) -> str:
    """Return the SQL condition on `journal.entry e` with the values `id` and `below`."""
    return f"{_CONDITIONS[kind]} AND e.idx < %(below)s"


def leaves_of(connection: Rows, kind: str, name: str, below: int = EVERYTHING) -> list[Leaf]:
    """Return the leaves of a scope whose place is under `below`, in the order of the log."""
    rows = connection.execute(
        f"SELECT e.idx, e.entry FROM journal.entry e WHERE {condition(kind)} ORDER BY e.idx",  # noqa: S608 - constant
        {"id": name, "below": below},
    ).fetchall()
    return [read_leaf(row["idx"], bytes(row["entry"])) for row in rows]


def digest_of(connection: Rows, kind: str, name: str, below: int = EVERYTHING) -> tuple[int, str]:
    """Return how many leaves a scope has under `below`, and the hash of all their hashes in the order of the log."""
    rows = connection.execute(
        "SELECT n.hash FROM journal.entry e JOIN journal.node n ON n.level = 0 AND n.idx = e.idx"  # noqa: S608 - constant
        f" WHERE {condition(kind)} ORDER BY e.idx",
        {"id": name, "below": below},
    ).fetchall()
    return len(rows), scope_digest(bytes(row["hash"]) for row in rows)
