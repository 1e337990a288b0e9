"""The routes about the log itself, which names no dossier and no person."""

from typing import Annotated

from chassis.http import CurrentActor, problems
from chassis.refusal import Refusal
from fastapi import APIRouter, Query, Response
from proof.entry import encoded
from proof.tree import consistency_proof, inclusion_proof, leaf_hash
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from journal.http.parts import Parts, file_answer
from journal.log.checkpoints import Sealed
from journal.log.database import log_size, nodes

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


def log_routes(parts: Parts) -> APIRouter:
    """Return the routes about the log itself, which names no dossier and no person."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=Response, responses=problems(NotInTheLog) | file_answer(NOTE_TYPE))
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


def _last(parts: Parts) -> Sealed:
    sealed = parts.checkpoints.last()
    if sealed is None:
        raise NotInTheLog
    return sealed
