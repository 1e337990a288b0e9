"""What vouches for one leaf, for a dossier, for a document; and what kinds of leaves there are."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, example, problems
from chassis.refusal import NotFound
from fastapi import APIRouter, Path
from proof.entry import encoded
from proof.tree import leaf_hash
from pydantic import BaseModel, Field, JsonValue

from journal.http.asking import CurrentIntent
from journal.http.compliance import CurrentFilter
from journal.http.log import LARGEST
from journal.http.parts import Parts
from journal.http.past import CHECKPOINT, CheckpointSaid
from journal.log.records import LogBehind
from journal.reading.proving import MILESTONES, Proven, Vouched
from journal.reading.purposes import PurposeRequired
from journal.reading.query import Filter
from journal.reading.timeline import EVENT, MEANINGS, Event

Index = Annotated[int, Path(ge=0, le=LARGEST, description="the place of the leaf in the log")]
_REFUSALS = problems(NotFound, Unavailable, PurposeRequired, LogBehind)

COSIGNED: dict[str, JsonValue] = {"name": "witness.example", "at": "2026-03-02T09:30:05Z"}
STAMPED: dict[str, JsonValue] = {"authority": "CN=Horodatage", "at": "2026-03-02T09:30:06Z"}
PROVEN: dict[str, JsonValue] = {
    "event": EVENT,
    "entry": '{"actor":"08418b43-57dd-5a22-be6e-a26cbf6223ef"}',
    "leaf_hash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    "checkpoint": CHECKPOINT,
    "hashes": ["YDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA="],
    "witnesses": [COSIGNED],
    "tokens": [STAMPED],
}
VOUCHED: dict[str, JsonValue] = {
    "entries": 17,
    "sealed": 17,
    "cosigned": 17,
    "stamped": 16,
    "stamped_at": None,
    "milestones": [EVENT],
}
KIND: dict[str, JsonValue] = {"type": "vault.document-stored", "meaning": MEANINGS["vault.document-stored"]}


class CosignedSaid(BaseModel):
    """A witness that saw the checkpoint."""

    model_config = example(COSIGNED)

    name: str
    at: datetime = Field(description="by the witness' clock")


class StampedSaid(BaseModel):
    """A verified timestamp token over the checkpoint (RFC 3161)."""

    model_config = example(STAMPED)

    authority: str
    at: datetime


class ProvenEvent(BaseModel):
    """A leaf with its exact bytes and its way to the root of the checkpoint that says most for it."""

    model_config = example(PROVEN)

    event: Event
    entry: str = Field(description="the leaf, exactly as it was sealed")
    leaf_hash: str = Field(description="base64")
    checkpoint: CheckpointSaid | None = Field(description="none until one is signed, some seconds later")
    hashes: list[str] = Field(description="base64, from the leaf up (RFC 6962, 2.1.1)")
    witnesses: list[CosignedSaid]
    tokens: list[StampedSaid]


class VouchedSaid(BaseModel):
    """How many leaves of a scope the log holds, and for how many of them each kind of proof is there."""

    model_config = example(VOUCHED)

    entries: int
    sealed: int = Field(description="under a signed checkpoint")
    cosigned: int = Field(description="under one that a witness cosigned")
    stamped: int = Field(description="under one with a timestamp token")
    stamped_at: datetime | None = Field(description="the time of the first token over all of them; none before it")
    milestones: list[Event] = Field(description="opening, completion and archiving of a dossier; all of a document")


class KindSaid(BaseModel):
    """A type of event and what it means."""

    model_config = example(KIND)

    type: str
    meaning: str


def proof_routes(parts: Parts) -> APIRouter:
    """Return the routes about proof states; each question is recorded in the log."""
    router = APIRouter(tags=["proofs"])

    @router.get("/event-types")
    def types(_actor: CurrentActor) -> list[KindSaid]:
        """List the types of events that services publish, each with its meaning in French."""
        return [KindSaid(type=topic, meaning=sentence) for topic, sentence in sorted(MEANINGS.items())]

    @router.get("/events/{index}", responses=_REFUSALS)
    def office_event(index: Index, actor: CurrentActor, intent: CurrentIntent, wanted: CurrentFilter) -> ProvenEvent:
        """Prove one leaf of the office, or of one of its dossiers, for its compliance role."""
        return _proven(parts.proving.leaf(parts.questions.of_office(actor, wanted), intent, index))

    @router.get("/dossiers/{dossier_id}/events/{index}", responses=_REFUSALS)
    def dossier_event(dossier_id: UUID, index: Index, actor: CurrentActor, intent: CurrentIntent) -> ProvenEvent:
        """Prove one leaf of a dossier, for whoever reads it."""
        return _proven(parts.proving.leaf(parts.questions.of_dossier(actor, dossier_id), intent, index))

    @router.get("/my/events/{index}", responses=_REFUSALS)
    def own_event(index: Index, actor: CurrentActor, intent: CurrentIntent) -> ProvenEvent:
        """Prove one leaf that is about the client who asks."""
        return _proven(parts.proving.leaf(parts.questions.of_person(actor, Filter()), intent, index))

    @router.get("/dossiers/{dossier_id}/proof", responses=_REFUSALS)
    def dossier_proof(dossier_id: UUID, actor: CurrentActor, intent: CurrentIntent) -> VouchedSaid:
        """Tell how far the leaves of a dossier are vouched for, with its opening, completion and archiving."""
        return _vouched(parts.proving.vouched(parts.questions.of_dossier(actor, dossier_id), intent, MILESTONES))

    @router.get("/documents/{version_id}/proof", responses=_REFUSALS)
    def document_proof(version_id: UUID, actor: CurrentActor, intent: CurrentIntent) -> VouchedSaid:
        """Tell how far the leaves about a document version are vouched for, with all of them (100 at most)."""
        return _vouched(parts.proving.vouched(parts.questions.of_document(actor, version_id), intent))

    return router


def _proven(proven: Proven) -> ProvenEvent:
    sealed, note = proven.sealed, proven.note or b""
    return ProvenEvent(
        event=proven.event,
        entry=proven.leaf.data.decode(),
        leaf_hash=encoded(leaf_hash(proven.leaf.data)),
        checkpoint=CheckpointSaid(size=sealed.size, root=encoded(sealed.root), note=note.decode()) if sealed else None,
        hashes=list(map(encoded, proven.hashes)),
        witnesses=[CosignedSaid(name=one.cosigner.name, at=one.at) for one in proven.cosigned],
        tokens=[StampedSaid(authority=one.authority, at=one.stamped_at) for one in proven.tokens],
    )


def _vouched(vouched: Vouched) -> VouchedSaid:
    return VouchedSaid(
        entries=vouched.entries,
        sealed=vouched.sealed,
        cosigned=vouched.cosigned,
        stamped=vouched.stamped,
        stamped_at=vouched.stamped_at,
        milestones=list(vouched.milestones),
    )
