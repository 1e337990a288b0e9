"""Read models made again from the events, while no writer can come between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from eventstore.projection import json_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from eventstore.projection import Projection
    from eventstore.store import Store

    Page = Callable[[Connection[Any], int, int], list[tuple[int, Any]]]

PAGE = 500  # events per round trip


def rebuild(store: Store, progress: Callable[[int], None] | None = None) -> int:
    """Empty the tables of the schema `read` and fill them from every event, in one transaction; return how many.

    Readers see the old rows until it ends; writers wait. Raises what a projection raises, and changes nothing then.
    """
    with store.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL lock_timeout = 0")
        connection.execute("SELECT store_seq FROM ledger.counter FOR UPDATE")
        _empty(connection)
        return fill(connection, store.projection, store.domain_events, progress)


def fill(
    connection: Connection[Any], projection: Projection, page: Page, progress: Callable[[int], None] | None = None
) -> int:
    """Add to the tables of the schema `read` the rows of every event that `page` reads; return the last number."""
    done = 0
    while events := page(connection, done, PAGE):
        rows = projection.rows_of([event for _, event in events]).operations()
        connection.execute("SELECT ledger.apply_rows(%s::jsonb)", (json.dumps(rows, default=json_value),))
        done = events[-1][0]
        if progress:
            progress(done)
    return done


def _empty(connection: Connection[Any]) -> None:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'read' ORDER BY 1").fetchall()
    for table in tables:
        connection.execute(sql.SQL("DELETE FROM read.{}").format(sql.Identifier(table["tablename"])))
