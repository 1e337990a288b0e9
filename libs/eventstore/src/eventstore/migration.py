"""Tables are made here and nowhere else: numbered SQL files, applied once, under a lock, never edited afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from psycopg import Connection

LEDGER = Path(__file__).parent / "ledger"
LOCK = 0x5CE11E  # any number, the same for every process that migrates


class MigrationEdited(Exception):
    """A migration that was already applied has been edited since; write a new one instead."""


def migrate(dsn: str, *directories: Path) -> list[str]:
    """Apply the migrations that are new, in the order of directories and names; return their names."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS public.migration (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        files = [path for directory in directories for path in sorted(directory.glob("*.sql"))]
        return [path.stem for path in files if _apply(connection, path)]


def _apply(connection: Connection[Any], path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    name = f"{path.parent.parent.name}/{path.stem}"
    known = connection.execute("SELECT sha256 FROM public.migration WHERE name = %s", (name,)).fetchone()
    if known:
        if known[0] != digest:
            raise MigrationEdited(name)
        return False
    connection.execute(text.encode())
    connection.execute("INSERT INTO public.migration (name, sha256) VALUES (%s, %s)", (name, digest))
    return True


def create_read_model(dsn: str, schema_sql: Path) -> bool:
    """Make the schema `read` as the file says; True if it is new or changed, and so must be rebuilt from the events."""
    text = schema_sql.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        known = connection.execute("SELECT sha256 FROM public.migration WHERE name = 'read'").fetchone()
        if known and known[0] == digest:
            return False
        connection.execute("DROP SCHEMA IF EXISTS read CASCADE")
        connection.execute("CREATE SCHEMA read")
        connection.execute(text.encode())
        connection.execute(
            "INSERT INTO public.migration (name, sha256) VALUES ('read', %s)"
            " ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, applied_at = now()",
            (digest,),
        )
        return True
