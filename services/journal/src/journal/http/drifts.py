"""The route about drift: a read model rebuilt beside the live one, and compared."""

from typing import Literal

from chassis.client import Unavailable
from chassis.http import CurrentActor, example, problems
from chassis.refusal import NotFound
from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from journal.http.asking import CurrentIntent
from journal.http.parts import Parts
from journal.log.records import LogBehind
from journal.reading.drifts import CompareUnderWay
from journal.reading.purposes import PurposeRequired

TABLE: dict[str, JsonValue] = {"table": "dossier", "only_live": 0, "only_rebuilt": 0, "differ": 1}
DRIFT: dict[str, JsonValue] = {"service": "dossier", "store_seq": 128, "drift": True, "tables": [TABLE]}
Compared = Literal["identity", "dossier", "vault", "messaging", "lre-gateway"]


class TableSaid(BaseModel):
    """How many rows of a table differ from what the events make of it, in all offices."""

    model_config = example(TABLE)

    table: str
    only_live: int = Field(description="rows that no event explains")
    only_rebuilt: int = Field(description="rows that events make and the service lacks")
    differ: int = Field(description="rows with other contents")


class DriftSaid(BaseModel):
    """A read model against the events of its service."""

    model_config = example(DRIFT)

    service: str
    store_seq: int = Field(description="the last event that was replayed")
    drift: bool
    tables: list[TableSaid]


def drift_routes(parts: Parts) -> APIRouter:
    """Return the route for whoever controls an office."""
    router = APIRouter(tags=["replay"])

    @router.get(
        "/drift/{service}", responses=problems(NotFound, Unavailable, PurposeRequired, LogBehind, CompareUnderWay)
    )
    def drift(service: Compared, actor: CurrentActor, intent: CurrentIntent) -> DriftSaid:
        """Replay every event of a service beside its read model, and count the rows that differ. Nothing is changed."""
        found = parts.drifts.of(actor, intent, service)
        tables = [TableSaid.model_validate(one) for one in found.tables]
        drifts = any(one.only_live or one.only_rebuilt or one.differ for one in tables)
        return DriftSaid(service=service, store_seq=found.store_seq, drift=drifts, tables=tables)

    return router
