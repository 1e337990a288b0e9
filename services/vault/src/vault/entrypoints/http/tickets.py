"""Who holds which ticket: what may be done stands in it, and the service that keeps the document signed it."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from chassis.tokens import Action, Ticket, TicketRefused, Verifier
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from vault.application.tickets import check
from vault.domain.refusals import TicketForAnotherAction

_ticket = HTTPBearer(
    scheme_name="ticket", description="Ticket of the service that filed it, 5 minutes.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a valid ticket for the version of this address."""

    ticket: Ticket
    actor: Actor

    def may(self, *actions: Action) -> Ticket:
        """Return the ticket if it is for one of these actions; raise TicketForAnotherAction."""
        if self.ticket.action not in actions:
            raise TicketForAnotherAction
        return self.ticket


def bearer(
    request: Request, version_id: UUID, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_ticket)]
) -> Bearer:
    """Verify the ticket; one for another version answers as if there were no such version."""
    if credentials is None:
        raise TicketRefused
    verifier: Verifier = request.app.state.verifier
    ticket = check(verifier.ticket(credentials.credentials))
    if ticket.version_id != version_id:
        raise NotFound
    actor = Actor(
        person_id=ticket.actor_id,
        kind=ticket.actor_kind,
        office_id=ticket.office_id,
        correlation_id=request.state.correlation_id,
        trace=request.state.trace,
    )
    return Bearer(ticket, actor)


CurrentBearer = Annotated[Bearer, Depends(bearer)]
