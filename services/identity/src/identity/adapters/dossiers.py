"""The dossier service, asked over its internal routes."""

from http import HTTPStatus
from uuid import UUID

from chassis.client import ServiceClient, Unavailable


class DossierService:
    """The port `Dossiers`."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def open_with(self, client_id: UUID) -> int:
        """Count the open dossiers of a client; raise Unavailable if there is no usable answer."""
        answer = self._client.get(f"/internal/clients/{client_id}/open-dossiers")
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable(peer="dossier")
        return int(answer.json()["count"])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
