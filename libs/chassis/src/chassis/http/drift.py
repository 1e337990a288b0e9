"""Whether a service's read model holds what its events say, asked by another service: the verb `compare` over HTTP."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from fastapi import APIRouter

from chassis.drifting import Drift
from chassis.http.problems import problems
from chassis.refusal import Refusal


class CompareUnderWay(Refusal):
    """A comparison is under way already; ask again when it is done."""

    code, status = "compare-under-way", 409


def drift_routes(compare: Callable[[], Drift]) -> APIRouter:
    """Return the route that compares, one call at a time: each reads every event of the service."""
    router, alone = APIRouter(), Lock()

    @router.get("/drift", responses=problems(CompareUnderWay))
    def drift() -> dict[str, Any]:
        """Compare now, and tell what differs; values are not told."""
        if not alone.acquire(blocking=False):
            raise CompareUnderWay
        try:
            return dict(compare().as_json())
        finally:
            alone.release()

    return router
