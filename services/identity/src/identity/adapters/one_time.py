"""One-time tokens in PostgreSQL, by their digests."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from identity.adapters.database import Database
from identity.application.digests import new_token, token_digest
from identity.application.one_time import LIFETIMES, Purpose, TokenRow


class SqlOneTimeTokens:
    """The port `OneTimeTokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(
        self,
        purpose: Purpose,
        person_id: UUID | None = None,
        office_id: UUID | None = None,
        claims: dict[str, Any] | None = None,
        seconds: int | None = None,
    ) -> str:
        """Return a new token, good for `seconds` or for the lifetime of its purpose."""
        token = new_token()
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO identity.token (digest, purpose, person_id, office_id, claims, expires_at)"
                " VALUES (%s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
                (
                    token_digest(token),
                    purpose,
                    person_id,
                    office_id,
                    Jsonb(claims) if claims else None,
                    seconds or LIFETIMES[purpose],
                ),
            )
        return token

    def read(self, token: str, purpose: Purpose) -> TokenRow | None:
        """Return what a token stands for, spent or not; None if it never existed."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT person_id, office_id, claims, used_at IS NOT NULL OR expires_at < clock_timestamp() AS spent"
                " FROM identity.token WHERE digest = %s AND purpose = %s",
                (token_digest(token), purpose),
            ).fetchone()
        return TokenRow(**row) if row else None

    def use(self, token: str, purpose: Purpose) -> bool:
        """Spend a token and forget its claims; False if that was done before, or it is too old."""
        with self._database.connection() as connection:
            used = connection.execute(
                "UPDATE identity.token SET used_at = clock_timestamp(), claims = NULL"
                " WHERE digest = %s AND purpose = %s AND used_at IS NULL AND expires_at > clock_timestamp()",
                (token_digest(token), purpose),
            )
        return used.rowcount == 1

    def spend_all(self, person_id: UUID, purpose: Purpose) -> None:
        """Spend every token of a person for a purpose."""
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE identity.token SET used_at = clock_timestamp()"
                " WHERE person_id = %s AND purpose = %s AND used_at IS NULL",
                (person_id, purpose),
            )
