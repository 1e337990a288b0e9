"""The event store of a service: aggregates out, events in, everything that belongs together in one transaction."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from cryptography.exceptions import InvalidTag
from eventsourcing.application import AggregateNotFoundError, Repository
from eventsourcing.persistence import EventStore, StoredEvent
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.utils import strtobool
from proof.entry import Document, Fields, commitment, digest_commitment, fragments, instant, state_hash
from psycopg.conninfo import conninfo_to_dict

from eventstore.bulk import stretches
from eventstore.errors import Missing, Unreadable, UnsafeConfiguration, WrongMasterKey
from eventstore.facts import Held, Recorded
from eventstore.keys import SubjectKeys
from eventstore.mapper import SealedEvent, SealingMapper, json_transcoder
from eventstore.recorder import Append, LedgerRecorder
from eventstore.state import Past, intact_event, states_at
from eventstore.upcasts import code_of, current_version

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from uuid import UUID

    from eventsourcing.domain import Aggregate, DomainEventProtocol
    from proof.entry import Fragments
    from psycopg import Connection

    from eventstore.facts import Facts, Origin, Position
    from eventstore.key_service import KeyService
    from eventstore.projection import Projection
    from eventstore.state import StateAt
    from eventstore.upcasts import Code

A = TypeVar("A", bound="Aggregate")
T = TypeVar("T")

POOL_SIZE = 16  # connections; the HTTP threads of one process are about as many
LOCK_TIMEOUT = "2s"


class Store:
    """Load aggregates, save their new events with proof entries, read-model rows, command and position.

    `facts(event, aggregate)` tells where an event belongs. Raises UnsafeConfiguration when the environment asks the
    library for its server functions, which lose events to tailing readers.
    """

    def __init__(
        self,
        service: str,
        dsn: str,
        *,
        projection: Projection,
        keys: KeyService,
        facts: Callable[[Any, Any], Facts],
    ) -> None:
        _refuse_unsafe(os.environ)
        self.service = service
        self.projection = projection
        self._facts = facts
        self._datastore = open_datastore(dsn)
        self.key_service = keys
        self.keys = SubjectKeys(service, self._datastore, keys)
        self._mapper = SealingMapper(service, json_transcoder(), self.keys)
        self._recorder = LedgerRecorder(self._datastore, events_table_name="stored_events")
        self._repository: Repository[UUID] = Repository(EventStore(self._mapper, self._recorder))

    def close(self) -> None:
        """Close the connections."""
        self._datastore.close()

    def get(self, aggregate_class: type[A], aggregate_id: UUID) -> A:
        """Load an aggregate from its events. Raises Missing if there is none of this class."""
        try:
            aggregate: Any = self._repository.get(aggregate_id)
        except AggregateNotFoundError:
            raise Missing from None
        if not isinstance(aggregate, aggregate_class):
            raise Missing
        return aggregate

    def save(self, *aggregates: Aggregate, actor: Origin, outcome: Any = None, position: Position | None = None) -> Any:
        """Record the new events of some aggregates, and what commits with them; return the outcome.

        The outcome is what a repeated command answers: JSON or None. Raises Changed, AlreadyDone, AlreadyReceived,
        UniqueViolation, SubjectErased; nothing is recorded then.
        """
        batch = Append(actor=actor.person_id, command=actor.command, outcome=outcome, position=position)
        events: list[DomainEventProtocol[UUID]] = []
        for aggregate in aggregates:
            for event in aggregate.collect_events():
                facts = self._facts(event, aggregate)
                sealed = self._mapper.seal(event)
                batch.events.append(sealed.stored)
                batch.offices.append(facts.office)
                batch.fragments.append(self._entry(event, sealed, facts, actor, position))
                events.append(event)
        batch.rows = self.projection.rows_of(events).operations()
        self._recorder.append(batch)
        return outcome

    def first_outcome(self, actor_id: UUID, key: str) -> tuple[bytes, Any] | None:
        """Return (fingerprint, outcome) of a command that was carried out, or None."""
        return self._recorder.first_outcome(actor_id, key)

    @contextmanager
    def connection(self) -> Iterator[Connection[dict[str, Any]]]:
        """Borrow a connection (autocommit, rows as dictionaries) for a query."""
        with self._datastore.pool.connection() as connection:
            yield connection

    def epoch(self) -> int:
        """Return the number of this store's life; it grows when the store was set back to an earlier state."""
        with self.connection() as connection:
            row = connection.execute("SELECT epoch FROM ledger.counter").fetchone()
        return int(row["epoch"]) if row else 1

    def read(self, after: int, limit: int) -> list[Recorded]:
        """Read events with their entries, in the order of store_seq, without any key."""
        with self.connection() as connection:
            rows = self._recorder.page(connection, after, limit)
        return [self._recorded(row) for row in rows]

    def state_at(self, aggregate_id: UUID, store_seq: int) -> StateAt | None:
        """Tell what an aggregate was once event `store_seq` of this store was recorded; no snapshot is looked at.

        None if nothing of it existed then, or if that number is still to come: an answer changes only by an erasure.
        Raises Unreadable if an event it needs is not what was recorded.
        """
        return next(states_at(self._history(aggregate_id, store_seq), [store_seq], self._domain_event))

    def past(self, aggregate_id: UUID, numbers: Sequence[int]) -> Past:
        """Return the rows of an aggregate up to the last of some rising numbers, and what it was at each of these.

        The events are read and replayed once. A state is None as for `state_at`; the first that needs an event which
        is not what was recorded ends the states.
        """
        rows = self._history(aggregate_id, numbers[-1])
        states: list[StateAt | None] = []
        with suppress(Unreadable):
            states.extend(states_at(rows, numbers, self._domain_event))
        return Past([Held(**_raw(row)) for row in rows], states)

    def domain_events(self, connection: Connection[Any], after: int, limit: int) -> list[tuple[int, Any]]:
        """Read (store_seq, event) with personal fields opened, for rebuilding."""
        rows = self._recorder.page(connection, after, limit)
        return [(row["notification_id"], self._domain_event(row)) for row in rows]

    def intact_events(self, connection: Connection[Any], after: int, limit: int) -> list[tuple[int, Any]]:
        """Do as `domain_events`, but raise Unreadable for an event that is not what was recorded."""
        rows = self._recorder.page(connection, after, limit)
        return [(row["notification_id"], intact_event(row, self._domain_event)) for row in rows]

    def held(self, after: int, limit: int) -> list[Held]:
        """Read rows as they are, in the order of store_seq, whatever they hold."""
        with self.connection() as connection:
            return [Held(**_raw(row)) for row in self._recorder.page(connection, after, limit)]

    def bulk(self, after: int, until: int, length: int) -> Generator[tuple[bytes, ...]]:
        """Read the rows `after` + 1 to `until` as they are, `length` numbers at a time (`bulk.stretches`)."""
        with self.connection() as connection:
            yield from stretches(connection, after, until, length)

    def opening(self, store_seq: int) -> tuple[bytes, bytes] | None:
        """Open the commitment of one event: (canonical payload, salt).

        None if it is unknown, if its person was erased, or if its bytes are not what was stored.
        """
        return self._told(store_seq, self._mapper.opening)

    def upcast(self, store_seq: int) -> bytes | None:
        """Return what the code of today makes of the canonical payload of an event, if that is not what was stored.

        None for an event of the version of today, and where `opening` gives None.
        """
        return self._told(store_seq, self._mapper.upcast)

    def code(self) -> Code:
        """Return which code reads this store, and by which rules it reads events of earlier versions."""
        return code_of(self.service)

    def ready(self) -> bool:
        """Tell whether the write path answers."""
        try:
            self.epoch()
        except psycopg.Error:
            return False
        return True

    def _history(self, aggregate_id: UUID, store_seq: int) -> list[dict[str, Any]]:
        with self.connection() as connection:
            return self._recorder.history(connection, aggregate_id, store_seq)

    def _told(self, store_seq: int, tell: Callable[[StoredEvent], T | None]) -> T | None:
        """Return what `tell` makes of one event; None if it is unknown, or not what was stored."""
        with self.connection() as connection:
            rows = self._recorder.page(connection, store_seq - 1, 1)
        if not rows or rows[0]["notification_id"] != store_seq:
            return None
        try:
            return tell(_stored(rows[0]))
        except (InvalidTag, WrongMasterKey, ValueError, TypeError, LookupError):
            return None

    def _domain_event(self, row: Mapping[str, Any]) -> Any:
        return self._mapper.to_domain_event(_stored(row))

    def _recorded(self, row: dict[str, Any]) -> Recorded:
        stored = _stored(row)
        plain, class_version = self._mapper.plain(stored)
        return Recorded(**_raw(row), epoch=row["epoch"], class_version=class_version, plain=plain)

    def _entry(
        self, event: Any, sealed: SealedEvent, facts: Facts, actor: Origin, position: Position | None
    ) -> Fragments:
        docs = tuple(
            Document(
                ref=doc.ref,
                ver=doc.ver,
                size=doc.size,
                digest_c=digest_commitment(sealed.salt, doc.sha256),
                ct_h=doc.ct_h,
            )
            for doc in facts.docs
        )
        return fragments(
            Fields(
                svc=self.service,
                agg=str(event.originator_id),
                agg_ver=event.originator_version,
                type=sealed.stored.topic,
                schema=current_version(type(event)),
                occurred_at=instant(event.timestamp),
                payload_c=commitment(sealed.salt, sealed.payload),
                state_h=state_hash(sealed.stored.state),
                actor_kind=actor.kind,
                actor=_text(actor.person_id),
                office=_text(facts.office),
                dossier=_text(facts.dossier),
                corr=actor.correlation_id or None,
                cause=position.cause if position else None,
                trace=actor.trace,
                docs=docs,
            )
        )


def open_datastore(dsn: str) -> PostgresDatastore:
    """Open the library's connection pool on a PostgreSQL URL or conninfo."""
    info = conninfo_to_dict(dsn)
    datastore = PostgresDatastore(
        dbname=str(info.get("dbname", "")),
        host=str(info.get("host", "")),
        port=str(info.get("port", "5432")),
        user=str(info.get("user", "")),
        password=str(info.get("password", "")),
        pool_size=1,
        max_overflow=POOL_SIZE - 1,
        schema="ledger",
        connect_timeout=10.0,
    )
    configure = datastore.after_connect_func()

    def with_lock_timeout(connection: Connection[Any]) -> None:
        configure(connection)
        connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")  # a stuck writer must not hang all others

    datastore.pool._configure = with_lock_timeout  # noqa: SLF001 - the library offers no option for it
    datastore.pool.open()
    return datastore


def _refuse_unsafe(environment: Any) -> None:
    for name, value in environment.items():
        if name.endswith("POSTGRES_ENABLE_DB_FUNCTIONS") and strtobool(value or "no"):
            message = f"{name} is on: it loses events to readers; remove it from the environment"
            raise UnsafeConfiguration(message)


def _raw(row: dict[str, Any]) -> dict[str, Any]:
    same = ("topic", "originator_id", "originator_version")
    return {
        "store_seq": row["notification_id"],
        **{name: row[name] for name in same},
        "entry": bytes(row["entry"]),
        "state": bytes(row["state"]),
    }


def _stored(row: Mapping[str, Any]) -> StoredEvent:
    return StoredEvent(row["originator_id"], row["originator_version"], row["topic"], bytes(row["state"]))


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
