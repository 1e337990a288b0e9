"""What the use cases need from elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from dossier.domain.document_request import State
from dossier.domain.presets import Choice


@dataclass(frozen=True, slots=True)
class Office:
    """An office as identity knows it."""

    id: UUID
    name: str
    member_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Person:
    """A person as identity knows them now; an erased one has no name."""

    id: UUID
    first_name: str | None
    last_name: str | None
    erased: bool


class Directory(Protocol):
    """Who people and offices are. Every call raises a refusal of status 503 while identity does not answer."""

    def is_client(self, client_id: UUID, office_id: UUID) -> bool:
        """Tell whether the person is a client of the office."""
        ...

    def office(self, office_id: UUID) -> Office:
        """Return an office with its members."""
        ...

    def persons(self, ids: Iterable[UUID]) -> Mapping[UUID, Person]:
        """Return those of the persons that are known."""
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """What the vault's scanner says of a version; only a clean one is given to anyone."""

    state: str
    """pending, clean, infected or not-scanned."""
    scanner: str | None
    """clamd, or basic: the vault's built-in check."""
    cause: str | None
    """Why it was not scanned: limits, timeout or failed."""


@dataclass(frozen=True, slots=True)
class File:
    """What the vault knows of a version beside its bytes; the name is none once its owner was erased."""

    name: str | None
    sha256: str
    scan: Scan


class Files(Protocol):
    """The files behind the versions."""

    def described(self, version_ids: Iterable[UUID]) -> Mapping[UUID, File]:
        """Return those of the files that are known; none while the vault does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one request of a dossier stands."""

    request_id: UUID
    client_id: UUID
    requested: bool
    state: State
    label: str | None


class Register(Protocol):
    """What the read model tells the use cases."""

    def standings(self, dossier_id: UUID) -> Sequence[Standing]:
        """Return the requests of a dossier."""
        ...

    def is_completed(self, dossier_id: UUID) -> bool:
        """Tell whether the dossier was recorded as complete since the last request."""
        ...

    def chosen_deed_types(self, office_id: UUID) -> tuple[Mapping[str, Choice], AbstractSet[str]]:
        """Return what the office chose for each deed type that it changed or added, and those that it withdrew."""
        ...

    def chosen_reasons(self, office_id: UUID) -> Sequence[str] | None:
        """Return the ready reasons of refusals that the office chose, None if it never did."""
        ...


class Written(Protocol):
    """What the read model tells of conversations."""

    def of_the_last_hour(self, author_id: UUID) -> int:
        """Count the messages that a person wrote within the last hour, in all conversations."""
        ...
