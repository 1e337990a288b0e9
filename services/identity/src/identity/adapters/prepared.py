"""Secrets that wait for their event, in PostgreSQL.

A secret is no event, yet both have to change or neither. So it is written down first, under an id; the event names the
id, and the row of the person holds it from the same commit on; then the secret takes the place of the former one. A
process that is killed before the event leaves nothing in force, one that is killed after it leaves the last step to
whoever asks for the secret next, or to `work` when it starts.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from identity.adapters.database import Database

_KEEP = """
INSERT INTO identity.prepared (id, person_id, hash, step, codes)
VALUES (%(id)s, %(person)s, %(hash)s, %(step)s, %(codes)s)
"""
_PASSWORDS = """
WITH due AS (
    DELETE FROM identity.prepared AS change USING read.person
    WHERE person.password_change = change.id AND (%(all)s OR change.person_id = ANY(%(persons)s))
    RETURNING change.person_id, change.hash
)
INSERT INTO identity.password (person_id, hash) SELECT person_id, hash FROM due
ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, set_at = clock_timestamp()
"""
_APPS = """
WITH due AS (
    DELETE FROM identity.prepared AS change USING read.person
    WHERE person.app_change = change.id AND (%(all)s OR change.person_id = ANY(%(persons)s))
    RETURNING change.person_id, change.step, change.codes
), former AS (
    DELETE FROM identity.recovery_code AS code USING due WHERE code.person_id = due.person_id
), off AS (
    DELETE FROM identity.authenticator AS app USING due WHERE app.person_id = due.person_id AND due.step IS NULL
), asked_for AS (
    UPDATE identity.authenticator AS app SET confirmed_at = clock_timestamp(), last_step = due.step
    FROM due WHERE app.person_id = due.person_id AND due.step IS NOT NULL
)
INSERT INTO identity.recovery_code (digest, person_id)
SELECT unnest(codes), person_id FROM due WHERE step IS NOT NULL
"""


class SqlPrepared:
    """Keeps secrets until an event puts them in force."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def password(self, person_id: UUID, hashed: str) -> UUID:
        """Keep the hash of a new password; return the id that the event names."""
        return self._keep(person_id, hashed=hashed)

    def app(self, person_id: UUID, step: int, codes: Sequence[bytes]) -> UUID:
        """Keep the step of the first code of an app, and recovery codes; return the id."""
        return self._keep(person_id, step=step, codes=codes)

    def no_app(self, person_id: UUID) -> UUID:
        """Keep that the app is to be forgotten; return the id."""
        return self._keep(person_id)

    def settle(self, person_ids: Sequence[UUID] | None = None) -> None:
        """Put in force what an event named, of these persons or of all."""
        given = {"all": person_ids is None, "persons": list(person_ids or ())}
        with self._database.connection() as connection:
            for statement in (_PASSWORDS, _APPS):
                connection.execute(statement.encode(), given)

    def _keep(
        self,
        person_id: UUID,
        *,
        hashed: str | None = None,
        step: int | None = None,
        codes: Sequence[bytes] | None = None,
    ) -> UUID:
        self.settle([person_id])  # an id that a later event replaces would never be looked at again
        change_id = uuid4()
        given = {
            "id": change_id,
            "person": person_id,
            "hash": hashed,
            "step": step,
            "codes": None if codes is None else list(codes),
        }
        with self._database.connection() as connection:
            connection.execute(_KEEP.encode(), given)
        return change_id
