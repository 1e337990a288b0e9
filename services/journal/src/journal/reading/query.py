"""What somebody who controls asks of the log: filters, one page after the other, and how many leaves each page hides.

The numbers of an office are gap-free in each service. Each page says which numbers it covers, how many of them it shows
and how many the filter hides; a number that is neither is missing from the log. The pages of a list cover all numbers
once, so whoever adds them up has seen or counted everything.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import example
from pydantic import BaseModel, Field, JsonValue

from journal.log.database import Rows
from journal.log.scope import condition

ROWS = (
    "SELECT e.idx, e.entry, e.svc, e.office, c.size, c.made_at, w.size AS cosigned, t.size AS stamped, t.stamped_at"
    " FROM journal.entry e"
    " LEFT JOIN LATERAL (SELECT size, made_at FROM journal.checkpoint WHERE size > e.idx AND note IS NOT NULL"
    "  ORDER BY size LIMIT 1) c ON true"
    " LEFT JOIN LATERAL (SELECT size FROM journal.cosignature WHERE size > e.idx ORDER BY size LIMIT 1) w ON true"
    " LEFT JOIN LATERAL (SELECT size, stamped_at FROM journal.token WHERE size > e.idx ORDER BY size, number LIMIT 1) t"
    "  ON true"
)
# Each way of being about somebody has an index of its own, so that the log is not read through.
_ABOUT = """SELECT a.idx FROM journal.entry a WHERE a.agg = %({0})s
    UNION ALL SELECT a.idx FROM journal.mention m JOIN journal.entry a ON a.agg = m.agg AND a.svc = m.svc
        WHERE m.subject = %({0})s AND m.store_seq = 0
    UNION ALL SELECT a.idx FROM journal.mention m JOIN journal.entry a ON a.svc = m.svc AND a.store_seq = m.store_seq
        WHERE m.subject = %({0})s"""
_ACTED = "SELECT a.idx FROM journal.entry a WHERE a.actor = %(person)s"
_ERASED = """SELECT a.idx FROM journal.entry a WHERE a.kind = 'erasure'
    AND convert_from(a.entry, 'UTF8')::json -> 'body' ->> 'person' = %(person)s::uuid::text"""
# Letters, and their files in the vault.
_LETTERS = """e.svc = 'lre-gateway' OR EXISTS (SELECT FROM journal.entry f
    WHERE f.svc = e.svc AND f.agg = e.agg AND f.type = 'vault.letter-document-stored')"""
_CONDITIONS = {
    "office": "e.office = %(office)s",
    "dossier": condition("dossier").replace("%(id)s", "%(dossier)s"),
    "person": f"e.idx IN ({_ACTED} UNION ALL {_ERASED} UNION ALL {_ABOUT.format('person')})",
    "document": f"e.idx IN ({_ABOUT.format('document')})",
    "letter": f"e.idx IN ({_ABOUT.format('letter')})",
    "letters": f"({_LETTERS}) = %(letters)s",
    "actor": "e.actor = %(actor)s",
    "types": "e.type = ANY(%(types)s)",
    "since": "e.recorded_at >= %(since)s",
    "until": "e.recorded_at < %(until)s",
    "events": "(e.kind = 'event') = %(events)s",
}

COUNTER: dict[str, JsonValue] = {"service": "vault", "first": 18, "last": 21, "shown": 2, "hidden": 2, "missing": 0}


class Counter(BaseModel):
    """The numbers of one office in one service that a page covers: shown + hidden + missing = last - first + 1."""

    model_config = example(COUNTER)

    service: str
    first: int
    last: int
    shown: int
    hidden: int = Field(description="numbers in the log that the filter leaves out")
    missing: int = Field(description="numbers that the log does not hold: a hole, which a person must look at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for; what is None is not asked about. `until` is excluded. `events` leaves records out.

    `letters` asks for what belongs to letters, or for what does not.
    """

    office: UUID | None = None
    dossier: UUID | None = None
    person: UUID | None = None
    document: UUID | None = None
    letter: UUID | None = None
    letters: bool | None = None
    actor: UUID | None = None
    types: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    events: bool | None = None

    @property
    def mentions(self) -> bool:
        """Whether the index of mentions is asked."""
        return any(asked is not None for asked in (self.person, self.document, self.letter))

    def sql(self) -> str:
        """Return the condition on `journal.entry e`."""
        return " AND ".join(["true", *(_CONDITIONS[name] for name in self._asked())])

    def values(self) -> dict[str, Any]:
        """Return the values of the condition, but `below`."""
        return {name: list(value) if name == "types" else value for name, value in self._asked().items()}

    def said(self) -> dict[str, Any]:
        """Return what the record of the question says."""
        return {name: _said(value) for name, value in self._asked().items() if name not in {"events", "letters"}}

    def _asked(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in _CONDITIONS}
        return {name: value for name, value in found.items() if value is not None and value != ()}


def find(connection: Rows, wanted: Filter, after: int, below: int, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` leaves between two places, in the order of the log, with their seals."""
    return connection.execute(
        f"{ROWS} WHERE {wanted.sql()} AND e.idx > %(after)s AND e.idx < %(below)s"
        " ORDER BY e.idx LIMIT %(limit)s".encode(),
        wanted.values() | {"after": after, "below": below, "limit": limit},
    ).fetchall()


def at_places(connection: Rows, places: Sequence[int]) -> list[dict[str, Any]]:
    """Return the leaves at some places, in the order of the log, with their seals."""
    return connection.execute(f"{ROWS} WHERE e.idx = ANY(%s) ORDER BY e.idx".encode(), (list(places),)).fetchall()


def counters(connection: Rows, office: UUID, shown: Mapping[str, int], after: int, upto: int) -> list[Counter]:
    """Count the numbers of an office from the place behind `after` to the place `upto`, given how many are shown."""
    rows = connection.execute(
        "SELECT svc, count(*) AS held, max(idx) AS last FROM journal.entry"
        " WHERE office = %(office)s AND idx > %(after)s AND idx <= %(upto)s GROUP BY svc ORDER BY svc",
        {"office": office, "after": after, "upto": upto},
    ).fetchall()
    return [_counter(connection, office, row, shown.get(row["svc"], 0), after) for row in rows]


def _counter(connection: Rows, office: UUID, row: Mapping[str, Any], shown: int, after: int) -> Counter:
    before = connection.execute(
        "SELECT entry FROM journal.entry WHERE office = %s AND svc = %s AND idx <= %s ORDER BY idx DESC LIMIT 1",
        (office, row["svc"], after),
    ).fetchone()
    end = connection.execute("SELECT entry FROM journal.entry WHERE idx = %s", (row["last"],)).fetchone()
    first = _number(before) + 1
    last = max(_number(end), first)
    missing = last - first + 1 - row["held"]
    return Counter(service=row["svc"], first=first, last=last, shown=shown, hidden=row["held"] - shown, missing=missing)


def _number(row: Mapping[str, Any] | None) -> int:
    return int(json.loads(bytes(row["entry"]))["office_seq"]) if row else 0


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple | list) else str(value)
