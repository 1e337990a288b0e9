"""The inbox: messages of other services take effect once, in order, or are parked where an operator sees them."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Protocol

from psycopg.types.json import Jsonb

from eventstore.errors import AWAY, AlreadyReceived, Changed
from eventstore.facts import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventstore.store import Store

log = logging.getLogger(__name__)

TRY_AGAIN = 503  # the status of a refusal that says: another system is away
CAUSE_LENGTH = 200


class Message(Protocol):
    """What the inbox needs to know of an envelope."""

    @property
    def producer(self) -> str:
        """The service whose event this is."""

    @property
    def epoch(self) -> int:
        """The life of the producer's store."""

    @property
    def storeseq(self) -> int:
        """The event's number in the producer's store."""

    @property
    def type(self) -> str:
        """Topic and version, such as vault.document-stored.v1."""

    @property
    def subject(self) -> str:
        """The aggregate that the event is about."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the whole message as JSON values."""


class Inbox:
    """Gives each message to the handler of its topic; `handlers` maps "vault.document-stored" to a function.

    A handler saves with `position=position`, or saves nothing. What fails because something is away, or because of
    a concurrent change, is raised for the caller to retry; anything else is parked with all later messages about the
    same subject, and the others go on.
    """

    def __init__(self, store: Store, handlers: Mapping[str, Callable[[Any, Position], None]]) -> None:
        self._store = store
        self._handlers = handlers

    def position(self, producer: str) -> Position | None:
        """Return how far a producer's events were taken in; None at first."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT epoch, store_seq FROM ledger.inbox WHERE producer = %s", (producer,)
            ).fetchone()
        return Position(producer, row["epoch"], row["store_seq"]) if row else None

    def parked(self, producer: str) -> int:
        """Return how many messages of a producer were set aside and wait for a person."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT count(*) AS waiting FROM ledger.parked WHERE producer = %s AND replayed_at IS NULL", (producer,)
            ).fetchone()
        return int(row["waiting"]) if row else 0

    def receive(self, messages: Sequence[Message]) -> None:
        """Take in messages of one producer, in order; those already received do nothing."""
        last: Message | None = None
        for message in messages:
            last = message
            handler = self._handlers.get(topic_of(message.type))
            if handler is not None:
                self._handle(handler, message)
        if last is not None:
            self._advance(_position(last))

    def _handle(self, handler: Callable[[Any, Position], None], message: Message) -> None:
        position = _position(message)
        known = self.position(message.producer)
        if known and (known.epoch, known.store_seq) >= (position.epoch, position.store_seq):
            return
        if self._is_parked(message):
            self._park(message, "behind a parked message about the same subject")
            return
        sys.audit("scelle.crashpoint", "eventstore.before-effect")
        try:
            handler(message, position)
        except AlreadyReceived:
            return
        except Exception as error:
            if _passes(error):
                raise
            log.exception("message-parked", extra={"message_id": position.cause})
            self._park(message, f"{type(error).__name__}: {error}"[:CAUSE_LENGTH])
        else:
            self._advance(position)

    def _advance(self, position: Position) -> None:
        with self._store.connection() as connection:
            connection.execute(
                "INSERT INTO ledger.inbox AS known VALUES (%s, %s, %s)"
                " ON CONFLICT (producer) DO UPDATE SET epoch = excluded.epoch, store_seq = excluded.store_seq"
                " WHERE (known.epoch, known.store_seq) < (excluded.epoch, excluded.store_seq)",
                (position.producer, position.epoch, position.store_seq),
            )

    def _is_parked(self, message: Message) -> bool:
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT 1 FROM ledger.parked WHERE producer = %s AND subject = %s AND replayed_at IS NULL LIMIT 1",
                (message.producer, message.subject),
            ).fetchone()
        return row is not None

    def _park(self, message: Message, cause: str) -> None:
        position = _position(message)
        with self._store.connection() as connection, connection.transaction():
            connection.execute(
                "INSERT INTO ledger.parked (producer, epoch, store_seq, subject, message, cause)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (
                    position.producer,
                    position.epoch,
                    position.store_seq,
                    message.subject,
                    Jsonb(message.model_dump(mode="json")),
                    cause,
                ),
            )
            self._advance(position)


def topic_of(event_type: str) -> str:
    """Drop the version of a published type: dossier.document-refused.v1 → dossier.document-refused."""
    topic, _, version = event_type.rpartition(".")
    return topic if version[:1] == "v" and version[1:].isdigit() else event_type


def _position(message: Message) -> Position:
    return Position(message.producer, message.epoch, message.storeseq)


def _passes(error: Exception) -> bool:
    """Tell whether waiting may mend it."""
    return isinstance(error, (*AWAY, Changed)) or getattr(error, "status", None) == TRY_AGAIN
