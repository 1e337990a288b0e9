"""The events of a dossier in the order of the log, in plain words, with their place and their seal."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from chassis.http import Page
from proof.entry import Entry
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from journal.log.database import Database, Rows
from journal.log.leaf import Leaf
from journal.reading.access import Reader
from journal.reading.peers import Peers, Person

# A part of an aggregate that does not repeat the dossier belongs to it all the same.
_OF_DOSSIER = """
    (e.dossier = %(dossier)s OR (e.dossier IS NULL AND (e.svc, e.agg) IN
        (SELECT o.svc, o.agg FROM journal.entry o WHERE o.dossier = %(dossier)s)))"""

MEANINGS: dict[str, str] = {
    topic: sentence
    for service in tomllib.loads((files("journal.reading") / "meanings.toml").read_text("utf-8")).values()
    for topic, sentence in service.items()
}


WHO: dict[str, JsonValue] = {
    "id": "08418b43-57dd-5a22-be6e-a26cbf6223ef",
    "kind": "client",
    "name": "Jean Durand",
    "erased": False,
}
SEAL: dict[str, JsonValue] = {"size": 412, "made_at": "2026-03-02T09:30:04Z"}
DOCUMENT: dict[str, JsonValue] = {"version_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11", "size": 48213}
EVENT: dict[str, JsonValue] = {
    "index": 408,
    "service": "vault",
    "store_seq": 57,
    "aggregate_id": "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11",
    "aggregate_version": 1,
    "office_seq": 21,
    "type": "vault.document-stored",
    "meaning": MEANINGS["vault.document-stored"],
    "occurred_at": "2026-03-02T09:30:00.123456Z",
    "recorded_at": "2026-03-02T09:30:00.124012Z",
    "actor": WHO,
    "documents": [DOCUMENT],
    "sealed": SEAL,
}


class Who(BaseModel):
    """Whoever caused the event; the name is asked of identity at the time of reading."""

    model_config = ConfigDict(json_schema_extra={"examples": [WHO]})

    id: UUID | None
    kind: str
    name: str | None
    erased: bool = False


class Seal(BaseModel):
    """The first signed checkpoint that covers the event."""

    model_config = ConfigDict(json_schema_extra={"examples": [SEAL]})

    size: int
    made_at: datetime


class DocumentVersion(BaseModel):
    """A document version that the event is about."""

    model_config = ConfigDict(json_schema_extra={"examples": [DOCUMENT]})

    version_id: UUID
    size: int = Field(description="bytes, in clear")


class Event(BaseModel):
    """One event of the dossier."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVENT]})

    index: int = Field(description="place in the log")
    service: str
    store_seq: int = Field(description="gap-free number in the service")
    aggregate_id: UUID
    aggregate_version: int
    office_seq: int | None = Field(description="gap-free number of the office in the service")
    type: str
    meaning: str
    occurred_at: datetime
    recorded_at: datetime
    actor: Who
    documents: list[DocumentVersion]
    sealed: Seal | None = Field(description="none until a checkpoint is signed, some seconds later")


class EventPage(Page[Event]):
    """Events in the order of the log; `next` opens the following page and is null on the last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EVENT], "next": None}]})


class Timeline:
    """Reads the log for people."""

    def __init__(self, database: Database, peers: Peers) -> None:
        self._database = database
        self._peers = peers

    def events(self, reader: Reader, dossier: UUID, after: int, limit: int) -> list[Event]:
        """Return up to `limit` events of a dossier whose place is above `after`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT e.idx, e.entry, c.size, c.made_at FROM journal.entry e LEFT JOIN LATERAL"  # noqa: S608 - constant
                " (SELECT size, made_at FROM journal.checkpoint WHERE size > e.idx AND note IS NOT NULL"
                f" ORDER BY size LIMIT 1) c ON true WHERE {_OF_DOSSIER} AND e.idx > %(after)s"
                " ORDER BY e.idx LIMIT %(limit)s",
                {"dossier": dossier, "after": after, "limit": limit},
            ).fetchall()
        leaves = [(Entry.parse(bytes(row["entry"])), row) for row in rows]
        named = {entry.actor for entry, _ in leaves if entry.actor and reader.may_name(entry.actor, entry.actor_kind)}
        persons = self._peers.persons(named) if named else {}
        return [_event(entry, row, persons) for entry, row in leaves]


def leaves_of(connection: Rows, dossier: UUID) -> list[Leaf]:
    """Return every entry of a dossier in the order of the log."""
    rows = connection.execute(
        f"SELECT e.idx, e.entry FROM journal.entry e WHERE {_OF_DOSSIER} ORDER BY e.idx",  # noqa: S608 - constant
        {"dossier": dossier},
    ).fetchall()
    return [Leaf(row["idx"], bytes(row["entry"]), Entry.parse(bytes(row["entry"]))) for row in rows]


def document_versions(leaves: Sequence[Leaf]) -> list[str]:
    """Return the document versions that some entries name, in their order."""
    return list(dict.fromkeys(document.ver for leaf in leaves for document in leaf.entry.docs))


def _event(entry: Entry, row: dict[str, Any], persons: dict[str, Person]) -> Event:
    person = persons.get(entry.actor or "")
    who = Who(
        id=UUID(entry.actor) if entry.actor else None,
        kind=entry.actor_kind,
        name=person.name if person else None,
        erased=person.erased if person else False,
    )
    documents = [DocumentVersion(version_id=UUID(d.ver), size=d.size) for d in entry.docs]
    return Event(
        index=row["idx"],
        service=entry.svc,
        store_seq=entry.store_seq,
        aggregate_id=UUID(entry.agg),
        aggregate_version=entry.agg_ver,
        office_seq=entry.office_seq,
        type=entry.type,
        meaning=MEANINGS.get(entry.type, f"Événement « {entry.type} »."),
        occurred_at=datetime.fromisoformat(entry.occurred_at),
        recorded_at=datetime.fromisoformat(entry.recorded_at),
        actor=who,
        documents=documents,
        sealed=Seal(size=row["size"], made_at=row["made_at"]) if row["size"] is not None else None,
    )
