"""Authenticators in PostgreSQL: each secret under the key of its person, codes taken once by one statement each."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from identity.adapters.database import Database
from identity.application.second_factor import Held
from identity.domain.authenticator import STEP_SECONDS

_BEGUN_SECONDS = 900
_BEGIN = """
INSERT INTO identity.authenticator AS known (person_id, sealed) VALUES (%s, %s)
ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, begun_at = clock_timestamp()
WHERE known.confirmed_at IS NULL AND known.begun_at < clock_timestamp() - make_interval(secs => %s)
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
        self._database, self._keys = database, keys

    def begin(self, person_id: UUID, secret: str) -> None:
        """Keep a secret, unless one was begun a quarter of an hour ago at most or is asked for."""
        sealed = self._keys.seal(person_id, secret.encode(), _BOUND_TO)
        with self._database.connection() as connection:
            connection.execute(_BEGIN, (person_id, sealed, _BEGUN_SECONDS))

    def held(self, person_id: UUID) -> Held | None:
        """Return the authenticator of a person."""
        with self._database.connection() as connection:
            row = connection.execute(_HELD, (STEP_SECONDS, person_id)).fetchone()
        secret = self._keys.open(person_id, bytes(row["sealed"]), _BOUND_TO) if row else None
        if row is None or secret is None:
            return None
        return Held(secret.decode(), row["confirmed_at"], row["step"], row["codes_left"])

    def turn_on(self, person_id: UUID, step: int, codes: Sequence[bytes]) -> bool:
        """Ask for it from now on, with these recovery codes; False if that was done before."""
        with self._database.connection() as connection, connection.transaction():
            on = connection.execute(
                "UPDATE identity.authenticator SET confirmed_at = clock_timestamp(), last_step = %s"
                " WHERE person_id = %s AND confirmed_at IS NULL",
                (step, person_id),
            )
            if on.rowcount != 1:
                return False
            connection.execute(
                "INSERT INTO identity.recovery_code (digest, person_id) SELECT unnest(%s::bytea[]), %s",
                (list(codes), person_id),
            )
        return True

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

    def remove(self, person_id: UUID) -> bool:
        """Forget the secret and the recovery codes; False if there was nothing to ask for."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute("DELETE FROM identity.recovery_code WHERE person_id = %s", (person_id,))
            removed = connection.execute(
                "DELETE FROM identity.authenticator WHERE person_id = %s AND confirmed_at IS NOT NULL", (person_id,)
            )
        return removed.rowcount == 1

    def _changed(self, statement: str, **values: object) -> bool:
        with self._database.connection() as connection:
            return connection.execute(statement.encode(), values).rowcount == 1
