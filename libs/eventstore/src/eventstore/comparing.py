"""Drift: what a read model holds against what the events say it should hold, while the service goes on working."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

from eventstore.rebuilding import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection

    from eventstore.store import Store

SHOWN = 20  # rows named of each kind; all are counted
LIVE = "read_live"  # what the live schema is called inside the transaction, and nowhere else


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its primary key, and the columns that differ; values are not told, they may be personal."""

    id: str | None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows, and the first of them by id."""

    count: int = 0
    shown: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDrift:
    """How one table differs from what the events make of it."""

    table: str
    rows: int  # in the live table
    only_live: Found
    only_rebuilt: Found
    differ: Found

    def __bool__(self) -> bool:
        return any(found.count for found in (self.only_live, self.only_rebuilt, self.differ))

    def __str__(self) -> str:
        kinds = {"only live": self.only_live, "only rebuilt": self.only_rebuilt, "differ": self.differ}
        lines = [f"{self.table}: {self.rows} rows, " + ("drift" if self else "no drift")]
        for kind, found in kinds.items():
            lines += [f"  {kind}: {found.count}"] if found.count else []
            lines += [f"    {row.id} {', '.join(row.columns)}".rstrip() for row in found.shown]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Drift:
    """The read model against the events up to `store_seq`."""

    store_seq: int
    tables: tuple[TableDrift, ...]

    def __bool__(self) -> bool:
        return any(self.tables)

    def __str__(self) -> str:
        return "\n".join([f"events up to {self.store_seq}", *map(str, self.tables)])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"drift": bool(self), **asdict(self)}


def compare(store: Store, schema_sql: Path, progress: Callable[[int], None] | None = None) -> Drift:
    """Build the read model anew from the events, where only this call sees it, and compare it with the live one.

    All happens in one REPEATABLE READ transaction that is always rolled back. Its snapshot holds the live rows and the
    events they were committed with, so both sides stand at one store_seq while writers and readers go on unhindered.
    In it the live schema is renamed, and `schema_sql` and the projection fill another `read`; as nothing commits,
    nobody else ever sees that, and nothing is left behind, not even by a process that is killed.

    Keys of persons are read as they are now: an erasure under way may show as drift, which a second call settles.
    Raises Unreadable for an event that is not what was recorded, and what a projection raises.
    """
    with store.connection() as connection, connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SET LOCAL lock_timeout = 0")  # another comparison is waited for
        counter = connection.execute("SELECT store_seq FROM ledger.counter").fetchone()
        connection.execute(sql.SQL("ALTER SCHEMA read RENAME TO {}").format(sql.Identifier(LIVE)))
        connection.execute("CREATE SCHEMA read")
        connection.execute(schema_sql.read_text(encoding="utf-8").encode())
        fill(connection, store.projection, store.intact_events, progress)
        return Drift(counter["store_seq"] if counter else 0, tuple(_tables(connection)))


def _tables(connection: Connection[Any]) -> list[TableDrift]:
    known: dict[str, set[str]] = {LIVE: set(), "read": set()}
    for row in connection.execute("SELECT schemaname, tablename FROM pg_tables").fetchall():
        if row["schemaname"] in known:
            known[row["schemaname"]].add(row["tablename"])
    return [
        _table(connection, name, _source(LIVE, name, known), _source("read", name, known))
        for name in sorted(known[LIVE] | known["read"])
    ]


def _source(schema: str, table: str, known: dict[str, set[str]]) -> sql.Composable:
    """Select the rows of a table as JSON, so that columns and tables that one side lacks are drift and no error."""
    if table not in known[schema]:
        return sql.SQL("SELECT NULL::jsonb AS row WHERE false")
    return sql.SQL("SELECT to_jsonb(t) AS row FROM {} AS t").format(sql.Identifier(schema, table))


COMPARE: LiteralString = """
WITH live AS MATERIALIZED ({live}), rebuilt AS MATERIALIZED ({rebuilt}), pair AS (
    SELECT coalesce(live.row, rebuilt.row) ->> 'id' AS id, live.row AS live, rebuilt.row AS rebuilt,
        CASE WHEN rebuilt.row IS NULL THEN 'only_live' WHEN live.row IS NULL THEN 'only_rebuilt' ELSE 'differ' END
        AS kind
    FROM live FULL JOIN rebuilt ON live.row ->> 'id' = rebuilt.row ->> 'id'
    WHERE live.row IS DISTINCT FROM rebuilt.row
), numbered AS (
    SELECT *, count(*) OVER (PARTITION BY kind) AS count, row_number() OVER (PARTITION BY kind ORDER BY id) AS number
    FROM pair
)
SELECT kind, count, id, ARRAY(
    SELECT name FROM jsonb_object_keys(live || rebuilt) AS name
    WHERE live -> name IS DISTINCT FROM rebuilt -> name ORDER BY name
) AS columns
FROM numbered WHERE number <= {shown} ORDER BY kind, number
"""


def _table(connection: Connection[Any], name: str, live: sql.Composable, rebuilt: sql.Composable) -> TableDrift:
    total = connection.execute(sql.SQL("SELECT count(*) FROM ({}) AS live").format(live)).fetchone()
    query = sql.SQL(COMPARE).format(live=live, rebuilt=rebuilt, shown=sql.Literal(SHOWN))
    kinds: dict[str, Found] = {}
    for found in connection.execute(query).fetchall():
        earlier = kinds.get(found["kind"], Found())
        row = Row(found["id"], tuple(found["columns"]))
        kinds[found["kind"]] = Found(found["count"], (*earlier.shown, row))
    return TableDrift(
        table=name,
        rows=total["count"] if total else 0,
        only_live=kinds.get("only_live", Found()),
        only_rebuilt=kinds.get("only_rebuilt", Found()),
        differ=kinds.get("differ", Found()),
    )
