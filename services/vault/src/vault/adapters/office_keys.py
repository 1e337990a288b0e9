"""A new key for every office, and its documents' keys put under it while the vault serves: no document is touched.

Small transactions, each of which compares what it replaces: a document that is destroyed meanwhile stays destroyed, and
a crash leaves every key under one office key or another, both of which are there. To begin again does no harm.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from eventstore import KeyService, Store, WrongMasterKey, storing
from eventstore.key_service import settled

from vault.adapters.key_ring import office_context
from vault.domain.keys import WrongKey, new_key, unwrap, wrap
from vault.domain.manifest import Address

BATCH = 200  # keys of one transaction
_Row = Mapping[str, Any]


@dataclass
class Rotation:
    """What a rotation did; counts of keys."""

    offices: int = 0
    """Offices that have a new key."""
    rewrapped: int = 0
    """Documents' keys put under it."""
    destroyed: int = 0
    """Former keys of offices, which wrapped nothing any more."""
    unreadable: list[str] = field(default_factory=list)
    """Where the keys are that do not open; they stay as they are, and what they are wrapped under stays too."""


class OfficeKeys:
    """The keys of the offices of a vault."""

    def __init__(self, store: Store, key_service: KeyService) -> None:
        self._store = store
        self._key_service = key_service

    def rotate(self) -> Rotation:
        """Make, rewrap, destroy. Raises KeyServiceAway; what was done until then stays so."""
        done = Rotation()
        newest = {office_id: self._make(office_id) for office_id in self._offices()}
        done.offices = len(newest)
        with self._store.connection() as connection, connection.transaction():
            settled(connection)  # what was wrapped under a former key is stored, and from now on nothing more is
        for office_id, (number, key) in newest.items():
            former = self._former(office_id, number, done)
            for rows in self._batches(office_id, number):
                self._rewrap(rows, former, (number, key), done)
            done.destroyed += self._destroy(office_id, number)
        return done

    def _offices(self) -> list[UUID]:
        with self._store.connection() as connection:
            rows = connection.execute("SELECT DISTINCT office_id FROM vault.office_key ORDER BY office_id").fetchall()
        return [row["office_id"] for row in rows]

    def _make(self, office_id: UUID) -> tuple[int, bytes]:
        """Make the next key of an office, which wraps from then on."""
        with self._store.connection() as connection, connection.transaction():
            storing(connection)
            query = "SELECT max(number) + 1 AS next FROM vault.office_key WHERE office_id = %s"
            (row,) = connection.execute(query, (office_id,)).fetchall()
            number, key = row["next"], new_key()
            connection.execute(
                "INSERT INTO vault.office_key (office_id, number, wrapped) VALUES (%s, %s, %s)",
                (office_id, number, self._key_service.wrap(key, office_context(office_id, number))),
            )
        return number, key

    def _former(self, office_id: UUID, newest: int, done: Rotation) -> dict[int, bytes]:
        """Return the keys of an office before the newest, by number."""
        query = "SELECT number, wrapped FROM vault.office_key WHERE office_id = %s AND number < %s"
        with self._store.connection() as connection:
            rows = connection.execute(query, (office_id, newest)).fetchall()
        keys = {}
        for row in rows:
            number = row["number"]
            try:
                keys[number] = self._key_service.unwrap(bytes(row["wrapped"]), office_context(office_id, number))
            except WrongMasterKey:
                done.unreadable.append(f"vault.office_key {office_id} {number}")
        return keys

    def _batches(self, office_id: UUID, newest: int) -> Iterator[list[_Row]]:
        """Read the documents' keys that are under a former key, some at a time."""
        query = (
            "SELECT object_key, office_id, document_id, version_id, office_key, wrapped FROM vault.data_key"
            " WHERE office_id = %s AND office_key < %s AND (office_key, object_key) > (%s, %s)"
            " ORDER BY office_key, object_key LIMIT %s"
        )
        last: tuple[int, str] = (0, "")
        while True:
            with self._store.connection() as connection:
                rows = connection.execute(query, (office_id, newest, *last, BATCH)).fetchall()
            if not rows:
                return
            last = rows[-1]["office_key"], rows[-1]["object_key"]
            yield list(rows)

    def _rewrap(
        self, rows: Sequence[_Row], former: Mapping[int, bytes], newest: tuple[int, bytes], done: Rotation
    ) -> None:
        """Put documents' keys under the newest key, unless somebody destroyed or replaced them meanwhile."""
        number, key = newest
        changes = []
        for row in rows:
            object_key, old = row["object_key"], bytes(row["wrapped"])
            bound = Address(row["office_id"], row["document_id"], row["version_id"]).bound()
            try:
                secret = unwrap(former[row["office_key"]], old, bound)
            except (KeyError, WrongKey):
                done.unreadable.append(f"vault.data_key {object_key}")
            else:
                changes.append((number, wrap(key, secret, bound), object_key, old))
        statement = "UPDATE vault.data_key SET office_key = %s, wrapped = %s WHERE object_key = %s AND wrapped = %s"
        with self._store.connection() as connection, connection.transaction():
            done.rewrapped += sum(connection.execute(statement, change).rowcount for change in changes)
            sys.audit("scelle.crashpoint", "vault.data-keys-rewrapped")

    def _destroy(self, office_id: UUID, newest: int) -> int:
        """Destroy the former keys of an office that wrap nothing."""
        with self._store.connection() as connection:
            return connection.execute(
                "DELETE FROM vault.office_key AS office WHERE office_id = %s AND number < %s AND NOT EXISTS"
                " (SELECT FROM vault.data_key AS data WHERE data.office_id = office.office_id AND office_key = number)",
                (office_id, newest),
            ).rowcount


def rotate_command(store: Store) -> int:
    """Carry out `keys rotate` and print what was done as one line of JSON; closes the store.

    Returns the exit status: 0, or 1 if there are keys that do not open.
    """
    with closing(store):
        done = OfficeKeys(store, store.key_service).rotate()
    sys.stdout.write(json.dumps(asdict(done)) + "\n")
    return int(bool(done.unreadable))
