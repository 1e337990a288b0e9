"""Taking entries in: each service's in its own order, once, into one tree.

The bytes that a service published for a number are the bytes for ever. Other bytes for a known number, or an entry that
does not continue its office or its aggregate, raise an alarm, and nothing more is taken from that service until a
person has looked.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.telemetry import telling_of
from contracts import Envelope
from proof.canonical import NotCanonical
from proof.entry import Entry, EntryInvalid

from journal.log.alarms import raise_alarm
from journal.log.appender import Appender, Row
from journal.log.database import Database, Rows
from journal.log.erasures import note_erasure
from journal.log.heads import CLOSING, append_head
from journal.log.records import LogBehind

COMPLETED = "dossier.dossier-completed"
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

    def __init__(self, database: Database, caught_up: Callable[[], bool] = lambda: True) -> None:
        """`caught_up` tells whether the log here holds all that was published: what is added earlier would fork it."""
        self._database = database
        self._caught_up = caught_up

    def position(self, producer: str) -> Reached | None:
        """Return how far this producer's entries were taken in; None before the first."""
        with self._database.transaction() as connection:
            row = _source(connection, producer)
        return Reached(row["epoch"], row["position"]) if row else None

    def receive(self, messages: Sequence[Envelope]) -> None:
        """Append the messages of one producer that the log does not hold yet; all of them or none.

        Raises SourceStopped after an alarm, HoleLeft and LogBehind; all leave the log as it was.
        """
        if not self._caught_up():
            raise LogBehind
        facts = {"scelle.first": messages[0].id, "scelle.last": messages[-1].id}
        with telling_of("append leaves", (message.traceparent for message in messages), facts):
            self._take(messages)
        sys.audit("scelle.crashpoint", "journal.after-leaf-commit")

    def _take(self, messages: Sequence[Envelope]) -> None:
        try:
            with self._database.transaction() as connection:
                _Batch(connection, messages[0].producer).take(messages)
        except _Alarm as alarm:
            self._raise(alarm)
            raise SourceStopped(alarm.cause) from None

    def _raise(self, alarm: _Alarm) -> None:
        message = alarm.message
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO journal.source AS known VALUES (%s, %s, 0, 0, true)"
                " ON CONFLICT (svc) DO UPDATE SET stopped = true",
                (message.producer, message.epoch),
            )
        received = message.proofentry.encode()
        raise_alarm(self._database, alarm.cause, message.storeseq, received, message.producer)


class _Batch:
    """One transaction's worth of entries of one service, with the records that they give rise to."""

    def __init__(self, connection: Rows, producer: str) -> None:
        self._appender = Appender(connection)
        self._connection = connection
        self._producer = producer
        source = _source(connection, producer)
        if source and source["stopped"]:
            raise SourceStopped(producer)
        self._last = source["last"] if source else 0
        self._taken: dict[int, bytes] = {}
        self._versions: dict[str, int] = {}
        self._consequences: list[tuple[Entry, Envelope]] = []
        self._again: list[tuple[Entry, Envelope]] = []

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
        self._appender.flush()
        self._reach(messages[-1])
        # What is known may come again because the tables beside the log were lost; the records made of it were not.
        for entry, message in self._again:
            self._note(entry, message)
        for entry, message in self._consequences:
            self._note(entry, message)
            if entry.type == COMPLETED and entry.office and entry.dossier:
                append_head(self._appender, CLOSING, UUID(entry.office), UUID(entry.dossier))

    def _compare(self, message: Envelope) -> None:
        """Refuse other bytes for a number that the log, or this batch, already holds."""
        held = self._taken.get(message.storeseq)
        if held is None:
            row = self._connection.execute(
                "SELECT entry FROM journal.entry WHERE svc = %s AND store_seq = %s", (self._producer, message.storeseq)
            ).fetchone()
            held = bytes(row["entry"]) if row else None
        if held != message.proofentry.encode():
            raise _Alarm(REWRITTEN, message)
        self._again.append((Entry.parse(held), message))

    def _append(self, message: Envelope) -> None:
        data = message.proofentry.encode()
        try:
            entry = Entry.parse(data)
        except (NotCanonical, EntryInvalid):
            raise _Alarm(UNREADABLE, message) from None
        if (entry.svc, entry.store_seq) != (self._producer, message.storeseq):
            raise _Alarm(UNREADABLE, message)
        self._follow(entry, message)
        self._appender.add(Row.of_event(entry, data))
        self._last = entry.store_seq
        self._taken[entry.store_seq] = data
        self._consequences.append((entry, message))

    def _follow(self, entry: Entry, message: Envelope) -> None:
        """Check that the entry continues its aggregate and its office."""
        if entry.agg_ver != self._version(entry.agg) + 1:
            raise _Alarm(BROKEN_AGGREGATE, message)
        self._versions[entry.agg] = entry.agg_ver
        if entry.office is not None:
            number, digest = self._appender.chain(self._producer, entry.office)
            if entry.office_seq != number + 1 or entry.office_prev != digest:
                raise _Alarm(BROKEN_OFFICE, message)

    def _note(self, entry: Entry, message: Envelope) -> None:
        try:
            note_erasure(self._appender, entry, message)
        except (KeyError, TypeError, ValueError):
            raise _Alarm(UNREADABLE, message) from None

    def _version(self, agg: str) -> int:
        if agg not in self._versions:
            row = self._connection.execute(
                "SELECT max(agg_ver) AS version FROM journal.entry WHERE agg = %s AND svc = %s", (agg, self._producer)
            ).fetchone()
            self._versions[agg] = (row and row["version"]) or 0
        return self._versions[agg]

    def _reach(self, last: Envelope) -> None:
        self._connection.execute(
            "INSERT INTO journal.source VALUES (%s, %s, %s, %s) ON CONFLICT (svc) DO UPDATE"
            " SET epoch = excluded.epoch, position = excluded.position, last = excluded.last",
            (self._producer, last.epoch, last.storeseq, self._last),
        )


def _source(connection: Rows, producer: str) -> dict[str, Any] | None:
    return connection.execute("SELECT * FROM journal.source WHERE svc = %s", (producer,)).fetchone()
