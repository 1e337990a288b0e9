"""The identity service, asked for people and offices at the time of use."""

from http import HTTPStatus
from uuid import UUID

from chassis.client import ServiceClient, Unavailable

from lre_gateway.application.ports import Person


class IdentityDirectory:
    """The port Directory over HTTP."""

    def __init__(self, identity: ServiceClient) -> None:
        self._identity = identity

    def person(self, person_id: UUID) -> Person | None:
        """Ask for a person's name and e-mail; None if nobody has this id."""
        answer = self._identity.get("/internal/persons", {"ids": str(person_id)})
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="identity")
        for item in answer.json()["items"]:
            email = None if item["erased"] else self._email(person_id)
            return Person(person_id, item["first_name"], item["last_name"], email, item["erased"])
        return None

    def is_client(self, person_id: UUID, office_id: UUID) -> bool:
        """Ask whether the person is a client of the office."""
        answer = self._identity.get(f"/internal/clients/{person_id}", {"office": str(office_id)})
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise Unavailable(peer="identity")
        return answer.status_code == HTTPStatus.OK

    def is_member(self, person_id: UUID, office_id: UUID) -> bool:
        """Ask whether the person is an approved member of the office; nobody is one of an unknown office."""
        answer = self._identity.get(f"/internal/offices/{office_id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="identity")
        return str(person_id) in answer.json()["member_ids"]

    def _email(self, person_id: UUID) -> str | None:
        answer = self._identity.get(f"/internal/persons/{person_id}/contact")
        if answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="identity")
        email: str | None = answer.json()["email"]
        return email
