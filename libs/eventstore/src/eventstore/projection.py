"""Read models: each event becomes row operations that commit with it, and that can be made again from the events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventsourcing.domain import DomainEventProtocol

E = TypeVar("E")


class Rows:
    """Row operations on the tables of the schema `read`; every table has a primary key `id uuid`.

    Values are what JSON holds, and UUID, datetime, date and bytes; lists fill array columns.
    """

    def __init__(self) -> None:
        self._operations: list[dict[str, Any]] = []

    def insert(self, table: str, **columns: Any) -> None:
        """Add a row. A unique constraint that is violated refuses the whole save (UniqueViolation)."""
        self._add(_insert(table, tuple(columns)), columns)

    def update(self, table: str, row_id: UUID, **columns: Any) -> None:
        """Change columns of one row; nothing happens if there is no such row."""
        self._add(_update(table, tuple(columns)), {**columns, "id": row_id})

    def delete(self, table: str, row_id: UUID) -> None:
        """Remove one row; nothing happens if there is no such row."""
        self._add(_delete(table), {"id": row_id})

    def _add(self, sql: str, row: dict[str, Any]) -> None:
        self._operations.append({"sql": sql, "row": row})

    def __len__(self) -> int:
        return len(self._operations)

    def operations(self) -> list[dict[str, Any]]:
        """Return the operations for `ledger.apply_rows`; encode them with `json_value`."""
        return self._operations


class Projection:
    """A dictionary from event class to the function that turns it into row operations."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any, Rows], None]]] = {}

    def on(self, *event_classes: type[E]) -> Callable[[Callable[[E, Rows], None]], Callable[[E, Rows], None]]:
        """Register a function for events: ``@projection.on(DocumentRequest.Refused)``."""

        def register(function: Callable[[E, Rows], None]) -> Callable[[E, Rows], None]:
            for event_class in event_classes:
                self._handlers.setdefault(event_class, []).append(function)
            return function

        return register

    def rows_of(self, events: Sequence[DomainEventProtocol[UUID]]) -> Rows:
        """Collect the row operations of some events, in their order."""
        rows = Rows()
        for event in events:
            for handler in self._handlers.get(type(event), ()):
                handler(event, rows)
        return rows


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(map(_name, columns))
    return (
        f"INSERT INTO read.{_name(table)} ({names})"  # noqa: S608 - names are checked, values are bound
        f" SELECT {names} FROM jsonb_populate_record(NULL::read.{_name(table)}, $1)"
    )


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{_name(column)} = new.{_name(column)}" for column in columns)
    return (
        f"UPDATE read.{_name(table)} AS old SET {changes}"  # noqa: S608 - names are checked, values are bound
        f" FROM jsonb_populate_record(NULL::read.{_name(table)}, $1) AS new WHERE old.id = new.id"
    )


@cache
def _delete(table: str) -> str:
    return f"DELETE FROM read.{_name(table)} WHERE id = ($1 ->> 'id')::uuid"  # noqa: S608 - the name is checked


def _name(identifier: str) -> str:
    if not identifier.isidentifier() or not identifier.isascii() or identifier != identifier.lower():
        message = f"not a table or column name: {identifier!r}"
        raise ValueError(message)
    return f'"{identifier}"'


def json_value(value: Any) -> str:
    """Encode what JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    message = f"a row cannot hold {type(value).__name__}"
    raise TypeError(message)
