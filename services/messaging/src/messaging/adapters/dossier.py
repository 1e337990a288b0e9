"""The dossier service: who reads a dossier, what was asked and why it was refused."""

from uuid import UUID

from chassis.client import ServiceClient

from messaging.adapters.answers import found
from messaging.application.ports import Readers, Request


class DossierService:
    """The dossiers of application.ports."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def readers(self, dossier_id: UUID) -> Readers | None:
        """Return a dossier with its readers of the office."""
        answer = found(self._client.get(f"/internal/dossiers/{dossier_id}/readers"))
        if answer is None:
            return None
        return Readers(
            office_id=UUID(answer["office_id"]),
            number=answer["number"],
            title=answer["title"] or "",
            staff_ids=[UUID(person_id) for person_id in answer["staff_ids"]],
        )

    def request(self, request_id: UUID) -> Request | None:
        """Return a requested document with the fate of its versions."""
        answer = found(self._client.get(f"/internal/requests/{request_id}"))
        if answer is None:
            return None
        reasons = {UUID(version_id): reason for version_id, reason in answer["refusals"].items() if reason}
        return Request(answer["label"] or "", reasons, closed={UUID(version_id) for version_id in answer["closed"]})
