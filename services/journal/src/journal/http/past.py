"""How the past is told: points, states, changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import Page, example
from proof.entry import encoded
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from journal.attest.attestations import Attestations
from journal.reading.access import Reader
from journal.reading.diff import Changed
from journal.reading.peers import ReadBy
from journal.reading.replay import Point
from journal.reading.replaying import Comparison
from journal.reading.replaying import Page as PastPage
from journal.reading.states import Past
from journal.reading.timeline import EVENT, Event

CHECKPOINT: dict[str, JsonValue] = {
    "size": 412,
    "root": "YDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA=",
    "note": "journal.example/prod\n412\nYDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA=\n\n— journal.example/prod …\n",
}
POINT: dict[str, JsonValue] = {
    "asked": "408",
    "size": 409,
    "numbers": {"dossier": 128, "vault": 57},
    "checkpoint": CHECKPOINT,
    "stamped_after": "2026-03-02T09:20:06Z",
    "stamped_before": "2026-03-02T09:30:06Z",
}
READ_BY: dict[str, JsonValue] = {
    "version": "0.1.0",
    "upcasts": "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
}
FINDING: dict[str, JsonValue] = {"code": "event-altered", "index": 402}
AGGREGATE: dict[str, JsonValue] = {
    "service": "dossier",
    "id": "0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e",
    "aggregate": "dossier.dossier",
    "index": 402,
    "version": 3,
    "leaf_hash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    "proof": ["YDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA="],
    "created_at": "2026-03-01T08:00:00Z",
    "modified_at": "2026-03-02T09:29:58Z",
    "state": {"number": "2026-0042", "archived": False},
    "withheld": False,
    "findings": [],
    "read_by": READ_BY,
}
CHANGE: dict[str, JsonValue] = {"field": "archived", "before": False, "after": True, "index": 408}
CHANGED: dict[str, JsonValue] = {
    "service": "dossier",
    "id": "0b9f7c1e-2f53-4c7e-9d0a-6f1c2b3a4d5e",
    "events": [EVENT],
    "changes": [CHANGE],
    "withheld": False,
    "findings": [],
    "read_by": READ_BY,
}


class CheckpointSaid(BaseModel):
    """A signed checkpoint."""

    model_config = example(CHECKPOINT)

    size: int
    root: str = Field(description="base64")
    note: str = Field(description="the signed note, with the cosignatures of witnesses so far")


class PointSaid(BaseModel):
    """A point of the log. Times are those of the servers; the two tokens around it are those of an authority."""

    model_config = example(POINT)

    asked: str
    size: int = Field(description="leaves up to the point")
    numbers: dict[str, int] = Field(description="the last number of each service at the point")
    checkpoint: CheckpointSaid = Field(description="the smallest signed checkpoint that covers the point")
    stamped_after: datetime | None = Field(description="the last token before the point: its next leaf came later")
    stamped_before: datetime | None = Field(description="the first token over the point: its leaves came earlier")


class FindingSaid(BaseModel):
    """Something is not as the log says.

    event-unreadable: the service cannot tell the state; unknown-to-service: it knows nothing of it; version-differs:
    it tells the state of another version; event-altered: it holds other bytes for a leaf, or none.
    """

    model_config = example(FINDING)

    code: str
    index: int | None


class ReadBySaid(BaseModel):
    """The code that told a state from stored events."""

    model_config = example(READ_BY)

    version: str = Field(description="of the service that owns the aggregate")
    upcasts: str = Field(description="SHA-256, hexadecimal, over its rules for events of earlier versions")


class AggregateState(BaseModel):
    """An aggregate at a point, from its events only; `version` is what the log says of it."""

    model_config = example(AGGREGATE)

    service: str
    id: UUID
    aggregate: str | None = Field(description="what it is; none where its service could not tell")
    index: int = Field(description="its last leaf up to the point")
    version: int = Field(description="the version that this leaf gives it")
    leaf_hash: str = Field(description="base64")
    proof: list[str] = Field(description="the way from the leaf to the root of the checkpoint (RFC 6962), base64")
    created_at: datetime | None
    modified_at: datetime | None
    state: dict[str, Any] | None = Field(description="its fields; null in the place of what was erased")
    withheld: bool = Field(description="whether the fields are not yours to see")
    findings: list[FindingSaid]
    read_by: ReadBySaid | None = Field(description="none where its service could not tell")


class StatePage(Page[AggregateState]):
    """The aggregates of a scope at a point."""

    model_config = example({"items": [AGGREGATE], "next": None, "point": POINT})

    point: PointSaid


class ChangeSaid(BaseModel):
    """One field before and after the event at place `index`."""

    model_config = example(CHANGE)

    field: str
    before: JsonValue
    after: JsonValue
    index: int


class ChangedSaid(BaseModel):
    """An aggregate with events between two points."""

    model_config = example(CHANGED)

    service: str
    id: UUID
    events: list[Event]
    changes: list[ChangeSaid]
    withheld: bool
    findings: list[FindingSaid]
    read_by: ReadBySaid | None = Field(description="none where its service could not tell")


class Diff(BaseModel):
    """What changed between two points."""

    model_config = ConfigDict(
        validate_by_name=True, json_schema_extra={"examples": [{"from": POINT, "to": POINT, "aggregates": [CHANGED]}]}
    )

    from_: PointSaid = Field(alias="from")
    to: PointSaid
    aggregates: list[ChangedSaid]


def point_said(point: Point, attestations: Attestations) -> PointSaid:
    """Tell of a point."""
    sealed = point.sealed
    note = attestations.note(sealed.size) or sealed.note
    return PointSaid(
        asked=point.asked,
        size=point.size,
        numbers=dict(sorted(point.numbers.items())),
        checkpoint=CheckpointSaid(size=sealed.size, root=encoded(sealed.root), note=note.decode()),
        stamped_after=point.stamped_after,
        stamped_before=point.stamped_before,
    )


def states_said(page: PastPage, reader: Reader) -> list[AggregateState]:
    """Tell what a page holds, without the fields that `reader` may not see."""
    return [_state(past, reader, *page.proofs[past.last.index]) for past in page.items]


def diff_said(comparison: Comparison, attestations: Attestations) -> Diff:
    """Tell what changed."""
    return Diff(
        from_=point_said(comparison.first, attestations),
        to=point_said(comparison.second, attestations),
        aggregates=[_changed(one, comparison) for one in comparison.changed],
    )


def _state(past: Past, reader: Reader, leaf_hash: str, proof: list[str]) -> AggregateState:
    told, event = past.told, past.last.event
    withheld = told is not None and not reader.may_open(told.state)
    return AggregateState(
        service=past.svc,
        id=past.id,
        aggregate=told.aggregate if told else None,
        index=past.last.index,
        version=event.agg_ver if event else 0,
        leaf_hash=leaf_hash,
        proof=proof,
        created_at=told.created_at if told else None,
        modified_at=told.modified_at if told else None,
        state=dict(told.state) if told and not withheld else None,
        withheld=withheld,
        findings=[FindingSaid(code=found.code, index=found.index) for found in past.findings],
        read_by=_read_by(told.read_by if told else None),
    )


def _changed(one: Changed, comparison: Comparison) -> ChangedSaid:
    return ChangedSaid(
        service=one.svc,
        id=one.id,
        events=[comparison.events[leaf.index] for leaf in one.events],
        changes=[
            ChangeSaid(field=change.field, before=change.before, after=change.after, index=change.index)
            for change in one.changes
        ],
        withheld=one.withheld,
        findings=[FindingSaid(code=found.code, index=found.index) for found in one.findings],
        read_by=_read_by(one.read_by),
    )


def _read_by(code: ReadBy | None) -> ReadBySaid | None:
    return ReadBySaid(version=code.version, upcasts=code.upcasts) if code else None
