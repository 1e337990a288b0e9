"""Authenticators in PostgreSQL: each secret under the key of its person, codes taken once by one statement each."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from identity.adapters.database import Database
from identity.adapters.prepared import SqlPrepared
from identity.application.second_factor import Held
from identity.domain.authenticator import STEP_SECONDS

_BEGUN_SECONDS = 900
_BEGIN = """
INSERT INTO identity.authenticator AS known (person_id, sealed) VALUES (%s, %s)
ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, begun_at = clock_timestamp()
WHERE known.confirmed_at IS NULL AND known.begun_at < clock_timestamp() - make_interval(secs => %s)
"""
_GO_ON = """
UPDATE identity.authenticator SET begun_at = clock_timestamp() WHERE person_id = %s AND confirmed_at IS NULL
"""
_HELD = """
SELECT sealed, confirmed_at, floor(extract(epoch FROM clock_timestamp()) / %s)::bigint AS step,
       (SELECT count(*) FROM identity.recovery_code AS code
        WHERE code.person_id = known.person_id AND code.used_at IS NULL)::int AS codes_left
FROM identity.authenticator AS known WHERE person_id = %s
"""
_BOUND_TO = b"authenticator"


class Keys(Protocol):
    """The keys of persons: the event store's."""

    def seal(self, subject: UUID, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt under the person's key."""
        ...

    def open(self, subject: UUID, box: bytes, associated: bytes) -> bytes | None:
        """Decrypt; None once the key is destroyed."""
        ...


class SqlAuthenticators:
    """The port `Authenticators`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database, self._keys, self._prepared = database, keys, SqlPrepared(database)

    def begin(self, person_id: UUID, secret: str) -> None:
        """Keep a secret, unless one was begun a quarter of an hour ago at most or is asked for."""
        sealed = self._keys.seal(person_id, secret.encode(), _BOUND_TO)
        with self._database.connection() as connection:
            connection.execute(_BEGIN, (person_id, sealed, _BEGUN_SECONDS))

    def held(self, person_id: UUID) -> Held | None:
        """Return the authenticator of a person."""
        self._prepared.settle([person_id])
        with self._database.connection() as connection:
            row = connection.execute(_HELD, (STEP_SECONDS, person_id)).fetchone()
        secret = self._keys.open(person_id, bytes(row["sealed"]), _BOUND_TO) if row else None
        if row is None or secret is None:
            return None
        return Held(secret.decode(), row["confirmed_at"], row["step"], row["codes_left"])

    def prepare_on(self, person_id: UUID, step: int, codes: Sequence[bytes]) -> UUID | None:
        """Write down that it is asked for, with these recovery codes; None if it is, or no secret was begun."""
        with self._database.connection() as connection:
            begun = connection.execute(_GO_ON, (person_id,)).rowcount  # no other secret may take the place of this one
        return self._prepared.app(person_id, step, codes) if begun else None

    def prepare_off(self, person_id: UUID) -> UUID:
        """Write down that it is asked for no more."""
        return self._prepared.no_app(person_id)

    def settle(self, person_id: UUID) -> None:
        """Put in force what was prepared and an event named."""
        self._prepared.settle([person_id])

    def use_step(self, person_id: UUID, step: int) -> bool:
        """Take the code of a step; False if that of it or of a later one was taken before."""
        return self._changed(
            "UPDATE identity.authenticator SET last_step = %(step)s WHERE person_id = %(person)s"
            " AND confirmed_at IS NOT NULL AND last_step < %(step)s",
            person=person_id,
            step=step,
        )

    def use_code(self, person_id: UUID, code: bytes) -> bool:
        """Take a recovery code; False if it is none of the person's, or was taken before."""
        return self._changed(
            "UPDATE identity.recovery_code SET used_at = clock_timestamp()"
            " WHERE digest = %(code)s AND person_id = %(person)s AND used_at IS NULL",
            person=person_id,
            code=code,
        )

    def _changed(self, statement: str, **values: object) -> bool:
        with self._database.connection() as connection:
            return connection.execute(statement.encode(), values).rowcount == 1
