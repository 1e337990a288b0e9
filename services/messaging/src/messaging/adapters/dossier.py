"""The dossier service: who reads a dossier, what was asked and why it was refused."""

from collections.abc import Sequence
from uuid import UUID

from chassis.client import ServiceClient

from messaging.adapters.answers import found
from messaging.application.ports import Missing, Readers, Request


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

    def missing(self, dossier_id: UUID, client_id: UUID) -> Sequence[Missing]:
        """Return what a client has still to send."""
        answer = found(self._client.get(f"/internal/dossiers/{dossier_id}/clients/{client_id}/outstanding"))
        items = answer["items"] if answer else []
        return [
            Missing(one["label"] or "", UUID(one["batch_id"]) if one["batch_id"] else None, one["due_on"])
            for one in items
        ]
