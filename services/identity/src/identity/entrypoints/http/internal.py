"""What the other services ask; never routed by the gateway."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound
from fastapi import APIRouter, Query, Request

from identity.application.clients import Clients
from identity.application.invitations import Invitations
from identity.application.people import Offices, People
from identity.domain.membership import Role, State
from identity.domain.refusals import PersonErased
from identity.entrypoints.http import bodies

_MAX_IDS = 4_000  # characters


def person_routes(people: People, clients: Clients) -> APIRouter:
    """Return the internal routes about persons."""
    router = APIRouter()

    @router.get("/persons")
    def names(ids: Annotated[str, Query(max_length=_MAX_IDS)]) -> dict[str, Any]:
        wanted = [_uuid(one) for one in ids.split(",") if one]
        return {
            "items": [
                {
                    "id": row.id,
                    "kind": row.kind,
                    "first_name": row.first_name,
                    "last_name": row.last_name,
                    "erased": row.erased,
                }
                for row in people.persons(wanted)
            ]
        }

    @router.get("/persons/{person_id}/contact")
    def contact(person_id: UUID) -> dict[str, str | None]:
        row = people.person(person_id)
        if row is None:
            raise NotFound
        if row.erased:
            raise PersonErased
        return {"email": row.email, "phone": row.phone, "first_name": row.first_name, "last_name": row.last_name}

    @router.get("/clients/{client_id}")
    def client(client_id: UUID, office: UUID) -> bodies.Client:
        return bodies.client(clients.of_office(client_id, office))

    return router


def office_routes(offices: Offices, invitations: Invitations) -> APIRouter:
    """Return the internal routes about offices, and the links that messages carry."""
    router = APIRouter()

    @router.post("/invitations")
    def invite(asked: bodies.InvitationRequest, request: Request) -> dict[str, Any]:
        actor = Actor(
            None, "service", asked.office_id, correlation_id=request.state.correlation_id, trace=request.state.trace
        )
        return asdict(invitations.invite(asked.person_id, asked.office_id, actor))

    @router.post("/access-links")
    def access_link(asked: bodies.InvitationRequest) -> dict[str, Any]:
        return asdict(invitations.access_link(asked.person_id, asked.office_id))

    @router.post("/email-confirmations")
    def confirmation(asked: bodies.ConfirmationRequest) -> dict[str, Any]:
        return asdict(invitations.confirm_email(asked.person_id))

    @router.get("/offices/{office_id}")
    def office(office_id: UUID) -> dict[str, Any]:
        row = offices.office(office_id)
        if row is None:
            raise NotFound
        members = offices.members(office_id, State.APPROVED)
        return {
            **asdict(row),
            "notary_ids": list(dict.fromkeys(one.person_id for one in members if one.role == Role.NOTARY)),
            "member_ids": list(dict.fromkeys(one.person_id for one in members)),
        }

    return router


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
