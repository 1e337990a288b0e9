"""The clients of an office."""

from typing import Annotated
from uuid import UUID

from chassis.http import CurrentPaging, CurrentStaff, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Query

from identity.application.clients import ClientFacts, Clients
from identity.domain.refusals import EmailRefused, MobileRefused, PersonErased
from identity.entrypoints.http import bodies


def client_routes(clients: Clients) -> APIRouter:
    """Return the routes of clients."""
    router = APIRouter(tags=["Clients"])

    @router.post("/clients", status_code=201, responses=problems(NotAllowed, EmailRefused, MobileRefused))
    def register(new: bodies.NewClient, actor: CurrentStaff) -> bodies.Created:
        """Add a client of one's office; the number is where codes go (L-34 to L-36).

        With the names, address and number of a client that the office has, the answer is the id of that client.
        """
        return bodies.Created(**clients.register(actor, ClientFacts(**new.model_dump())))

    @router.get("/clients", responses=problems(NotAllowed))
    def search(
        actor: CurrentStaff, paging: CurrentPaging, q: Annotated[str, Query(max_length=100)] = ""
    ) -> bodies.ClientPage:
        """Find clients of one's office by name, address or number (L-34)."""
        rows = clients.search(actor, q, paging.after, paging.limit + 1)
        shown = rows[: paging.limit]
        following = paging.cursor([shown[-1].last_name or "", str(shown[-1].id)]) if len(rows) > len(shown) else None
        return bodies.ClientPage(items=[bodies.client(row) for row in shown], next=following)

    @router.get("/clients/{client_id}", responses=problems(NotFound, NotAllowed))
    def get(client_id: UUID, actor: CurrentStaff) -> bodies.Client:
        """Read a client of one's office (L-35)."""
        return bodies.client(clients.get(actor, client_id))

    @router.patch(
        "/clients/{client_id}",
        status_code=204,
        responses=problems(NotFound, NotAllowed, EmailRefused, MobileRefused, PersonErased),
    )
    def change(client_id: UUID, changes: bodies.ClientChange, actor: CurrentStaff) -> None:
        """Correct a client; codes on their way to an older number are void (L-36)."""
        clients.change(actor, client_id, ClientFacts(**changes.model_dump()))

    return router
