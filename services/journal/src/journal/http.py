"""The journal over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentActor, CurrentPaging, problems
from chassis.refusal import NotFound, Refusal
from fastapi import APIRouter, Query, Response
from proof.entry import encoded
from proof.tree import consistency_proof, inclusion_proof, leaf_hash
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from journal.access import Access
from journal.certificate import Certificates, DossierNotComplete
from journal.checkpoints import Checkpoints, Sealed
from journal.database import Database, log_size, nodes
from journal.exports import CheckpointUnknown, Exports
from journal.peers import Peers
from journal.timeline import EventPage, Timeline

BUNDLE_TYPE = "application/zip"
NOTE_TYPE = "text/plain; charset=utf-8"


class NotInTheLog(Refusal):
    """The log has no entry, or no signed state, at that place yet."""

    code, status = "not-in-the-log", 422


INCLUSION: dict[str, JsonValue] = {
    "index": 2,
    "size": 4,
    "leaf_hash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    "hashes": ["YDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA=", "XV4v0BScBNz2dVJM8nG2N5Cs5Wh1BmUQfbqGv4LIfDE="],
}
CONSISTENCY: dict[str, JsonValue] = {
    "first": 2,
    "second": 4,
    "hashes": ["YDA64IuzAIzEJsxhw3Uvdf5pyxFJ2cyYaRLOo8Sh+uA="],
}
SOURCE: dict[str, JsonValue] = {"service": "dossier", "store_seq": 128, "stopped": False}
STATUS: dict[str, JsonValue] = {"size": 412, "sealed": 410, "sources": [SOURCE], "alarms": 0}


class InclusionAnswer(BaseModel):
    """The way from a leaf to the root of the first `size` leaves."""

    model_config = ConfigDict(json_schema_extra={"examples": [INCLUSION]})

    index: int
    size: int
    leaf_hash: str = Field(description="base64")
    hashes: list[str] = Field(description="base64, from the leaf up (RFC 6962, 2.1.1)")


class ConsistencyAnswer(BaseModel):
    """The proof that the larger tree only adds to the smaller."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONSISTENCY]})

    first: int
    second: int
    hashes: list[str] = Field(description="base64 (RFC 6962, 2.1.2)")


class SourceState(BaseModel):
    """How far a service was taken in; stopped means that an alarm waits for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [SOURCE]})

    service: str
    store_seq: int
    stopped: bool


class Status(BaseModel):
    """Whether the journal keeps up."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATUS]})

    size: int = Field(description="entries in the log")
    sealed: int = Field(description="entries under the last signed checkpoint")
    sources: list[SourceState]
    alarms: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes call."""

    database: Database
    peers: Peers
    checkpoints: Checkpoints
    access: Access
    timeline: Timeline
    exports: Exports
    certificates: Certificates

    def close(self) -> None:
        """Close the connections."""
        self.peers.close()
        self.database.close()


def dossier_routes(parts: Parts) -> APIRouter:
    """Return the routes about one dossier."""
    router = APIRouter(tags=["dossiers"])

    @router.get("/dossiers/{dossier_id}/events", responses=problems(NotFound, Unavailable))
    def events(dossier_id: UUID, actor: CurrentActor, paging: CurrentPaging) -> EventPage:
        """List the events of a dossier in the order of the log, with who, when, what and whether it is sealed."""
        reader = parts.access.reader(actor, dossier_id)
        after = int(paging.after[0]) if paging.after else -1
        found = parts.timeline.events(reader, dossier_id, after, paging.limit + 1)
        page = found[: paging.limit]
        more = paging.cursor([page[-1].index]) if len(found) > len(page) else None
        return EventPage(items=page, next=more)

    @router.get(
        "/dossiers/{dossier_id}/bundle",
        response_class=Response,
        responses=problems(NotFound, Unavailable, CheckpointUnknown) | _file(BUNDLE_TYPE),
    )
    def bundle(
        dossier_id: UUID,
        actor: CurrentActor,
        known: Annotated[
            list[int] | None, Query(max_length=8, description="Sizes of checkpoints that you already hold.")
        ] = None,
        *,
        contents: Annotated[bool, Query(description="Whether to disclose the contents that you may see.")] = True,
    ) -> Response:
        """Export the verifiable bundle (.lcp) of a dossier, with what the stores hold at this moment."""
        reader = parts.access.reader(actor, dossier_id)
        export = parts.exports.export(reader, dossier_id, known or (), contents=contents)
        return _download(export.bundle.encode(), BUNDLE_TYPE, f"{dossier_id}.lcp")

    @router.get(
        "/dossiers/{dossier_id}/certificate",
        response_class=Response,
        responses=problems(NotFound, DossierNotComplete, Unavailable) | _file("application/pdf"),
    )
    def certificate(dossier_id: UUID, actor: CurrentActor) -> Response:
        """Print the certificate of a dossier (PDF): its documents with their SHA-256, and the state of the log."""
        reader = parts.access.reader(actor, dossier_id)
        pdf = parts.certificates.certificate(reader, dossier_id)
        return _download(pdf, "application/pdf", f"certificat-{dossier_id}.pdf")

    return router


def log_routes(parts: Parts) -> APIRouter:
    """Return the routes about the log itself, which names no dossier and no person."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=Response, responses=problems(NotInTheLog) | _file(NOTE_TYPE))
    def checkpoint(_actor: CurrentActor) -> Response:
        """Return the last signed checkpoint (c2sp.org/tlog-checkpoint)."""
        return Response(_last(parts).note, media_type=NOTE_TYPE)

    @router.get("/proofs/inclusion", responses=problems(NotInTheLog))
    def inclusion(
        _actor: CurrentActor, index: Annotated[int, Query(ge=0)], size: Annotated[int, Query(ge=1)]
    ) -> InclusionAnswer:
        """Prove that leaf `index` is in the tree of `size` leaves."""
        if not index < size <= _last(parts).size:
            raise NotInTheLog
        with parts.database.transaction() as connection:
            row = connection.execute("SELECT entry FROM journal.entry WHERE idx = %s", (index,)).fetchone()
            hashes = inclusion_proof(index, size, nodes(connection))
        if row is None:
            raise NotInTheLog
        leaf = encoded(leaf_hash(bytes(row["entry"])))
        return InclusionAnswer(index=index, size=size, leaf_hash=leaf, hashes=list(map(encoded, hashes)))

    @router.get("/proofs/consistency", responses=problems(NotInTheLog))
    def consistency(
        _actor: CurrentActor,
        first: Annotated[int, Query(ge=0, alias="from")],
        second: Annotated[int, Query(ge=0, alias="to")],
    ) -> ConsistencyAnswer:
        """Prove that the tree of `to` leaves extends the tree of `from`."""
        if not first <= second <= _last(parts).size:
            raise NotInTheLog
        with parts.database.transaction() as connection:
            hashes = consistency_proof(first, second, nodes(connection))
        return ConsistencyAnswer(first=first, second=second, hashes=list(map(encoded, hashes)))

    @router.get("/status")
    def status(_actor: CurrentActor) -> Status:
        """Tell how far each service was taken in and sealed."""
        last = parts.checkpoints.last()
        with parts.database.transaction() as connection:
            size = log_size(connection)
            rows = connection.execute("SELECT svc, last, stopped FROM journal.source ORDER BY svc").fetchall()
            alarms = connection.execute("SELECT count(*) AS number FROM journal.alarm").fetchone()
        return Status(
            size=size,
            sealed=last.size if last else 0,
            sources=[SourceState(service=row["svc"], store_seq=row["last"], stopped=row["stopped"]) for row in rows],
            alarms=alarms["number"] if alarms else 0,
        )

    return router


ROUTES: tuple[Callable[[Parts], APIRouter], ...] = (dossier_routes, log_routes)


def _last(parts: Parts) -> Sealed:
    sealed = parts.checkpoints.last()
    if sealed is None:
        raise NotInTheLog
    return sealed


def _file(media_type: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
