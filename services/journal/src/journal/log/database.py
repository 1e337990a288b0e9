"""The journal's tables: connections, and reading the tree."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from eventstore import migrate
from proof.tree import HASH_SIZE, Reader
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

MIGRATIONS = Path(__file__).parent / "migrations"
POOL_SIZE = 10  # connections

T = TypeVar("T")

Rows = Connection[DictRow]


class Database:
    """The journal's own schema in its database."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool[Rows] = ConnectionPool(
            url, min_size=1, max_size=POOL_SIZE, open=True, connection_class=Rows, kwargs={"row_factory": dict_row}
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Lend a connection for one transaction."""
        with self._pool.connection() as connection, connection.transaction():
            yield connection

    def ready(self) -> bool:
        """Tell whether the tables answer."""
        with self.transaction() as connection:
            connection.execute("SELECT 1 FROM journal.checkpoint LIMIT 1")
        return True


def prepare(url: str) -> None:
    """Make or update the tables."""
    migrate(url, MIGRATIONS)


def from_nodes(connection: Rows, make: Callable[[Reader], T]) -> T:
    """Return what `make` makes of stored nodes, all read by one query.

    It is called twice: first with nodes of zeros, which tells what it reads, and that must not depend on what is in
    them. A missing node is a KeyError: the tree is damaged.
    """
    asked: dict[tuple[int, int], bytes] = {}
    make(lambda level, index: asked.setdefault((level, index), bytes(HASH_SIZE)))
    rows = connection.execute(
        "SELECT level, idx, hash FROM journal.node"
        " JOIN unnest(%s::smallint[], %s::bigint[]) AS asked (level, idx) USING (level, idx)",
        ([level for level, _ in asked], [index for _, index in asked]),
    )
    found = {(row["level"], row["idx"]): bytes(row["hash"]) for row in rows}
    return make(lambda level, index: found[level, index])


def log_size(connection: Rows) -> int:
    """Return how many entries the log holds."""
    row = connection.execute("SELECT coalesce(max(idx) + 1, 0) AS size FROM journal.entry").fetchone()
    return int(row["size"]) if row else 0


def copy(connection: Rows, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many rows by COPY."""
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
