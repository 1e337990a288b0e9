"""The documents an office usually asks for, by deed type (L-40, L-41)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, event

from dossier.domain.refusals import UnknownDeedType, UnknownDocumentType


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


class Presets(Aggregate):
    """One choice of an office for one deed type; the latest holds."""

    TOPIC = "dossier.presets"

    class Created(AggregateCreated):
        """The office changed the documents it usually asks for; codes of known types, or labels of its own (L-70)."""

        TOPIC = "dossier.presets-changed"
        office_id: UUID
        deed_type: str
        documents: list[str]

    @event(Created)
    def __init__(self, *, office_id: UUID, deed_type: str, documents: list[str]) -> None:
        self.office_id = office_id
        self.deed_type = deed_type
        self.documents = documents


class Catalogue:
    """The deed types with their default documents, and what an office made of them."""

    def __init__(self, defaults: Iterable[DeedType], chosen: Mapping[str, Sequence[str]] | None = None) -> None:
        self._defaults = {deed_type.code: deed_type for deed_type in defaults}
        self._known = {document.code: document for deed in self._defaults.values() for document in deed.documents}
        self._chosen = chosen or {}

    def of_office(self, chosen: Mapping[str, Sequence[str]]) -> "Catalogue":
        """Return the catalogue as an office sees it; `chosen` maps deed types to its own list."""
        return Catalogue(self._defaults.values(), chosen)

    def deed_types(self) -> list[DeedType]:
        """Return all deed types, by label."""
        return sorted((self.deed_type(code) for code in self._defaults), key=lambda deed_type: folded(deed_type.label))

    def deed_type(self, code: str) -> DeedType:
        """Return one deed type; raise UnknownDeedType."""
        default = self._defaults.get(code)
        if default is None:
            raise UnknownDeedType
        if code not in self._chosen:
            return default
        known = self._known | {document.code: document for document in default.documents}
        documents = (known.get(chosen, DocumentType(chosen, chosen)) for chosen in self._chosen[code])
        return DeedType(code, default.label, tuple(documents))

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
