"""The clients of an office."""

from typing import Annotated
from uuid import UUID

from chassis.http import CurrentPaging, CurrentStaff, problems
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Query

from identity.application.clients import ClientFacts, Clients
from identity.application.errors import ClientAlike, SecondFactorOff
from identity.application.second_factor import SecondFactor
from identity.domain.refusals import EmailRefused, MobileRefused, PersonErased
from identity.entrypoints.http import bodies


class ClientView(bodies.Client):
    """A client on their own, and whether they sign in with an authenticator app."""

    model_config = bodies.like(
        id="0b9f2f0e-6c1d-4b7a-9a3e-5d1c2b3a4f50",
        first_name="Jeanne",
        last_name="Dupont",
        email="jeanne.dupont@example.org",
        phone="+33612340464",
        authenticator=False,
    )

    authenticator: bool


def client_routes(clients: Clients, factor: SecondFactor) -> APIRouter:
    """Return the routes of clients."""
    router = APIRouter(tags=["Clients"])

    @router.post("/clients", status_code=201, responses=problems(NotAllowed, EmailRefused, MobileRefused, ClientAlike))
    def register(new: bodies.NewClient, actor: CurrentStaff) -> bodies.Created:
        """Add a client of one's office; the number is where codes go (L-34 to L-36).

        With the names, address and number of a client that the office has, the answer is the id of that client.
        """
        facts = ClientFacts(**new.model_dump(exclude={"refuse_alike"}))
        return bodies.Created(**clients.register(actor, facts, refuse_alike=new.refuse_alike))

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
    def get(client_id: UUID, actor: CurrentStaff) -> ClientView:
        """Read a client of one's office (L-35)."""
        known = bodies.client(clients.get(actor, client_id))
        return ClientView(**known.model_dump(), authenticator=factor.on(client_id))

    @router.patch(
        "/clients/{client_id}",
        status_code=204,
        responses=problems(NotFound, NotAllowed, EmailRefused, MobileRefused, PersonErased, ClientAlike),
    )
    def change(client_id: UUID, changes: bodies.ClientChange, actor: CurrentStaff) -> None:
        """Correct a client; codes on their way to an older number are void (L-36)."""
        facts = ClientFacts(**changes.model_dump(exclude={"refuse_alike"}))
        clients.change(actor, client_id, facts, refuse_alike=changes.refuse_alike)

    @router.delete(
        "/clients/{client_id}/authenticator", status_code=204, responses=problems(NotFound, NotAllowed, SecondFactorOff)
    )
    def remove_authenticator(client_id: UUID, actor: CurrentStaff) -> None:
        """Let a client who lost the app and the recovery codes sign in with codes by SMS again."""
        factor.remove_for(actor, client_id)

    return router
