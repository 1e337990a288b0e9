"""Sessions in PostgreSQL."""

from uuid import UUID

from psycopg import Connection

from identity.adapters.database import Database, Row
from identity.application.sessions import GRACE_SECONDS, SessionPolicy, SessionRow, Turn

_SHOWN = """
SELECT session.id, person_id, kind, office_id, role, session.ended_at IS NOT NULL AS ended,
       ends_at < clock_timestamp() AS over,
       extract(epoch FROM clock_timestamp() - session.used_at)::float AS idle,
       extract(epoch FROM clock_timestamp() - refresh.used_at)::float AS since_use
FROM identity.refresh JOIN identity.session ON session.id = refresh.session_id
WHERE digest = %s FOR UPDATE
"""

_ROTATE = """
WITH used AS (
    UPDATE identity.refresh SET used_at = clock_timestamp() WHERE digest = %(refresh)s
), touched AS (
    UPDATE identity.session SET used_at = clock_timestamp() WHERE id = %(session)s
)
INSERT INTO identity.refresh (digest, session_id) VALUES (%(successor)s, %(session)s)
"""


class SqlSessionBook:
    """The port `SessionBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, session: SessionRow, refresh: bytes, longest: int) -> None:
        """Keep a new session with its first refresh token."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute(
                "INSERT INTO identity.session (id, person_id, kind, office_id, role, ends_at)"
                " VALUES (%s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
                (session.id, session.person_id, session.kind, session.office_id, session.role, longest),
            )
            connection.execute(
                "INSERT INTO identity.refresh (digest, session_id) VALUES (%s, %s)", (refresh, session.id)
            )

    def turn(self, refresh: bytes, successor: bytes, policy: SessionPolicy) -> tuple[Turn, SessionRow] | None:
        """Exchange a refresh token for its successor; None if it never existed. A reuse ends the session."""
        with self._database.connection() as connection, connection.transaction():
            row = connection.execute(_SHOWN, (refresh,)).fetchone()
            if row is None:
                return None
            session = SessionRow(row["id"], row["person_id"], row["kind"], row["office_id"], row["role"])
            if row["ended"] or row["over"] or row["idle"] > policy.idle(session.kind):
                return Turn.ENDED, session
            if row["since_use"] is None:
                connection.execute(_ROTATE, {"refresh": refresh, "successor": successor, "session": session.id})
            elif row["since_use"] > GRACE_SECONDS:
                _end(connection, session.id)
                return Turn.REUSED, session
            return Turn.ROTATED, session

    def alive(self, session_id: UUID) -> bool:
        """Say whether a session has neither ended nor grown too old, and its person was not erased."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT 1 FROM identity.session WHERE id = %s AND ended_at IS NULL AND ends_at > clock_timestamp()"
                " AND NOT EXISTS (SELECT FROM read.person WHERE id = person_id AND erased_at IS NOT NULL)",
                (session_id,),
            ).fetchone()
        return row is not None

    def end(self, session_id: UUID) -> None:
        """End a session."""
        with self._database.connection() as connection:
            _end(connection, session_id)

    def end_all(self, person_id: UUID) -> list[UUID]:
        """End a person's sessions and return them."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "UPDATE identity.session SET ended_at = clock_timestamp()"
                " WHERE person_id = %s AND ended_at IS NULL RETURNING id",
                (person_id,),
            ).fetchall()
        return [row["id"] for row in rows]


def _end(connection: Connection[Row], session_id: UUID) -> None:
    connection.execute(
        "UPDATE identity.session SET ended_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL", (session_id,)
    )
