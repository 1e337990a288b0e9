"""Taking entries in: each service's in its own order, once, into one tree.

The bytes that a service published for a number are the bytes for ever. Other bytes for a known number, or an entry that
does not continue its office or its aggregate, raise an alarm, and nothing more is taken from that service until a
person has looked.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.logging import get_logger
from contracts import Envelope
from proof.canonical import NotCanonical
from proof.entry import Entry, EntryInvalid, encoded
from proof.tree import Frontier, Node, leaf_hash

from journal.log.database import Database, Rows, copy, log_size, nodes

WRITER_LOCK = 0x10C  # any number; every transaction that appends to the log holds it to its end

REWRITTEN = "rewritten-history"
UNREADABLE = "entry-unreadable"
BROKEN_OFFICE = "office-chain-broken"
BROKEN_AGGREGATE = "aggregate-chain-broken"


class SourceStopped(RuntimeError):
    """An alarm of this service waits for a person; nothing is taken in."""


class HoleLeft(RuntimeError):
    """A number is missing before the one received."""


class _Alarm(Exception):
    def __init__(self, cause: str, message: Envelope) -> None:
        super().__init__(cause)
        self.cause = cause
        self.message = message


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a service was taken in."""

    epoch: int
    store_seq: int


class Intake:
    """The inbox of the journal, as `bus.Consumer` uses it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = get_logger()

    def position(self, producer: str) -> Reached | None:
        """Return how far this producer's entries were taken in; None before the first."""
        with self._database.transaction() as connection:
            row = _source(connection, producer)
        return Reached(row["epoch"], row["position"]) if row else None

    def receive(self, messages: Sequence[Envelope]) -> None:
        """Append the messages of one producer that the log does not hold yet; all of them or none.

        Raises SourceStopped after an alarm and HoleLeft; both leave the log as it was.
        """
        try:
            with self._database.transaction() as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK,))
                _Batch(connection, messages[0].producer).take(messages)
        except _Alarm as alarm:
            self._raise(alarm)
            raise SourceStopped(alarm.cause) from None

    def _raise(self, alarm: _Alarm) -> None:
        message = alarm.message
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO journal.alarm (svc, store_seq, cause, received) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (message.producer, message.storeseq, alarm.cause, message.proofentry.encode()),
            )
            connection.execute(
                "INSERT INTO journal.source AS known VALUES (%s, %s, 0, 0, true)"
                " ON CONFLICT (svc) DO UPDATE SET stopped = true",
                (message.producer, message.epoch),
            )
        self._log.error("history-alarm", producer=message.producer, store_seq=message.storeseq, cause=alarm.cause)


class Alarms:
    """What stopped the intake, for the operator's verb `parked`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[dict[str, Any]]:
        """Return the alarms, oldest first; `id` is the service that was stopped."""
        with self._database.transaction() as connection:
            return connection.execute(
                "SELECT a.svc AS id, a.store_seq, a.cause, a.raised_at, s.stopped FROM journal.alarm a"
                " JOIN journal.source s ON s.svc = a.svc ORDER BY a.id"
            ).fetchall()

    def replay(self, ids: Sequence[str]) -> int:
        """Let some stopped services (all without ids) go on; what raised the alarm, sent again, stops them again."""
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE journal.source SET stopped = false WHERE stopped AND (svc = ANY(%(ids)s) OR %(ids)s = '{}')",
                {"ids": list(ids)},
            ).rowcount


class _Batch:
    """One transaction's worth of entries of one service; everything is written at the end."""

    def __init__(self, connection: Rows, producer: str) -> None:
        self._connection = connection
        self._producer = producer
        source = _source(connection, producer)
        if source and source["stopped"]:
            raise SourceStopped(producer)
        self._last = source["last"] if source else 0
        size = log_size(connection)
        self._frontier = Frontier.load(size, nodes(connection))
        self._entries: list[tuple[Any, ...]] = []
        self._nodes: list[Node] = []
        self._offices: dict[str, tuple[int, str | None]] = {}
        self._versions: dict[str, int] = {}

    def take(self, messages: Sequence[Envelope]) -> None:
        for message in messages:
            if message.producer != self._producer:
                raise ValueError("messages of two producers in one batch")
            if message.storeseq <= self._last:
                self._compare(message)
            elif message.storeseq == self._last + 1:
                self._append(message)
            else:
                raise HoleLeft(f"{self._producer} {self._last + 1}")
        self._write(messages[-1])

    def _compare(self, message: Envelope) -> None:
        """Refuse other bytes for a number that the log, or this batch, already holds."""
        row = self._connection.execute(
            "SELECT entry FROM journal.entry WHERE svc = %s AND store_seq = %s", (self._producer, message.storeseq)
        ).fetchone()
        held = {entry[2]: entry[3] for entry in self._entries}.get(message.storeseq) if row is None else row["entry"]
        if held is None or bytes(held) != message.proofentry.encode():
            raise _Alarm(REWRITTEN, message)

    def _append(self, message: Envelope) -> None:
        data = message.proofentry.encode()
        try:
            entry = Entry.parse(data)
        except (NotCanonical, EntryInvalid):
            raise _Alarm(UNREADABLE, message) from None
        if (entry.svc, entry.store_seq) != (self._producer, message.storeseq):
            raise _Alarm(UNREADABLE, message)
        self._follow(entry, data, message)
        index = self._frontier.size
        self._nodes += self._frontier.append(leaf_hash(data))
        self._last = entry.store_seq
        facts = (entry.type, entry.agg, entry.agg_ver, entry.office, entry.dossier)
        self._entries.append((index, entry.svc, entry.store_seq, data, *facts))

    def _follow(self, entry: Entry, data: bytes, message: Envelope) -> None:
        """Check that the entry continues its aggregate and its office."""
        if entry.agg_ver != self._version(entry.agg) + 1:
            raise _Alarm(BROKEN_AGGREGATE, message)
        self._versions[entry.agg] = entry.agg_ver
        if entry.office is not None:
            number, chain = self._office(entry.office)
            if entry.office_seq != number + 1 or entry.office_prev != chain:
                raise _Alarm(BROKEN_OFFICE, message)
            self._offices[entry.office] = (number + 1, encoded(hashlib.sha256(data).digest()))

    def _version(self, agg: str) -> int:
        if agg not in self._versions:
            row = self._connection.execute(
                "SELECT max(agg_ver) AS version FROM journal.entry WHERE agg = %s AND svc = %s", (agg, self._producer)
            ).fetchone()
            self._versions[agg] = (row and row["version"]) or 0
        return self._versions[agg]

    def _office(self, office: str) -> tuple[int, str | None]:
        if office not in self._offices:
            row = self._connection.execute(
                "SELECT office_seq, entry_hash FROM journal.office_head WHERE svc = %s AND office = %s",
                (self._producer, office),
            ).fetchone()
            self._offices[office] = (row["office_seq"], encoded(row["entry_hash"])) if row else (0, None)
        return self._offices[office]

    def _write(self, last: Envelope) -> None:
        columns = "idx, svc, store_seq, entry, type, agg, agg_ver, office, dossier"
        copy(self._connection, f"COPY journal.entry ({columns}) FROM STDIN", self._entries)
        copy(self._connection, "COPY journal.node (level, idx, hash) FROM STDIN", self._nodes)
        for office, (number, chain) in self._offices.items():
            self._connection.execute(
                "INSERT INTO journal.office_head VALUES (%s, %s, %s, decode(%s, 'base64'))"
                " ON CONFLICT (svc, office) DO UPDATE"
                " SET office_seq = excluded.office_seq, entry_hash = excluded.entry_hash",
                (self._producer, UUID(office), number, chain),
            )
        self._connection.execute(
            "INSERT INTO journal.source VALUES (%s, %s, %s, %s) ON CONFLICT (svc) DO UPDATE"
            " SET epoch = excluded.epoch, position = excluded.position, last = excluded.last",
            (self._producer, last.epoch, last.storeseq, self._last),
        )


def _source(connection: Rows, producer: str) -> dict[str, Any] | None:
    return connection.execute("SELECT * FROM journal.source WHERE svc = %s", (producer,)).fetchone()
