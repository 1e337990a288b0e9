"""Sign-ins under way at the identity provider, in PostgreSQL."""

from identity.adapters.database import Database
from identity.application.staff_sign_in import Started

_SECONDS = 600


class SqlStarts:
    """The port `Starts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, state: bytes, started: Started) -> None:
        """Keep one for ten minutes."""
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO identity.oidc_state (digest, browser, nonce, verifier, expires_at)"
                " VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
                (state, started.browser, started.nonce, started.verifier, _SECONDS),
            )

    def take(self, state: bytes) -> Started | None:
        """Return and forget one; None if it never was, was taken or is too old."""
        with self._database.connection() as connection:
            row = connection.execute(
                "DELETE FROM identity.oidc_state WHERE digest = %s"
                " RETURNING browser, nonce, verifier, expires_at > clock_timestamp() AS good",
                (state,),
            ).fetchone()
        return Started(bytes(row["browser"]), row["nonce"], row["verifier"]) if row and row["good"] else None
