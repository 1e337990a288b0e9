"""Databases for tests, which need hundreds: tables are made once, and copied with the files that they are in."""

import itertools
from collections.abc import Callable
from typing import Protocol

import psycopg
from launcher.components.postgres import Postgres
from psycopg import sql

Prepare = Callable[[str], object]
"""Makes tables in the database at an address; the same function makes the same tables."""


class NewDatabase(Protocol):
    """Makes a database."""

    def __call__(self, prepare: Prepare | None = None, /) -> str:
        """Make one with the tables of `prepare`, or an empty one; return its address. It goes with the server."""
        ...


class Databases:
    """Makes the databases of a server that is thrown away."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._originals: dict[Prepare, str] = {}

    def new(self, prepare: Prepare | None = None, /) -> str:
        """Make a database, the copy of one that `prepare` has filled."""
        if prepare is not None and prepare not in self._originals:
            original = self._create("template0")
            prepare(self._server.database_url(original))
            self._originals[prepare] = original
        return self._server.database_url(self._create(self._originals[prepare] if prepare else "template0"))

    def _create(self, original: str) -> str:
        name = f"test_{next(self._numbers)}"
        # The other strategy writes every page twice; this one flushes, which a server that is not durable leaves out.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(original)))
        return name
