"""Rows about people and offices, as the application reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person; names and addresses are None once the person was erased."""

    id: UUID
    kind: str
    office_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    email_confirmed: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """An office."""

    id: UUID
    crpcen: str
    name: str


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A membership with the office's CRPCEN."""

    id: UUID
    person_id: UUID
    office_id: UUID
    role: str
    state: str
    crpcen: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A membership with the person's name, as colleagues see it."""

    id: UUID
    person_id: UUID
    role: str
    state: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_confirmed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """How a client is called and reached, as it is compared."""

    first_name: str
    last_name: str
    same_email: str
    phone: str


class People(Protocol):
    """Queries on persons."""

    def person(self, person_id: UUID) -> PersonRow | None:
        """Return a person."""
        ...

    def persons(self, ids: Sequence[UUID]) -> list[PersonRow]:
        """Return those who exist among `ids`."""
        ...

    def half_erased(self) -> list[UUID]:
        """Return those who were erased and whose key is not known to be destroyed."""
        ...

    def staff(self, issuer: str, subject: str) -> PersonRow | None:
        """Return whom an identity provider names so."""
        ...

    def clients_at(self, same_email: str, limit: int, *, with_password: bool) -> list[PersonRow]:
        """Return clients of any office with this address: who proved to read its mail first, then office by office."""
        ...

    def twin(self, office_id: UUID, same_email: str, phone: str, first_name: str, last_name: str) -> UUID | None:
        """Return an office's client with these names (letter case and accents apart), this address and this number."""
        ...

    def alike(self, office_id: UUID, facts: Facts, but: UUID | None, limit: int) -> list[UUID]:
        """Return an office's other clients with this name, this address or this number, the most alike first."""
        ...

    def clients_of(self, office_id: UUID, text: str, after: Sequence[str] | None, limit: int) -> list[PersonRow]:
        """Return an office's clients whose name, address or number holds `text`, by name, after (name, id)."""
        ...


class Offices(Protocol):
    """Queries on offices and their members."""

    def office(self, office_id: UUID) -> OfficeRow | None:
        """Return an office."""
        ...

    def found(self, text: str, limit: int) -> list[OfficeRow]:
        """Return offices whose name or CRPCEN holds `text`."""
        ...

    def memberships(self, person_id: UUID) -> list[MembershipRow]:
        """Return a person's memberships that were not refused, oldest first."""
        ...

    def members(self, office_id: UUID, state: str | None) -> list[MemberRow]:
        """Return an office's memberships in a state, or in any."""
        ...
