"""Put what older versions of the master key wrapped under the newest, while the service serves.

Small transactions, each of which compares what it replaces: a key that is destroyed meanwhile stays destroyed, a crash
in the middle leaves every key under one version or the other, and a second run goes on where the first ended.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import sql

from eventstore.errors import WrongMasterKey
from eventstore.key_service import Wrapped, settled
from eventstore.keys import subject_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from psycopg import Connection

    from eventstore.key_service import KeyService
    from eventstore.store import Store

BATCH = 200  # keys of one transaction
_Row = dict[str, Any]


@dataclass(frozen=True)
class KeyTable:
    """A table of keys that the key service wrapped, in its column `wrapped`; NULL once a key is destroyed."""

    schema: str
    name: str
    key: tuple[str, ...]
    """The columns of its primary key."""
    context: Callable[[Mapping[str, Any]], bytes]
    """What the wrapped key of a row is bound to."""

    def __str__(self) -> str:
        """Name the table."""
        return f"{self.schema}.{self.name}"

    def place(self, row: Mapping[str, Any]) -> str:
        """Name a row."""
        return f"{self} {' '.join(str(row[name]) for name in self.key)}"


@dataclass
class KeyReport:
    """What the versions of the master key wrap, and what a run of rewrapping did."""

    versions: list[int]
    """Those that unwrap, oldest first; the last one wraps."""
    wrapped: Counter[int] = field(default_factory=Counter)
    """How many keys each version wraps."""
    rewrapped: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Where the keys are that no version at hand opens."""

    @property
    def unused(self) -> list[int]:
        """The versions that wrap nothing any more and can be destroyed."""
        return [version for version in self.versions[:-1] if not self.wrapped[version]]

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "newest": self.versions[-1],
            "versions": self.versions,
            "wrapped": {str(version): self.wrapped[version] for version in sorted(self.wrapped)},
            "unused": self.unused,
            "rewrapped": self.rewrapped,
            "unreadable": self.unreadable,
        }


def subject_keys(service: str) -> KeyTable:
    """Return the table of the keys of persons, which every event store has."""
    return KeyTable("ledger", "subject_key", ("subject",), lambda row: subject_context(service, row["subject"]))


def report(store: Store, keys: KeyService, tables: Sequence[KeyTable]) -> KeyReport:
    """Count what each version wraps, once everything that is being wrapped now is stored."""
    with store.connection() as connection, connection.transaction():
        settled(connection)
    found = KeyReport(keys.versions())
    for table in tables:
        for rows in _batches(store, table):
            for row in rows:
                _count(found, keys, table, row)
    return found


def rewrap(
    store: Store, keys: KeyService, tables: Sequence[KeyTable], progress: Callable[[str], None] = lambda _: None
) -> KeyReport:
    """Put every key under the newest version; return what the versions wrap then.

    A key that no version opens is left as it is and named in the report. Raises KeyServiceAway; what was rewrapped
    until then stays so.
    """
    with store.connection() as connection, connection.transaction():
        settled(connection)
    done, left = 0, list[str]()
    for table in tables:
        for rows in _batches(store, table):
            replaced, unreadable = _rewrap_batch(store, keys, table, rows)
            done, left = done + replaced, left + unreadable
            progress(f"{table}: {done} keys rewrapped")
    found = report(store, keys, tables)
    found.rewrapped = done
    found.unreadable = sorted({*found.unreadable, *left})
    return found


def keys_command(store: Store, act: str, tables: Sequence[KeyTable] = ()) -> int:
    """Carry out the verb `keys` of a service, `status` or `rewrap`; print the report as one line of JSON.

    `tables` are those of the service itself, beside the keys of persons. Closes the store. Returns the exit status: 0,
    or 1 if there are keys that no version opens.
    """
    every = (subject_keys(store.service), *tables)
    with closing(store):
        found = (
            rewrap(store, store.key_service, every, _say)
            if act == "rewrap"
            else report(store, store.key_service, every)
        )
    sys.stdout.write(json.dumps(found.as_json()) + "\n")
    return int(bool(found.unreadable))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _batches(store: Store, table: KeyTable) -> Iterator[list[_Row]]:
    """Read the rows that hold a key, some at a time, each batch in a statement of its own."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
    query = sql.SQL(
        "SELECT {columns}, wrapped FROM {table}"
        " WHERE wrapped IS NOT NULL AND ({everything} OR ({columns}) > ({places})) ORDER BY {columns} LIMIT {limit}"
    )
    last: list[Any] | None = None
    while True:
        built = query.format(
            columns=columns,
            table=sql.Identifier(table.schema, table.name),
            everything=sql.Literal(last is None),
            places=sql.SQL(", ").join(map(sql.Literal, last or [None] * len(table.key))),
            limit=sql.Literal(BATCH),
        )
        with store.connection() as connection:
            rows = connection.execute(built).fetchall()
        if not rows:
            return
        last = [rows[-1][name] for name in table.key]
        yield rows


def _count(found: KeyReport, keys: KeyService, table: KeyTable, row: _Row) -> None:
    try:
        version = keys.version(bytes(row["wrapped"]))
    except WrongMasterKey:
        found.unreadable.append(table.place(row))
        return
    found.wrapped[version] += 1
    if version not in found.versions:
        found.unreadable.append(table.place(row))


def _rewrap_batch(store: Store, keys: KeyService, table: KeyTable, rows: Sequence[_Row]) -> tuple[int, list[str]]:
    """Return how many keys were put under the newest version, and which do not open."""
    newest = keys.versions()[-1]
    old = [row for row in rows if _is_older(keys, bytes(row["wrapped"]), newest)]
    if not old:
        return 0, []
    pairs = list(zip(old, _rewrapped(keys, [_wrapped(table, row) for row in old]), strict=True))
    with store.connection() as connection, connection.transaction():
        done = sum(_replace(connection, table, row, new) for row, new in pairs if new is not None)
        sys.audit("scelle.crashpoint", "eventstore.key-rewrapped")
    sys.audit("scelle.crashpoint", "eventstore.rewrapped")
    return done, [table.place(row) for row, new in pairs if new is None]


def _is_older(keys: KeyService, wrapped: bytes, newest: int) -> bool:
    try:
        return keys.version(wrapped) != newest
    except WrongMasterKey:
        return False


def _wrapped(table: KeyTable, row: _Row) -> Wrapped:
    return Wrapped(bytes(row["wrapped"]), table.context(row))


def _rewrapped(keys: KeyService, items: list[Wrapped]) -> list[bytes | None]:
    """Rewrap together; one by one where one of them does not open, which then is None."""
    try:
        return [*keys.rewrap(items)]
    except WrongMasterKey:
        if len(items) == 1:
            return [None]
    return [new for item in items for new in _rewrapped(keys, [item])]


def _replace(connection: Connection[Any], table: KeyTable, row: _Row, new: bytes) -> int:
    """Put the new wrapping in the place of the old one, unless somebody destroyed or replaced the key meanwhile."""
    same = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(row[name])) for name in table.key
    )
    statement = sql.SQL("UPDATE {table} SET wrapped = {new} WHERE {same} AND wrapped = {old}").format(
        table=sql.Identifier(table.schema, table.name),
        new=sql.Literal(new),
        same=same,
        old=sql.Literal(bytes(row["wrapped"])),
    )
    return connection.execute(statement).rowcount
