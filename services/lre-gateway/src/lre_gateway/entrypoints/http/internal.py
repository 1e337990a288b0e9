"""What other services are told of letters, by ids: where they belong, who prepared them, how many stand where."""

from typing import Any
from uuid import UUID

from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound
from eventstore import Missing, Store
from fastapi import APIRouter

from lre_gateway.application.ports import Register
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.letter import Letter

CALLERS = frozenset({"messaging"})


def internal_routes(store: Store, register: Register) -> APIRouter:
    """Return the routes for services."""
    router = APIRouter()

    @router.get("/letters/{letter_id}")
    def letter(letter_id: UUID, caller: CallingService) -> dict[str, Any]:
        found = _found(store, Letter, letter_id, caller)
        return {name: getattr(found, name) for name in ("office_id", "dossier_id", "batch_id", "prepared_by")}

    @router.get("/batches/{batch_id}")
    def batch(batch_id: UUID, caller: CallingService) -> dict[str, Any]:
        found = _found(store, Batch, batch_id, caller)
        return {"asked": found.asked, "by_state": register.batch_counts(batch_id)}

    return router


def _found(store: Store, kind: type[Any], aggregate_id: UUID, caller: str) -> Any:
    if caller not in CALLERS:
        raise NotAllowed
    try:
        return store.get(kind, aggregate_id)
    except Missing:
        raise NotFound from None
