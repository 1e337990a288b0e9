"""The documents an office usually asks for, by deed type (L-40, L-41)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, event

from dossier.domain.refusals import (
    DeedTypeKnown,
    DeedTypeNotOffered,
    LastDeedType,
    UnknownDeedType,
    UnknownDocumentType,
)

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A kind of document; an office's own kinds have their label as code."""

    code: str
    label: str
    help: str | None = None
    """What the client is told about it (L-42)."""


@dataclass(frozen=True, slots=True)
class DeedType:
    """A kind of deed, with the documents it usually needs, in the order shown."""

    code: str
    label: str
    documents: tuple[DocumentType, ...]
    withdrawn: bool = False
    """Whether the office offers it no longer; dossiers that have it keep it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an office made of a deed type: its label where it has one of its own, the documents, a help text for each.

    Without help texts the documents have the ones they come with.
    """

    documents: tuple[str, ...]
    label: str | None = None
    helps: tuple[str, ...] = ()


class Presets(Aggregate):
    """One choice of an office for one deed type; the latest holds."""

    TOPIC = "dossier.presets"

    class Created(AggregateCreated):
        """The office changed the documents it usually asks for; codes of known types, or labels of its own (L-70).

        A deed type that nobody else has is one of the office's own. Help texts are empty where there is none.
        """

        TOPIC = "dossier.presets-changed"
        class_version = 2
        office_id: UUID
        deed_type: str
        documents: list[str]
        label: str | None
        helps: list[str]

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Deed types had the names and help texts they come with."""
            state["label"], state["helps"] = None, []

    @event(Created)
    def __init__(
        self, *, office_id: UUID, deed_type: str, documents: list[str], label: str | None, helps: list[str]
    ) -> None:
        self.office_id = office_id
        self.deed_type = deed_type
        self.documents = documents
        self.label = label
        self.helps = helps


class Withdrawal(Aggregate):
    """One decision of an office to offer a deed type no longer; the latest of withdrawals and returns holds."""

    TOPIC = "dossier.deed-type-withdrawal"

    class Created(AggregateCreated):
        """No new dossier has this deed type from now on."""

        TOPIC = "dossier.deed-type-withdrawn"
        office_id: UUID
        deed_type: str

    @event(Created)
    def __init__(self, *, office_id: UUID, deed_type: str) -> None:
        self.office_id = office_id
        self.deed_type = deed_type


class Return(Aggregate):
    """One decision of an office to offer a withdrawn deed type again."""

    TOPIC = "dossier.deed-type-return"

    class Created(AggregateCreated):
        """New dossiers may have this deed type again."""

        TOPIC = "dossier.deed-type-offered-again"
        office_id: UUID
        deed_type: str

    @event(Created)
    def __init__(self, *, office_id: UUID, deed_type: str) -> None:
        self.office_id = office_id
        self.deed_type = deed_type


class Catalogue:
    """The deed types with their default documents, and what an office made of them."""

    def __init__(
        self,
        defaults: Iterable[DeedType],
        chosen: Mapping[str, Choice] | None = None,
        withdrawn: AbstractSet[str] = frozenset(),
    ) -> None:
        self._defaults = {deed_type.code: deed_type for deed_type in defaults}
        self._known = {document.code: document for deed in self._defaults.values() for document in deed.documents}
        self._chosen = chosen or {}
        self._withdrawn = withdrawn

    def of_office(self, chosen: Mapping[str, Choice], withdrawn: AbstractSet[str] = frozenset()) -> "Catalogue":
        """Return the catalogue as an office sees it; `chosen` maps deed types to its own list."""
        return Catalogue(self._defaults.values(), chosen, withdrawn)

    def deed_types(self) -> list[DeedType]:
        """Return all deed types, by label; withdrawn ones too."""
        every = {**self._defaults, **self._chosen}
        return sorted((self.deed_type(code) for code in every), key=lambda deed_type: folded(deed_type.label))

    def deed_type(self, code: str) -> DeedType:
        """Return one deed type, perhaps a withdrawn one; raise UnknownDeedType."""
        default, choice = self._defaults.get(code), self._chosen.get(code)
        withdrawn = code in self._withdrawn
        if choice is None:
            if default is None:
                raise UnknownDeedType
            return replace(default, withdrawn=withdrawn)
        known = self._known_in(code)
        documents = [known.get(chosen, DocumentType(chosen, chosen)) for chosen in choice.documents]
        if choice.helps:
            documents = [replace(one, help=told or None) for one, told in zip(documents, choice.helps, strict=True)]
        return DeedType(code, choice.label or (default.label if default else code), tuple(documents), withdrawn)

    def refuse_unless_offered(self, code: str) -> None:
        """Raise UnknownDeedType, or DeedTypeNotOffered for one that no new dossier may have."""
        if self.deed_type(code).withdrawn:
            raise DeedTypeNotOffered

    def refuse_last(self, code: str) -> None:
        """Raise LastDeedType if no other deed type is offered: no dossier could be opened any more."""
        if all(one.withdrawn for one in self.deed_types() if one.code != code):
            raise LastDeedType

    def choice(self, code: str, label: str, documents: Iterable[tuple[str, str | None]]) -> Choice:
        """Return what an office chooses for a deed type, each document once.

        A document is the code or the label of a known type, or a label of the office's own; its help text, where
        nothing is said, is the one that it comes with.
        """
        known = self._known_in(code)
        by_label = {folded(document.label): document for document in known.values()}
        kept: dict[str, tuple[str, str]] = {}
        for name, told in documents:
            found = known.get(name) or by_label.get(folded(name)) or DocumentType(name, name)
            kept.setdefault(folded(found.label), (found.code, (found.help or "") if told is None else told))
        return Choice(tuple(one for one, _ in kept.values()), label, tuple(told for _, told in kept.values()))

    def new_code(self, label: str) -> str:
        """Return the code of a deed type that is added; raise DeedTypeKnown if there is one that is called so."""
        self.refuse_taken(label)
        signs = "".join(sign if sign.isalnum() else "-" for sign in folded(label))
        wanted = "-".join(part for part in signs.split("-") if part)[:LONGEST_CODE].strip("-") or "acte"
        taken = {**self._defaults, **self._chosen}
        numbered = (f"{wanted[: LONGEST_CODE - 4]}-{number}" for number in range(2, len(taken) + 3))
        return next(code for code in (wanted, *numbered) if code not in taken)

    def refuse_taken(self, label: str, but: str = "") -> None:
        """Raise DeedTypeKnown if a deed type, but perhaps one, is called so."""
        if any(folded(one.label) == folded(label) for one in self.deed_types() if one.code != but):
            raise DeedTypeKnown

    def _known_in(self, code: str) -> dict[str, DocumentType]:
        default = self._defaults.get(code)
        return self._known | {document.code: document for document in (default.documents if default else ())}

    def choose(self, deed_type: str, codes: Sequence[str], others: Iterable[str]) -> list[DocumentType]:
        """Return what to ask for: ticked types and labels typed; the same document twice is one document (L-43).

        A label that is on the list of the deed type means that type. Raises UnknownDocumentType.
        """
        listed = self.deed_type(deed_type).documents
        by_code = {document.code: document for document in listed}
        by_label = {folded(document.label): document for document in listed}
        chosen: dict[str, DocumentType] = {}
        if unknown := [code for code in codes if code not in by_code]:
            raise UnknownDocumentType(unknown=unknown)
        for code in codes:
            chosen.setdefault(folded(by_code[code].label), by_code[code])
        for label in others:
            chosen.setdefault(folded(label), by_label.get(folded(label), DocumentType("", label)))
        return list(chosen.values())


def folded(label: str) -> str:
    """Return a label without case, accents and extra spaces, to tell whether two mean the same document."""
    plain = unicodedata.normalize("NFKD", label).casefold()
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())
