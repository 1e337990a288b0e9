"""Leaves in the order of the log, in plain words, with their place, their seal and who vouches for it."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from chassis.http import Page, example
from proof.record import Record
from pydantic import BaseModel, Field, JsonValue

from journal.log.database import Database
from journal.log.leaf import Leaf, read_leaf
from journal.log.scope import EVERYTHING
from journal.reading.access import Reader
from journal.reading.peers import Peers, Person
from journal.reading.query import Filter, find

_SENTENCES: dict[str, dict[str, str]] = tomllib.loads((files("journal.reading") / "meanings.toml").read_text("utf-8"))
RECORDS, WORDS = _SENTENCES.pop("journal"), _SENTENCES.pop("words")
MEANINGS: dict[str, str] = {topic: sentence for service in _SENTENCES.values() for topic, sentence in service.items()}
"""Published event → what it means."""

WHO: dict[str, JsonValue] = {
    "id": "08418b43-57dd-5a22-be6e-a26cbf6223ef",
    "kind": "client",
    "name": "Jean Durand",
    "erased": False,
}
SEAL: dict[str, JsonValue] = {
    "size": 412,
    "made_at": "2026-03-02T09:30:04Z",
    "cosigned": 412,
    "stamped": 420,
    "stamped_at": "2026-03-02T09:30:06Z",
}
DOCUMENT: dict[str, JsonValue] = {"version_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11", "size": 48213}
EVENT: dict[str, JsonValue] = {
    "index": 408,
    "kind": "event",
    "service": "vault",
    "store_seq": 57,
    "aggregate_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
    "aggregate_version": 1,
    "office_id": "5a3f1c02-9a53-4b1e-8f0e-0d4f4d1b7a10",
    "dossier_id": "0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e",
    "office_seq": 21,
    "type": "vault.document-stored",
    "meaning": MEANINGS["vault.document-stored"],
    "occurred_at": "2026-03-02T09:30:00.123456Z",
    "recorded_at": "2026-03-02T09:30:00.124012Z",
    "actor": WHO,
    "documents": [DOCUMENT],
    "said": None,
    "sealed": SEAL,
}


class Who(BaseModel):
    """Whoever caused the event; the name is asked of identity at the time of reading."""

    model_config = example(WHO)

    id: UUID | None
    kind: str
    name: str | None
    erased: bool = False


class Seal(BaseModel):
    """The first signed checkpoint that covers the leaf, and the first ones that others vouch for."""

    model_config = example(SEAL)

    size: int
    made_at: datetime = Field(description="by the journal's clock")
    cosigned: int | None = Field(default=None, description="size of the first checkpoint that a witness cosigned")
    stamped: int | None = Field(default=None, description="size of the first checkpoint with a timestamp token")
    stamped_at: datetime | None = Field(default=None, description="the time that this token proves (RFC 3161)")


class DocumentVersion(BaseModel):
    """A document version that the event is about."""

    model_config = example(DOCUMENT)

    version_id: UUID
    size: int = Field(description="bytes, in clear")


class Event(BaseModel):
    """One leaf: an event of a service, or a record of the journal's own."""

    model_config = example(EVENT)

    index: int = Field(description="place in the log")
    kind: str = Field(description="event, or the kind of record: access, export, head, erasure, seal, key")
    service: str
    store_seq: int = Field(description="gap-free number in the service")
    aggregate_id: UUID | None = Field(description="none for a record")
    aggregate_version: int | None
    office_id: UUID | None
    dossier_id: UUID | None
    office_seq: int | None = Field(description="gap-free number of the office in the service")
    type: str
    meaning: str
    occurred_at: datetime = Field(description="by the service's clock; for a record, when it was recorded")
    recorded_at: datetime
    actor: Who
    documents: list[DocumentVersion]
    said: dict[str, JsonValue] | None = Field(description="what a record says; none for an event")
    sealed: Seal | None = Field(description="none until a checkpoint is signed, some seconds later")


class EventPage(Page[Event]):
    """Events in the order of the log; `next` opens the following page and is null on the last."""

    model_config = example({"items": [EVENT], "next": None})


class Timeline:
    """Reads the log for people."""

    def __init__(self, database: Database, peers: Peers) -> None:
        self._database = database
        self._peers = peers

    def events(self, reader: Reader, dossier: UUID, after: int, limit: int) -> list[Event]:
        """Return up to `limit` events of a dossier whose place is above `after`; a client is not shown letters."""
        letters = None if reader.client_id is None else False
        return self.found(reader, Filter(dossier=dossier, events=True, letters=letters), after, EVERYTHING, limit)

    def found(self, reader: Reader, wanted: Filter, after: int, below: int, limit: int) -> list[Event]:
        """Return up to `limit` leaves between two places, as `reader` may see them."""
        with self._database.transaction() as connection:
            rows = find(connection, wanted, after, below, limit)
        return self.shown(reader, rows)

    def shown(self, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Event]:
        """Return what the rows of a query mean, with the names of whoever acted."""
        leaves = [read_leaf(row["idx"], bytes(row["entry"])) for row in rows]
        acted = {(leaf.entry.actor, leaf.entry.actor_kind) for leaf in leaves}
        named = {actor for actor, kind in acted if actor and reader.may_name(actor, kind)}
        persons = self._peers.persons(named) if named else {}
        return [_event(leaf, row, persons) for leaf, row in zip(leaves, rows, strict=True)]


def meaning(leaf: Leaf) -> str:
    """Return the French sentence of a leaf."""
    entry = leaf.entry
    if isinstance(entry, Record):
        return RECORDS[f"journal.{entry.kind}"].format_map(
            {name: WORDS.get(value, value) if isinstance(value, str) else value for name, value in entry.body.items()}
        )
    return MEANINGS.get(entry.type, f"Événement « {entry.type} ».")


def _event(leaf: Leaf, row: Mapping[str, Any], persons: Mapping[str, Person]) -> Event:
    entry, event = leaf.entry, leaf.event
    person = persons.get(entry.actor or "")
    who = Who(
        id=UUID(entry.actor) if entry.actor else None,
        kind=entry.actor_kind,
        name=person.name if person else None,
        erased=person.erased if person else False,
    )
    return Event(
        index=leaf.index,
        kind=entry.kind,
        service=entry.svc,
        store_seq=entry.store_seq,
        aggregate_id=UUID(event.agg) if event else None,
        aggregate_version=event.agg_ver if event else None,
        office_id=UUID(entry.office) if entry.office else None,
        dossier_id=UUID(entry.dossier) if entry.dossier else None,
        office_seq=entry.office_seq,
        type=event.type if event else f"journal.{entry.kind}",
        meaning=meaning(leaf),
        occurred_at=datetime.fromisoformat(event.occurred_at if event else entry.recorded_at),
        recorded_at=datetime.fromisoformat(entry.recorded_at),
        actor=who,
        documents=[DocumentVersion(version_id=UUID(doc.ver), size=doc.size) for doc in event.docs] if event else [],
        said=entry.body if isinstance(entry, Record) else None,
        sealed=_seal(row),
    )


def _seal(row: Mapping[str, Any]) -> Seal | None:
    if row["size"] is None:
        return None
    return Seal(
        size=row["size"],
        made_at=row["made_at"],
        cosigned=row["cosigned"],
        stamped=row["stamped"],
        stamped_at=row["stamped_at"],
    )
