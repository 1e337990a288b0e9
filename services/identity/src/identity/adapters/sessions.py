"""Sessions in PostgreSQL."""

from uuid import UUID

from psycopg import Connection

from identity.adapters.database import Database, Row
from identity.application.sessions import GRACE_SECONDS, OpenSession, SessionPolicy, SessionRow, Turn
from identity.domain.device import Device

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

_OPEN = """
SELECT id, browser, system, created_at, used_at FROM identity.session
WHERE person_id = %s AND ended_at IS NULL AND ends_at > clock_timestamp()
  AND used_at > clock_timestamp() - make_interval(secs => CASE kind WHEN 'staff' THEN %s ELSE %s END)
ORDER BY used_at DESC, id
"""


class SqlSessionBook:
    """The port `SessionBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, session: SessionRow, refresh: bytes, longest: int) -> None:
        """Keep a new session with its first refresh token."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute(
                "INSERT INTO identity.session (id, person_id, kind, office_id, role, browser, system, ends_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
                (
                    session.id,
                    session.person_id,
                    session.kind,
                    session.office_id,
                    session.role,
                    session.device.browser,
                    session.device.system,
                    longest,
                ),
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

    def open_of(self, person_id: UUID, policy: SessionPolicy) -> list[OpenSession]:
        """Return the sessions of a person that can go on, the last used first."""
        with self._database.connection() as connection:
            rows = connection.execute(_OPEN, (person_id, policy.idle("staff"), policy.idle("client"))).fetchall()
        return [
            OpenSession(row["id"], Device(row["browser"], row["system"]), row["created_at"], row["used_at"])
            for row in rows
        ]

    def end(self, session_id: UUID, person_id: UUID | None = None) -> bool:
        """End a session, if it is this person's; False if there is none to end."""
        with self._database.connection() as connection:
            return _end(connection, session_id, person_id)

    def end_all(self, person_id: UUID, but: UUID | None = None) -> list[UUID]:
        """End a person's sessions, but one perhaps, and return those that ended."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "UPDATE identity.session SET ended_at = clock_timestamp()"
                " WHERE person_id = %s AND ended_at IS NULL AND id IS DISTINCT FROM %s RETURNING id",
                (person_id, but),
            ).fetchall()
        return [row["id"] for row in rows]


def _end(connection: Connection[Row], session_id: UUID, person_id: UUID | None = None) -> bool:
    ended = connection.execute(
        "UPDATE identity.session SET ended_at = clock_timestamp()"
        " WHERE id = %s AND ended_at IS NULL AND person_id = coalesce(%s, person_id)",
        (session_id, person_id),
    )
    return ended.rowcount == 1
