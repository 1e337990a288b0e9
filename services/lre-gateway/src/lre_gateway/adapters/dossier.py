"""The dossier service, asked who may read a dossier at the time of use."""

from http import HTTPStatus
from uuid import UUID

from chassis.client import ServiceClient, Unavailable

from lre_gateway.application.ports import Readers


class DossierService:
    """The port Dossiers over HTTP."""

    def __init__(self, dossier: ServiceClient) -> None:
        self._dossier = dossier

    def readers(self, dossier_id: UUID) -> Readers | None:
        """Ask for the office of a dossier and its readers; None if there is no such dossier."""
        answer = self._dossier.get(f"/internal/dossiers/{dossier_id}/readers")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="dossier")
        body = answer.json()
        return Readers(UUID(body["office_id"]), body["number"], frozenset(map(UUID, body["staff_ids"])))
