"""What operators ask of the journal, through another service of the platform or its own verb."""

from typing import Any

from fastapi import APIRouter

from journal.attest.standing import Standings


def operator_routes(standings: Standings) -> APIRouter:
    """Return the internal routes, which answer services only."""
    router = APIRouter()

    @router.get("/standing")
    def standing() -> dict[str, Any]:
        """Tell how the log stands: signed, witnessed, stamped, copied, and what waits in the services."""
        return standings.read().as_dict()

    return router
