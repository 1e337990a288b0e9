"""The keys of documents in PostgreSQL, each wrapped by the one above it."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from eventstore import KeyService, KeyTable, Store, WrongMasterKey, storing
from psycopg import Connection

from vault.application.ports import Attempt, KeyDestroyed
from vault.domain.keys import DataKey, WrongKey, new_key, unwrap, wrap
from vault.domain.manifest import Address

FIRST = 1


class PostgresKeyRing:
    """The port KeyRing; safe to use from several threads."""

    def __init__(self, store: Store, key_service: KeyService) -> None:
        self._store = store
        self._key_service = key_service

    def begin(self, address: Address) -> tuple[str, DataKey]:
        """Make a data key for an attempt to store a version; return the attempt's random object key with it."""
        object_key, secret = secrets.token_hex(16), new_key()
        with self._store.connection() as connection, connection.transaction():
            storing(connection)  # whoever destroys a former office key waits until what it wraps is stored
            number, office_key = self._newest_office_key(connection, address.office_id)
            connection.execute(
                "INSERT INTO vault.data_key (object_key, office_id, document_id, version_id, office_key, wrapped)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (
                    object_key,
                    address.office_id,
                    address.document_id,
                    address.version_id,
                    number,
                    wrap(office_key, secret, address.bound()),
                ),
            )
        return object_key, DataKey.of(secret)

    def open(self, address: Address, object_key: str) -> DataKey:
        """Return the data key of an object; raise KeyDestroyed, or WrongKey if the rows were tampered with."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT data.wrapped, data.office_key, office.wrapped AS office_wrapped FROM vault.data_key AS data"
                " JOIN vault.office_key AS office ON office.office_id = data.office_id AND number = office_key"
                " WHERE object_key = %s AND data.office_id = %s",
                (object_key, address.office_id),
            ).fetchone()
        if row is None:
            raise KeyDestroyed
        office_key = self._unwrap_office_key(address.office_id, row["office_key"], row["office_wrapped"])
        return DataKey.of(unwrap(office_key, bytes(row["wrapped"]), address.bound()))

    def keep(self, object_key: str) -> None:
        """Note that the attempt succeeded: the event is recorded."""
        with self._store.connection() as connection:
            connection.execute("UPDATE vault.data_key SET kept = true WHERE object_key = %s", (object_key,))

    def destroy(self, object_key: str) -> None:
        """Destroy the data key: what it encrypted cannot be read again by anyone."""
        with self._store.connection() as connection:
            connection.execute("DELETE FROM vault.data_key WHERE object_key = %s", (object_key,))

    def in_doubt(self, older_than: timedelta) -> list[Attempt]:
        """Return the attempts that began so long ago and are not known to have succeeded, oldest first."""
        with self._store.connection() as connection:
            rows = connection.execute(
                "SELECT object_key, version_id FROM vault.data_key"
                " WHERE NOT kept AND begun_at < clock_timestamp() - %s ORDER BY begun_at LIMIT 1000",
                (older_than,),
            ).fetchall()
        return [Attempt(row["object_key"], row["version_id"]) for row in rows]

    def _newest_office_key(self, connection: Connection[dict[str, Any]], office_id: UUID) -> tuple[int, bytes]:
        query = "SELECT number, wrapped FROM vault.office_key WHERE office_id = %s ORDER BY number DESC LIMIT 1"
        row = connection.execute(query, (office_id,)).fetchone()
        if row is None:
            wrapped = self._key_service.wrap(new_key(), office_context(office_id, FIRST))
            connection.execute(
                "INSERT INTO vault.office_key (office_id, number, wrapped) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (office_id, FIRST, wrapped),
            )
            row = connection.execute(query, (office_id,)).fetchone()  # another process may have been first
        if row is None:
            raise KeyDestroyed
        return row["number"], self._unwrap_office_key(office_id, row["number"], row["wrapped"])

    def _unwrap_office_key(self, office_id: UUID, number: int, wrapped: bytes) -> bytes:
        try:
            return self._key_service.unwrap(bytes(wrapped), office_context(office_id, number))
        except WrongMasterKey as error:
            raise WrongKey(str(error)) from error


def office_context(office_id: UUID, number: int) -> bytes:
    """Return what a wrapped office key is bound to (docs/spec/vault-format.md)."""
    return f"scelle-vault-1 office {office_id} {number}".encode()


OFFICE_KEYS = KeyTable(
    "vault", "office_key", ("office_id", "number"), lambda row: office_context(row["office_id"], row["number"])
)
"""The keys that the key service wraps, beside those of persons."""
