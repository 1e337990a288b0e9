"""Rows of a table that an office sends become letters to write, or reasons why not, by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import UUID

from lre_gateway.adapters.tables import TableRow, folded, rows
from lre_gateway.application.importing import ImportRow
from lre_gateway.domain.party import Postal
from lre_gateway.domain.vocabulary import Kind

_HEADINGS: Final = {
    "kind": ("type", "statut", "qualité", "kind"),
    "last_name": ("nom", "nom de famille", "last name", "lastname"),
    "first_name": ("prénom", "first name", "firstname"),
    "company": ("société", "raison sociale", "entreprise", "company"),
    "email": ("e-mail", "email", "mail", "courriel", "adresse e-mail", "adresse mail"),
    "line1": ("adresse", "adresse 1", "rue", "address", "address 1"),
    "line2": ("complément", "complément d'adresse", "adresse 2", "address 2"),
    "postcode": ("code postal", "cp", "postcode", "zip"),
    "city": ("ville", "commune", "city"),
    "country": ("pays", "country"),
    "subject": ("objet", "sujet", "subject"),
    "text": ("texte", "contenu", "lettre", "text"),
    "attachments": ("pièces jointes", "pièce jointe", "annexes", "attachments"),
}
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {folded(heading): name for name, headings in _HEADINGS.items() for heading in headings}
)
REQUIRED: Final = ("subject",)
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        **dict.fromkeys(("particulier", "individual", "individuel", "personne"), Kind.INDIVIDUAL),
        **dict.fromkeys(("professionnel", "professional", "pro", "societe", "entreprise"), Kind.PROFESSIONAL),
    }
)
_COUNTRIES: Final[Mapping[str, str]] = MappingProxyType({"": "FR", "france": "FR"})
_FRENCH_POSTCODE = 5


@dataclass(frozen=True, slots=True)
class Read:
    """What a table says: letters to write, and rows that say something else, as (row, code)."""

    rows: list[ImportRow] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_rows(content: bytes) -> Read:
    """Read a table; raise TableUnreadable, TableTooLarge or ColumnsMissing."""
    read = Read()
    for row in rows(content, COLUMNS, REQUIRED):
        made = _row(row)
        if isinstance(made, ImportRow):
            read.rows.append(made)
        else:
            read.refused.append((row.number, made))
    return read


def _row(row: TableRow) -> ImportRow | str:
    cells = {name: row.cells.get(name, "") for name in _HEADINGS}
    kind = _kind(cells)
    if kind is None:
        return "KIND_UNKNOWN"
    if not (cells["last_name"] or cells["company"]):
        return "NAME_MISSING"
    if not cells["subject"]:
        return "SUBJECT_MISSING"
    try:
        attachments = tuple(UUID(word) for word in cells["attachments"].replace(";", " ").replace(",", " ").split())
    except ValueError:
        return "UNKNOWN_ATTACHMENT"
    names = ("last_name", "first_name", "company", "email")
    return ImportRow(
        line=row.number,
        kind=kind,
        postal=_postal(cells),
        subject=cells["subject"],
        text=cells["text"],
        attachments=attachments,
        **{name: cells[name] or None for name in names},
    )


def _postal(cells: Mapping[str, str]) -> Postal | None:
    if not (cells["line1"] or cells["postcode"] or cells["city"]):
        return None
    country = _COUNTRIES.get(folded(cells["country"]), cells["country"].upper())
    return Postal(
        line1=cells["line1"],
        line2=cells["line2"],
        postcode=_postcode(cells["postcode"], country),
        city=cells["city"],
        country=country,
    )


def _kind(cells: Mapping[str, str]) -> Kind | None:
    if cells["kind"]:
        return _KINDS.get(folded(cells["kind"]))
    return Kind.PROFESSIONAL if cells["company"] else Kind.INDIVIDUAL


def _postcode(postcode: str, country: str) -> str:
    """Give a French postcode back the zero that a spreadsheet program takes from a number."""
    return postcode.zfill(_FRENCH_POSTCODE) if country == "FR" and postcode.isdigit() else postcode
