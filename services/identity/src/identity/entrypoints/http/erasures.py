"""The erasure of persons."""

from uuid import UUID

from chassis.client import Unavailable
from chassis.http import CurrentStaff, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Response

from identity.application.erasures import Erasures
from identity.application.errors import LegalHold, StillMember
from identity.entrypoints.http import bodies


def erasure_routes(erasures: Erasures) -> APIRouter:
    """Return the route by which an office has a person erased."""
    router = APIRouter(tags=["Erasure"])

    @router.post(
        "/persons/{person_id}/erasure",
        status_code=202,
        response_class=Response,
        responses=problems(NotFound, NotAllowed, LegalHold, StillMember, Unavailable),
    )
    def erase(person_id: UUID, asked: bodies.ErasureRequest, actor: CurrentStaff) -> None:
        """Erase a client of one's office for ever (RGPD art. 17), for a notary or a compliance officer.

        From the answer on nobody finds the person, and the person cannot sign in. Keys and secrets are destroyed in
        the next seconds, here and in each service, which says so in an event. Repeating it does nothing. Someone
        whom the office refused as a member is erased in the same way.
        """
        erasures.erase(actor, person_id, asked.basis)

    return router
