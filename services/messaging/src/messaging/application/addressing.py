"""Who is written to, in whose name, and where the links lead."""

from dataclasses import dataclass
from uuid import UUID

from messaging.application.ports import People, Person
from messaging.domain.notification import Notice

Letter = tuple[Person, dict[str, str]]
"""Who is written to, and the values of the template."""


class NothingLeft(Exception):
    """What the message is about was done meanwhile."""


class NobodyToWriteTo(Exception):
    """The person was erased or has no address, or what the message is about does not exist any more."""


@dataclass(frozen=True, slots=True)
class Addressing:
    """`public_url` is where the links lead."""

    people: People
    public_url: str

    def person(self, person_id: UUID) -> Person:
        """Return a person; raise NobodyToWriteTo for an unknown or erased one."""
        person = self.people.person(person_id)
        if person is None:
            raise NobodyToWriteTo
        return person

    def for_the_office(self, notice: Notice, values: dict[str, str]) -> Letter:
        """Write in the name of the office that the notice is about."""
        office = self.people.office(given(notice.office_id))
        if office is None:
            raise NobodyToWriteTo
        return self.person(notice.person_id), {"office": office.name, **values}

    def url(self, path: str) -> str:
        """Return the whole address of a page."""
        return f"{self.public_url.rstrip('/')}/{path}"


def given(identifier: UUID | None) -> UUID:
    """Return an id that every notice of this template has."""
    if identifier is None:
        raise NobodyToWriteTo
    return identifier


def for_staff(notice: Notice) -> bool:
    """Tell whether somebody of an office is told, and not the client it is about."""
    return notice.about_id is not None
