"""Connections to the tables of the schema `identity`."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from psycopg import Connection

Row = dict[str, Any]


class Database(Protocol):
    """The event store lends its connections: autocommit, rows as dictionaries."""

    def connection(self) -> AbstractContextManager[Connection[Row]]:
        """Borrow a connection."""
        ...
