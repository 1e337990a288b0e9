"""The identity service, asked for people and offices at the time of use."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from chassis.client import ServiceClient, Unavailable

from dossier.application.ports import Office, Person

OK, NOT_FOUND = 200, 404
MAX_IDS = 100
"""How many persons one call asks for."""


class IdentityDirectory:
    """The port Directory over HTTP."""

    def __init__(self, identity: ServiceClient) -> None:
        self._identity = identity

    def is_client(self, client_id: UUID, office_id: UUID) -> bool:
        """Ask whether the person is a client of the office."""
        answer = self._identity.get(f"/internal/clients/{client_id}", {"office": str(office_id)})
        if answer.status_code not in {OK, NOT_FOUND}:
            raise Unavailable(peer="identity")
        return answer.status_code == OK

    def office(self, office_id: UUID) -> Office:
        """Ask for an office; one that identity does not know has no members."""
        answer = self._identity.get(f"/internal/offices/{office_id}")
        if answer.status_code == NOT_FOUND:
            return Office(office_id, "", frozenset())
        if answer.status_code != OK:
            raise Unavailable(peer="identity")
        body = answer.json()
        return Office(office_id, body["name"], frozenset(map(UUID, body["member_ids"])))

    def persons(self, ids: Iterable[UUID]) -> Mapping[UUID, Person]:
        """Ask for names."""
        wanted = sorted(set(map(str, ids)))
        found: dict[UUID, Person] = {}
        for first in range(0, len(wanted), MAX_IDS):
            answer = self._identity.get("/internal/persons", {"ids": ",".join(wanted[first : first + MAX_IDS])})
            if answer.status_code != OK:
                raise Unavailable(peer="identity")
            for item in answer.json()["items"]:
                person = Person(UUID(item["id"]), item["first_name"], item["last_name"], item["erased"])
                found[person.id] = person
        return found
