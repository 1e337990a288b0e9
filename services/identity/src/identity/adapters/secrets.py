"""What is kept of a person beside the events, in PostgreSQL."""

from uuid import UUID

from identity.adapters.database import Database

_OF_THE_PERSON = (
    "DELETE FROM identity.prepared WHERE person_id = %(person)s",
    "DELETE FROM identity.password WHERE person_id = %(person)s",
    "DELETE FROM identity.authenticator WHERE person_id = %(person)s",
    "DELETE FROM identity.recovery_code WHERE person_id = %(person)s",
    "DELETE FROM identity.challenge WHERE person_id = %(person)s",
    "DELETE FROM identity.token WHERE person_id = %(person)s",
    (
        "DELETE FROM identity.token"
        " WHERE purpose = 'registration' AND claims ->> 'issuer' = %(issuer)s AND claims ->> 'subject' = %(subject)s"
    ),
)


class SqlSecrets:
    """The port `Secrets`.

    Sessions stay, ended, for a day, and counted attempts for two: the ones hold ids, the others digests under a key
    that is not in this database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def destroy(self, person_id: UUID, issuer: str | None, subject: str | None) -> None:
        """Remove password, app, codes, links, and registrations of the subject at the identity provider."""
        given = {"person": person_id, "issuer": issuer, "subject": subject}
        with self._database.connection() as connection, connection.transaction():
            for statement in _OF_THE_PERSON:
                connection.execute(statement.encode(), given)
