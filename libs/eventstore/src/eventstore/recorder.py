"""The recorder: one server function, one round trip, one transaction for an append and all that belongs to it."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
from eventsourcing.persistence import ProgrammingError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg_pool import PoolTimeout

from eventstore.errors import AlreadyDone, AlreadyReceived, Changed, UniqueViolation
from eventstore.projection import json_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from proof.entry import Fragments
    from psycopg import Connection

    from eventstore.facts import Command, Position

APPEND = "SELECT ledger.append(%s::jsonb) AS first_seq"
ALREADY_RECEIVED = "SC001"
ATTEMPTS = 3
WAITED_ENOUGH = (psycopg.errors.LockNotAvailable, PoolTimeout)
"""Nothing was recorded, and whoever asked has waited for seconds: they are told to come back, not made to wait on."""


@dataclass
class Append:
    """What one transaction records."""

    events: list[StoredEvent] = field(default_factory=list)
    offices: list[UUID | None] = field(default_factory=list)
    fragments: list[Fragments] = field(default_factory=list)
    actor: UUID | None = None
    command: Command | None = None
    outcome: Any = None
    position: Position | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> str:
        """Return the argument of the server function."""
        batch: dict[str, Any] = {"events": list(map(_event, self.events, self.offices, self.fragments))}
        if self.command:
            batch["command"] = {
                "actor": self.actor,
                "key": self.command.key,
                "fingerprint": _base64(self.command.fingerprint),
            }
            if self.outcome is not None:
                batch["command"]["outcome"] = self.outcome
        if self.position:
            batch["position"] = asdict(self.position)
        if self.rows:
            batch["rows"] = self.rows
        return json.dumps(batch, default=json_value)


def _event(stored: StoredEvent, office: UUID | None, parts: Fragments) -> dict[str, Any]:
    return {
        "id": stored.originator_id,
        "version": stored.originator_version,
        "topic": stored.topic,
        "state": _base64(stored.state),
        "office": office,
        "head": parts.head,
        "middle": parts.middle,
        "after": parts.after_recorded,
        "tail": parts.tail,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class LedgerRecorder(PostgresApplicationRecorder):
    """Reads as the library does; writes only through `append`."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_kwargs: Any) -> NoReturn:
        """Refuse: an event is never recorded without its proof entry."""
        message = f"{len(stored_events)} events were to be recorded without their proof entries"
        raise ProgrammingError(message)

    def append(self, batch: Append) -> int:
        """Record everything or nothing; return the first store_seq.

        A lost connection is retried; if the first try had in fact committed, that is found out and is a success.
        Raises Changed, AlreadyDone, AlreadyReceived, UniqueViolation; psycopg.OperationalError when the server is away
        or somebody holds its locks.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._append_once(batch)
            except WAITED_ENOUGH:
                raise
            except psycopg.OperationalError:
                if attempt == ATTEMPTS - 1:
                    raise
            except psycopg.errors.UniqueViolation as error:
                committed = self._committed_before(batch) if attempt else None
                if committed is not None:
                    return committed
                self._refuse(error, batch)
            except psycopg.Error as error:
                if error.sqlstate == ALREADY_RECEIVED:
                    raise AlreadyReceived from error
                raise
        raise AssertionError  # the loop returns or raises

    def _append_once(self, batch: Append) -> int:
        sys.audit("scelle.crashpoint", "eventstore.before-append")
        with self.datastore.pool.connection() as connection:
            row = connection.execute(APPEND, (batch.as_json(),), prepare=True).fetchone()
        sys.audit("scelle.crashpoint", "eventstore.after-commit")
        return int(row["first_seq"]) if row else 0

    def _refuse(self, error: psycopg.errors.UniqueViolation, batch: Append) -> NoReturn:
        constraint = error.diag.constraint_name or ""
        if constraint == "command_pkey" and batch.command and batch.actor:
            first = self.first_outcome(batch.actor, batch.command.key)
            if first is not None:
                raise AlreadyDone(*first) from error
        if constraint == "stored_events_pkey":
            raise Changed from error
        raise UniqueViolation(constraint) from error

    def _committed_before(self, batch: Append) -> int | None:
        """Find this very append in the store: states hold random salts, so equal bytes are the same event."""
        if not batch.events:
            return None
        first = batch.events[0]
        with self.datastore.pool.connection() as connection:
            row = connection.execute(
                "SELECT state, notification_id FROM ledger.stored_events"
                " WHERE originator_id = %s AND originator_version = %s",
                (first.originator_id, first.originator_version),
            ).fetchone()
        return int(row["notification_id"]) if row and bytes(row["state"]) == first.state else None

    def first_outcome(self, actor: UUID, key: str) -> tuple[bytes, Any] | None:
        """Return (fingerprint, outcome) of a command that was carried out, or None."""
        with self.datastore.pool.connection() as connection:
            row = connection.execute(
                "SELECT fingerprint, outcome FROM ledger.command WHERE actor = %s AND key = %s", (actor, key)
            ).fetchone()
        return (bytes(row["fingerprint"]), row["outcome"]) if row else None

    def page(self, connection: Connection[Any], after: int, limit: int) -> list[dict[str, Any]]:
        """Read events and entries in the order of store_seq."""
        return connection.execute(
            "SELECT event.*, counter.epoch FROM ledger.stored_events AS event CROSS JOIN ledger.counter AS counter"
            " WHERE event.notification_id > %s ORDER BY event.notification_id LIMIT %s",
            (after, limit),
            prepare=True,
        ).fetchall()

    def history(self, connection: Connection[Any], aggregate_id: UUID, store_seq: int) -> list[dict[str, Any]]:
        """Read the events of one aggregate up to a number, in its order; `reached` is the last number of the store."""
        return connection.execute(
            "SELECT event.*, counter.store_seq AS reached"
            " FROM ledger.stored_events AS event CROSS JOIN ledger.counter AS counter"
            " WHERE event.originator_id = %s AND event.notification_id <= %s ORDER BY event.originator_version",
            (aggregate_id, store_seq),
            prepare=True,
        ).fetchall()
