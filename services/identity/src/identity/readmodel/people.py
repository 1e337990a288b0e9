"""Queries on persons, offices and memberships."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

from psycopg import Connection

from identity.application.people import Facts, MemberRow, MembershipRow, OfficeRow, PersonRow
from identity.domain.membership import State
from identity.readmodel.projection import searchable

_PERSON = """
SELECT id, kind, office_id, first_name, last_name, email, phone, email_confirmed, erased_at IS NOT NULL AS erased
FROM read.person
"""

_CLIENTS_AT = f"""
{_PERSON}
WHERE kind = 'client' AND same_email = %s
  AND (%s OR password_change IS NOT NULL
       OR EXISTS (SELECT FROM identity.password WHERE password.person_id = person.id))
ORDER BY email_confirmed DESC, row_number() OVER (PARTITION BY office_id ORDER BY email_confirmed DESC, id), id
LIMIT %s
"""

_ALIKE = """
SELECT id FROM (
    SELECT id, (same_email = %(email)s)::int + (phone = %(phone)s)::int + (search LIKE %(name)s)::int AS shared
    FROM read.person WHERE kind = 'client' AND office_id = %(office)s AND id IS DISTINCT FROM %(but)s
) AS client
WHERE shared > 0 ORDER BY shared DESC, id LIMIT %(limit)s
"""


class Database(Protocol):
    """The event store lends its connections: autocommit, rows as dictionaries."""

    def connection(self) -> AbstractContextManager[Connection[dict[str, Any]]]:
        """Borrow a connection."""
        ...


class SqlPeople:
    """The port `People`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, person_id: UUID) -> PersonRow | None:
        """Return a person."""
        return next(iter(self.persons([person_id])), None)

    def persons(self, ids: Sequence[UUID]) -> list[PersonRow]:
        """Return those who exist among `ids`."""
        return self._rows(f"{_PERSON} WHERE id = ANY(%s)", list(ids))

    def half_erased(self) -> list[UUID]:
        """Return those who were erased and whose key is not known to be destroyed."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT id FROM read.person WHERE erased_at IS NOT NULL AND NOT keys_destroyed ORDER BY erased_at"
            ).fetchall()
        return [row["id"] for row in rows]

    def staff(self, issuer: str, subject: str) -> PersonRow | None:
        """Return whom an identity provider names so."""
        return next(iter(self._rows(f"{_PERSON} WHERE issuer = %s AND subject = %s", issuer, subject)), None)

    def clients_at(self, same_email: str, limit: int, *, with_password: bool) -> list[PersonRow]:
        """Return clients of any office with this address: who proved to read its mail first, then office by office."""
        return self._rows(_CLIENTS_AT, same_email, not with_password, limit)

    def twin(self, office_id: UUID, same_email: str, phone: str, first_name: str, last_name: str) -> UUID | None:
        """Return an office's client with these names (letter case and accents apart), this address and this number."""
        name = (searchable(first_name), searchable(last_name))
        rows = self._rows(
            f"{_PERSON} WHERE kind = 'client' AND office_id = %s AND same_email = %s AND phone = %s ORDER BY id",
            office_id,
            same_email,
            phone,
        )
        return next((row.id for row in rows if (searchable(row.first_name), searchable(row.last_name)) == name), None)

    def alike(self, office_id: UUID, facts: Facts, but: UUID | None, limit: int) -> list[UUID]:
        """Return an office's other clients with this name, this address or this number, the most alike first."""
        given = {
            "office": office_id,
            "but": but,
            "email": facts.same_email,
            "phone": facts.phone,
            "name": f"{_escaped(searchable(facts.first_name, facts.last_name))} %",
            "limit": limit,
        }
        with self._database.connection() as connection:
            return [row["id"] for row in connection.execute(_ALIKE.encode(), given)]

    def clients_of(self, office_id: UUID, text: str, after: Sequence[str] | None, limit: int) -> list[PersonRow]:
        """Return an office's clients whose name, address or number holds `text`, by name, after (name, id)."""
        name, person_id = after or ("", UUID(int=0))
        return self._rows(
            f"{_PERSON} WHERE kind = 'client' AND office_id = %s AND search LIKE %s"
            " AND (coalesce(last_name, ''), id) > (%s, %s::uuid) ORDER BY coalesce(last_name, ''), id LIMIT %s",
            office_id,
            _holding(text),
            name,
            person_id,
            limit,
        )

    def _rows(self, sql: str, *values: object) -> list[PersonRow]:
        with self._database.connection() as connection:
            return [PersonRow(**row) for row in connection.execute(sql.encode(), values)]


class SqlOffices:
    """The port `Offices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def office(self, office_id: UUID) -> OfficeRow | None:
        """Return an office."""
        found = self._rows("SELECT id, crpcen, name FROM read.office WHERE id = %s", office_id)
        return OfficeRow(**found[0]) if found else None

    def found(self, text: str, limit: int) -> list[OfficeRow]:
        """Return offices whose name or CRPCEN holds `text` (L-18)."""
        rows = self._rows(
            "SELECT id, crpcen, name FROM read.office WHERE search LIKE %s ORDER BY name, id LIMIT %s",
            _holding(text),
            limit,
        )
        return [OfficeRow(**row) for row in rows]

    def memberships(self, person_id: UUID) -> list[MembershipRow]:
        """Return a person's memberships that were not refused, oldest first."""
        rows = self._rows(
            "SELECT membership.id, person_id, office_id, role, state, crpcen FROM read.membership"
            " JOIN read.office ON office.id = office_id WHERE person_id = %s AND state <> %s ORDER BY requested_at",
            person_id,
            State.REFUSED,
        )
        return [MembershipRow(**row) for row in rows]

    def members(self, office_id: UUID, state: str | None) -> list[MemberRow]:
        """Return an office's memberships in a state, or in any."""
        rows = self._rows(
            "SELECT membership.id, person_id, role, state, first_name, last_name, email, email_confirmed"
            " FROM read.membership JOIN read.person ON person.id = person_id"
            " WHERE membership.office_id = %s AND (%s::text IS NULL OR state = %s)"
            " ORDER BY requested_at, membership.id",
            office_id,
            state,
            state,
        )
        return [MemberRow(**row) for row in rows]

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with self._database.connection() as connection:
            return connection.execute(sql.encode(), values).fetchall()


def _holding(text: str) -> str:
    """Return the LIKE pattern of a text; the wildcards in it are only signs."""
    return f"%{_escaped(searchable(text))}%"


def _escaped(flat: str) -> str:
    for sign in ("\\", "%", "_"):
        flat = flat.replace(sign, f"\\{sign}")
    return flat
