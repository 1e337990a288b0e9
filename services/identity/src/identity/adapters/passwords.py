"""Password hashes: Argon2id, a few at a time so that hashing cannot starve the process."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from identity.adapters.database import Database
from identity.adapters.prepared import SqlPrepared

_SAME_WORK = 2
"""Hashes that every try costs at least: that a couple shares an address cannot be told by the time."""


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """Memory in KiB; `at_once` is how many hashes run at the same time."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 1
    at_once: int = 2


class SqlPasswords:
    """The port `Passwords`."""

    def __init__(self, database: Database, cost: Argon2Cost) -> None:
        self._database = database
        self._prepared = SqlPrepared(database)
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes, type=Type.ID
        )
        self._places = BoundedSemaphore(cost.at_once)
        self._nobodys = self._hash(secrets.token_urlsafe(32))

    def matching(self, password: str, person_ids: Sequence[UUID]) -> UUID | None:
        """Return the person whose password this is; for nobody, one or two persons it takes the same time."""
        self._prepared.settle(person_ids)
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT person_id, hash FROM identity.password WHERE person_id = ANY(%s) ORDER BY set_at DESC",
                (list(person_ids),),
            ).fetchall()
        for _ in range(_SAME_WORK - len(rows)):
            self._is(self._nobodys, password)
        for row in rows:
            if self._is(row["hash"], password):
                if self._hasher.check_needs_rehash(row["hash"]):
                    self._renew(row["person_id"], row["hash"], password)
                found: UUID = row["person_id"]
                return found
        return None

    def prepare(self, person_id: UUID, password: str) -> UUID:
        """Write down the hash of a new password, under the id that its event will name."""
        return self._prepared.password(person_id, self._hash(password))

    def settle(self, person_id: UUID) -> None:
        """Put in force what was prepared and an event named."""
        self._prepared.settle([person_id])

    def has(self, person_id: UUID) -> bool:
        """Say whether the person has chosen a password."""
        self._prepared.settle([person_id])
        with self._database.connection() as connection:
            row = connection.execute("SELECT 1 FROM identity.password WHERE person_id = %s", (person_id,)).fetchone()
        return row is not None

    def _renew(self, person_id: UUID, former: str, password: str) -> None:
        """Keep the same password under the cost of today, unless it was changed meanwhile."""
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE identity.password SET hash = %s WHERE person_id = %s AND hash = %s",
                (self._hash(password), person_id, former),
            )

    def _hash(self, password: str) -> str:
        with self._places:
            return self._hasher.hash(password)

    def _is(self, hashed: str, password: str) -> bool:
        with self._places:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False
