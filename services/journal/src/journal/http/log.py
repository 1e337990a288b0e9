"""The routes about the log itself, which names no dossier and no person."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from chassis.http import CurrentActor, example, problems
from chassis.refusal import Refusal
from fastapi import APIRouter, Query, Response
from proof.cosignature import Cosigner
from proof.entry import encoded
from proof.tree import consistency_proof, inclusion_proof, leaf_hash
from pydantic import BaseModel, Field, JsonValue

from journal.http.parts import Parts, file_answer
from journal.log.checkpoints import Sealed
from journal.log.database import from_nodes, log_size

NOTE_TYPE = "text/plain; charset=utf-8"
POLICY_TYPE = "application/json"
LARGEST = 2**53 - 1
"""No log is longer than what JSON holds exactly (RFC 8259, 6)."""
Place = Annotated[int, Query(ge=0, le=LARGEST)]


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
WITNESS: dict[str, JsonValue] = {"name": "witness.example", "size": 410, "cosigned_at": "2026-03-02T09:30:05Z"}
STATUS: dict[str, JsonValue] = {
    "size": 412,
    "sealed": 410,
    "sources": [SOURCE],
    "alarms": 0,
    "witnesses": [WITNESS],
    "last_token_at": "2026-03-02T09:30:06Z",
    "unstamped": 2,
}


class InclusionAnswer(BaseModel):
    """The way from a leaf to the root of the first `size` leaves."""

    model_config = example(INCLUSION)

    index: int
    size: int
    leaf_hash: str = Field(description="base64")
    hashes: list[str] = Field(description="base64, from the leaf up (RFC 6962, 2.1.1)")


class ConsistencyAnswer(BaseModel):
    """The proof that the larger tree only adds to the smaller."""

    model_config = example(CONSISTENCY)

    first: int
    second: int
    hashes: list[str] = Field(description="base64 (RFC 6962, 2.1.2)")


class SourceState(BaseModel):
    """How far a service was taken in; stopped means that an alarm waits for a person."""

    model_config = example(SOURCE)

    service: str
    store_seq: int
    stopped: bool


class WitnessState(BaseModel):
    """What a witness cosigned last; a size that stays behind means that it does not answer."""

    model_config = example(WITNESS)

    name: str
    size: int
    cosigned_at: datetime | None


class Status(BaseModel):
    """Whether the journal keeps up."""

    model_config = example(STATUS)

    size: int = Field(description="entries in the log")
    sealed: int = Field(description="entries under the last signed checkpoint")
    sources: list[SourceState]
    alarms: int
    witnesses: list[WitnessState]
    last_token_at: datetime | None = Field(description="when an authority last said the time; none before the first")
    unstamped: int | None = Field(description="leaves that no token covers, seals left out; none without an authority")


def log_routes(parts: Parts) -> APIRouter:
    """Return the routes about the log itself, which names no dossier and no person."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=Response, responses=problems(NotInTheLog) | file_answer(NOTE_TYPE))
    def checkpoint(_actor: CurrentActor) -> Response:
        """Return the last signed checkpoint (c2sp.org/tlog-checkpoint), with the cosignatures of witnesses so far."""
        note = parts.attestations.last()
        if note is None:
            raise NotInTheLog
        return Response(note, media_type=NOTE_TYPE)

    @router.get(
        "/policy", response_class=Response, responses={200: {"content": {POLICY_TYPE: {"schema": {"type": "object"}}}}}
    )
    def policy() -> Response:
        """Return the trust policy that this journal was set up for, to compare with the one that you hold.

        Whoever verifies must have theirs from somebody else: a policy from the journal proves what the journal likes.
        """
        return Response(parts.policy().encode(), media_type=POLICY_TYPE)

    @router.get("/proofs/inclusion", responses=problems(NotInTheLog))
    def inclusion(_actor: CurrentActor, index: Place, size: Place) -> InclusionAnswer:
        """Prove that leaf `index` is in the tree of `size` leaves."""
        if not index < size <= _last(parts).size:
            raise NotInTheLog
        with parts.database.transaction() as connection:
            row = connection.execute("SELECT entry FROM journal.entry WHERE idx = %s", (index,)).fetchone()
            hashes = from_nodes(connection, partial(inclusion_proof, index, size))
        if row is None:
            raise NotInTheLog
        leaf = encoded(leaf_hash(bytes(row["entry"])))
        return InclusionAnswer(index=index, size=size, leaf_hash=leaf, hashes=list(map(encoded, hashes)))

    @router.get("/proofs/consistency", responses=problems(NotInTheLog))
    def consistency(
        _actor: CurrentActor,
        first: Annotated[int, Query(ge=0, le=LARGEST, alias="from")],
        second: Annotated[int, Query(ge=0, le=LARGEST, alias="to")],
    ) -> ConsistencyAnswer:
        """Prove that the tree of `to` leaves extends the tree of `from`."""
        if not first <= second <= _last(parts).size:
            raise NotInTheLog
        with parts.database.transaction() as connection:
            hashes = from_nodes(connection, partial(consistency_proof, first, second))
        return ConsistencyAnswer(first=first, second=second, hashes=list(map(encoded, hashes)))

    @router.get("/status")
    def status(_actor: CurrentActor) -> Status:
        """Tell how far each service was taken in, sealed, cosigned and timestamped."""
        return _status(parts)

    return router


def _last(parts: Parts) -> Sealed:
    sealed = parts.checkpoints.last()
    if sealed is None:
        raise NotInTheLog
    return sealed


def _status(parts: Parts) -> Status:
    last = parts.checkpoints.last()
    cosigners = parts.attestations.cosigners
    with parts.database.transaction() as connection:
        size = log_size(connection)
        rows = connection.execute("SELECT svc, last, stopped FROM journal.source ORDER BY svc").fetchall()
        alarms = connection.execute("SELECT count(*) AS number FROM journal.alarm").fetchone()
        cosigned = connection.execute(
            "SELECT DISTINCT ON (vkey) vkey, size, cosigned_at FROM journal.cosignature ORDER BY vkey, size DESC"
        ).fetchall()
        stamped = connection.execute("SELECT max(stamped_at) AS at, max(size) AS size FROM journal.token").fetchone()
        waiting = connection.execute(
            "SELECT count(*) AS number FROM journal.entry WHERE kind <> 'seal' AND idx >= %s",
            ((stamped and stamped["size"]) or 0 if parts.stamper.sources else size,),
        ).fetchone()
    said = {row["vkey"]: row for row in cosigned}
    return Status(
        size=size,
        sealed=last.size if last else 0,
        sources=[SourceState(service=row["svc"], store_seq=row["last"], stopped=row["stopped"]) for row in rows],
        alarms=alarms["number"] if alarms else 0,
        witnesses=[_witness(cosigner, said.get(cosigner.vkey)) for cosigner in cosigners],
        last_token_at=stamped["at"] if stamped else None,
        unstamped=waiting["number"] if waiting and parts.stamper.sources else None,
    )


def _witness(cosigner: Cosigner, said: dict[str, Any] | None) -> WitnessState:
    size, at = (said["size"], said["cosigned_at"]) if said else (0, None)
    return WitnessState(name=cosigner.name, size=size, cosigned_at=at)
