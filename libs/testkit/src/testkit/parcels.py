"""A small event-sourced service for tests and benches: parcels that belong to an office and speak of a person."""

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event
from eventstore import LEDGER, Facts, FileKeyService, Personal, Projection, Rows, Store, create_read_model, migrate

READ_MODEL = """
CREATE TABLE read.parcel (
    id uuid PRIMARY KEY, office_id uuid NOT NULL, number text NOT NULL, note text, moves integer NOT NULL,
    tags text[] NOT NULL, CONSTRAINT parcel_number UNIQUE (office_id, number)
);
"""


class Parcel(Aggregate):
    """Something with a number unique in its office and a note about a person."""

    TOPIC = "sample.parcel"

    class Created(AggregateCreated):
        """A parcel was opened."""

        TOPIC = "sample.parcel-opened"
        office_id: UUID
        number: str
        person_id: UUID
        note: Annotated[str | None, Personal(of="person_id")]

    class Moved(AggregateEvent):
        """A parcel was moved once more."""

        TOPIC = "sample.parcel-moved"
        moves: int

    @event(Created)
    def __init__(self, office_id: UUID, number: str, person_id: UUID, note: str | None) -> None:
        self.office_id = office_id
        self.number = number
        self.person_id = person_id
        self.note = note
        self.moves = 0

    def move(self) -> None:
        """Move once more."""
        self._moved(self.moves + 1)

    @event(Moved)
    def _moved(self, moves: int) -> None:
        self.moves = moves


def sample_projection() -> Projection:
    """Return the projection of parcels."""
    projection = Projection()

    @projection.on(Parcel.Created)
    def _(opened: Any, rows: Rows) -> None:
        rows.insert(
            "parcel",
            id=opened.originator_id,
            office_id=opened.office_id,
            number=opened.number,
            note=opened.note,
            moves=0,
            tags=["a", "é"],
        )

    @projection.on(Parcel.Moved)
    def _(moved: Any, rows: Rows) -> None:
        rows.update("parcel", moved.originator_id, moves=moved.moves)

    return projection


@dataclass(frozen=True)
class SomeCommand:
    """A command with a key of the test's choice."""

    key: str
    fingerprint: bytes = b"asked"


@dataclass(frozen=True)
class Someone:
    """Whoever causes events in a test."""

    person_id: UUID | None = field(default_factory=uuid4)
    kind: str = "staff"
    command: SomeCommand | None = None
    correlation_id: str = "corr-1"
    trace: str | None = None


class Sample:
    """The store under test and what is needed to open it again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        master = folder / "master.key"
        if not master.exists():
            master.write_text(base64.b64encode(os.urandom(32)).decode())
        schema = folder / "schema.sql"
        if not schema.exists():
            schema.write_text(READ_MODEL)
        migrate(url, LEDGER)
        create_read_model(url, schema)

    def open(self, url: str | None = None) -> Store:
        """Open the store, by another address if one is given."""
        return Store(
            "sample",
            url or self.url,
            projection=sample_projection(),
            keys=FileKeyService(self.folder / "master.key"),
            facts=lambda _event, aggregate: Facts(office=aggregate.office_id, dossier=aggregate.id),
        )


def a_parcel(
    number: str = "2026-1", office: UUID | None = None, note: str | None = "Jean Dupont", person: UUID | None = None
) -> Parcel:
    """Build a parcel, about a person of its own unless one is given."""
    return Parcel(office_id=office or uuid4(), number=number, person_id=person or uuid4(), note=note)
