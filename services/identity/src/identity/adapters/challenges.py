"""Challenges in PostgreSQL: each change is one statement or holds a lock, so that parallel requests cannot slip by."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from identity.adapters.database import Database, Row
from identity.application.codes import Challenge, CodePolicy, NewChallenge
from identity.application.delivery import Awaited

_WINDOWS = {"per_hour": 3600, "per_day": 86_400}

_INSERT = """
INSERT INTO identity.challenge (id, purpose, who, person_id, office_id, token, code, expires_at)
VALUES (%(id)s, %(purpose)s, %(who)s, %(person_id)s, %(office_id)s, %(token)s, %(code)s,
        clock_timestamp() + make_interval(secs => %(seconds)s))
"""

_TAKE_TRY = """
UPDATE identity.challenge SET tries = tries + 1 WHERE id = %s AND tries < %s
RETURNING person_id, office_id, purpose, token, code, ended_at IS NOT NULL AS ended,
          expires_at < clock_timestamp() AS expired
"""

_GOOD = "message IS NOT NULL AND ended_at IS NULL AND expires_at > clock_timestamp()"

_AWAITED = f"""
SELECT id, message, purpose, person_id FROM identity.challenge
WHERE created_at <= clock_timestamp() - make_interval(secs => %s) AND {_GOOD} ORDER BY created_at
"""  # noqa: S608 - our words

_VOID = f"""
UPDATE identity.challenge SET code = %s, message = NULL, expires_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND message = %s AND {_GOOD}
"""  # noqa: S608 - our words


class SqlChallenges:
    """The ports `Challenges` and `Journeys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, new: NewChallenge, policy: CodePolicy) -> int:
        """End the older challenges of the same `who` and keep this one; or return how many seconds to wait."""
        with self._database.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (new.who.hex(),))
            if wait := _wait(connection, new.who, policy):
                return wait
            connection.execute(
                "UPDATE identity.challenge SET ended_at = clock_timestamp() WHERE who = %s AND ended_at IS NULL",
                (new.who,),
            )
            connection.execute(_INSERT, _columns(new) | {"seconds": policy.seconds})
        return 0

    def take_try(self, challenge_id: UUID, tries: int) -> Challenge | None:
        """Count a try; None if there is no such challenge or no try is left."""
        with self._database.connection() as connection:
            row = connection.execute(_TAKE_TRY, (challenge_id, tries)).fetchone()
        return Challenge(**{**row, "code": bytes(row["code"])}) if row else None

    def end(self, challenge_id: UUID) -> bool:
        """End a challenge; False if that was done before."""
        with self._database.connection() as connection:
            ended = connection.execute(
                "UPDATE identity.challenge SET ended_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL",
                (challenge_id,),
            )
        return ended.rowcount == 1

    def end_all(self, person_id: UUID) -> None:
        """End the challenges of a person."""
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE identity.challenge SET ended_at = clock_timestamp() WHERE person_id = %s AND ended_at IS NULL",
                (person_id,),
            )

    def took(self, challenge_id: UUID, message: str) -> None:
        """Remember what the first provider calls the message."""
        self._name(challenge_id, message)

    def settled(self, challenge_id: UUID) -> None:
        """Ask no more about a message."""
        self._name(challenge_id, None)

    def awaited(self, seconds: float) -> list[Awaited]:
        """Return the codes that are still good, asked for so long ago or longer, and not known to have arrived."""
        with self._database.connection() as connection:
            return [Awaited(**row) for row in connection.execute(_AWAITED, (seconds,)).fetchall()]

    def void(self, one: Awaited, code: bytes, seconds: int) -> bool:
        """Put another code, good for so long, in the place of one; False if it was answered or that was done before."""
        with self._database.connection() as connection:
            return connection.execute(_VOID, (code, seconds, one.id, one.message)).rowcount == 1

    def _name(self, challenge_id: UUID, message: str | None) -> None:
        with self._database.connection() as connection:
            connection.execute("UPDATE identity.challenge SET message = %s WHERE id = %s", (message, challenge_id))


def _columns(new: NewChallenge) -> dict[str, Any]:
    return {name: getattr(new, name) for name in ("id", "purpose", "who", "person_id", "office_id", "token", "code")}


def _wait(connection: Connection[Row], who: bytes, policy: CodePolicy) -> int:
    """Return the seconds until the next code: an unanswered one must cool down, and there are caps."""
    row = connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - max(created_at) FILTER (WHERE ended_at IS NULL))::float AS last,"
        " count(*) FILTER (WHERE created_at > clock_timestamp() - interval '1 hour') AS per_hour,"
        " count(*) AS per_day"
        " FROM identity.challenge WHERE who = %s AND created_at > clock_timestamp() - interval '1 day'",
        (who,),
    ).fetchone()
    found = row or {}
    for cap, window in _WINDOWS.items():
        if found[cap] >= getattr(policy, cap):
            return window
    last = found["last"]
    return max(0, round(policy.resend_seconds - last)) if last is not None else 0
