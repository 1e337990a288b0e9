"""Parked messages: what an operator sees of them, and trying them again."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventstore.facts import Position
from eventstore.inbox import Message, topic_of
from eventstore.store import Store

log = logging.getLogger(__name__)

WAITING = (
    "SELECT producer || ':' || epoch || ':' || store_seq AS id, producer, epoch, store_seq, subject, message,"
    " message ->> 'type' AS type, cause, parked_at FROM ledger.parked"
    " WHERE replayed_at IS NULL ORDER BY producer, epoch, store_seq"
)


class Parked:
    """The messages that a service could not handle; `parse` makes a message of its stored JSON, as for the Inbox."""

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, Callable[[Any, Position], None]],
        parse: Callable[[dict[str, Any]], Message],
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._parse = parse

    def list(self) -> Sequence[dict[str, Any]]:
        """List those that wait, in their order, without their content."""
        return [{name: row[name] for name in row if name != "message"} for row in self._waiting()]

    def replay(self, ids: Sequence[str] = ()) -> int:
        """Handle those named, or all, again; return how many succeeded.

        A message stays, untried, while an earlier one about the same subject stays.
        """
        held: set[tuple[str, str]] = set()
        done = 0
        for row in self._waiting():
            place = (row["producer"], row["subject"])
            if place not in held and (not ids or row["id"] in ids) and self._again(row):
                done += 1
            else:
                held.add(place)
        return done

    def _again(self, row: dict[str, Any]) -> bool:
        position = Position(row["producer"], row["epoch"], row["store_seq"], parked=True)
        try:
            message = self._parse(row["message"])
            handler = self._handlers.get(topic_of(message.type))
            if handler is not None:
                handler(message, position)
        except Exception:
            log.exception("parked-message-failed-again", extra={"message_id": row["id"]})
            return False
        self._done(position)
        return True

    def _waiting(self) -> Sequence[dict[str, Any]]:
        with self._store.connection() as connection:
            return connection.execute(WAITING).fetchall()

    def _done(self, position: Position) -> None:
        """Mark one that a handler settled without saving anything."""
        with self._store.connection() as connection:
            connection.execute(
                "UPDATE ledger.parked SET replayed_at = clock_timestamp()"
                " WHERE producer = %s AND epoch = %s AND store_seq = %s AND replayed_at IS NULL",
                (position.producer, position.epoch, position.store_seq),
            )
