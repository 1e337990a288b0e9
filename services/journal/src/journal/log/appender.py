"""Adding entries to the log: one place for the tree, the offices' chains and the lock, whoever appends."""

import hashlib
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Self

from proof.entry import Entry, encoded
from proof.tree import Frontier, Node, leaf_hash

from journal.log.database import Rows, copy, from_nodes, log_size

WRITER_LOCK = 0x10C  # any number; every transaction that appends to the log holds it to its end


class Chain(NamedTuple):
    """How far an office has come in a service: the number of its last entry, and its hash as the next one says it."""

    number: int
    digest: str | None


class Row(NamedTuple):
    """An entry and what is copied out of it to find it."""

    svc: str
    store_seq: int
    data: bytes
    kind: str
    type: str
    agg: str | None
    agg_ver: int | None
    office: str | None
    dossier: str | None
    actor: str | None
    actor_kind: str
    recorded_at: datetime

    @classmethod
    def of_event(cls, entry: Entry, data: bytes) -> Self:
        """Return the row of a service's entry."""
        return cls(
            entry.svc,
            entry.store_seq,
            data,
            "event",
            entry.type,
            entry.agg,
            entry.agg_ver,
            entry.office,
            entry.dossier,
            entry.actor,
            entry.actor_kind,
            datetime.fromisoformat(entry.recorded_at),
        )


class Appender:
    """The log inside one transaction, which nobody else adds to until it ends; `flush` writes what was added."""

    def __init__(self, connection: Rows) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK,))
        self.connection = connection
        self._frontier = from_nodes(connection, partial(Frontier.load, log_size(connection)))
        self._rows: list[tuple[Any, ...]] = []
        self._nodes: list[Node] = []
        self._offices: dict[tuple[str, str], Chain] = {}
        self._moved: set[tuple[str, str]] = set()

    @property
    def size(self) -> int:
        """How many entries the log holds, with those added here."""
        return self._frontier.size

    def chain(self, svc: str, office: str) -> Chain:
        """Return how far an office has come in a service; number 0 before its first entry."""
        place = (svc, office)
        if place not in self._offices:
            row = self.connection.execute(
                "SELECT office_seq, entry_hash FROM journal.office_head WHERE svc = %s AND office = %s", place
            ).fetchone()
            self._offices[place] = Chain(row["office_seq"], encoded(row["entry_hash"])) if row else Chain(0, None)
        return self._offices[place]

    def add(self, row: Row) -> int:
        """Add an entry that continues its service and its office; returns its place."""
        index = self.size
        self._nodes += self._frontier.append(leaf_hash(row.data))
        self._rows.append((index, *row))
        if row.office is not None:
            place = (row.svc, row.office)
            self._offices[place] = Chain(self.chain(*place).number + 1, encoded(hashlib.sha256(row.data).digest()))
            self._moved.add(place)
        return index

    def flush(self) -> None:
        """Write what was added, so that what follows in the transaction reads it."""
        columns = (
            "idx, svc, store_seq, entry, kind, type, agg, agg_ver, office, dossier, actor, actor_kind, recorded_at"
        )
        copy(self.connection, f"COPY journal.entry ({columns}) FROM STDIN", self._rows)
        copy(self.connection, "COPY journal.node (level, idx, hash) FROM STDIN", self._nodes)
        for svc, office in sorted(self._moved):
            number, digest = self._offices[svc, office]
            self.connection.execute(
                "INSERT INTO journal.office_head VALUES (%s, %s, %s, decode(%s, 'base64'))"
                " ON CONFLICT (svc, office) DO UPDATE"
                " SET office_seq = excluded.office_seq, entry_hash = excluded.entry_hash",
                (svc, office, number, digest),
            )
        self._rows, self._nodes, self._moved = [], [], set()
