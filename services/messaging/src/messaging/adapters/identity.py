"""The identity service: who people are and the links that only it can make."""

from typing import Any
from uuid import UUID

from chassis.client import ServiceClient

from messaging.adapters.answers import found
from messaging.application.ports import Link, Office, Person


class IdentityService:
    """The people of application.ports."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def person(self, person_id: UUID) -> Person | None:
        """Return name and address."""
        answer = found(self._client.get(f"/internal/persons/{person_id}/contact"))
        return _person(answer) if answer else None

    def office(self, office_id: UUID) -> Office | None:
        """Return an office with its notaries."""
        answer = found(self._client.get(f"/internal/offices/{office_id}"))
        if answer is None:
            return None
        notaries, members = ([UUID(one) for one in answer[name]] for name in ("notary_ids", "member_ids"))
        return Office(answer["name"], notaries, frozenset(members))

    def invitation(self, person_id: UUID, office_id: UUID) -> Link | None:
        """Return a fresh invitation."""
        body = {"person_id": str(person_id), "office_id": str(office_id)}
        return _link(found(self._client.post("/internal/invitations", body)))

    def access_link(self, person_id: UUID, office_id: UUID) -> Link | None:
        """Return a fresh link towards a new password."""
        body = {"person_id": str(person_id), "office_id": str(office_id)}
        return _link(found(self._client.post("/internal/access-links", body)))

    def email_confirmation(self, person_id: UUID) -> Link | None:
        """Return a fresh confirmation link."""
        return _link(found(self._client.post("/internal/email-confirmations", {"person_id": str(person_id)})))


def _person(answer: dict[str, Any]) -> Person:
    return Person(answer.get("first_name"), answer.get("last_name"), answer.get("email"))


def _link(answer: dict[str, Any] | None) -> Link | None:
    return Link(_person(answer), answer["url"], answer.get("office_name") or "") if answer else None
