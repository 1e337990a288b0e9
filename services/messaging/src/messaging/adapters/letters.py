"""The gateway of letters: who prepared a letter, and how those of a batch stand."""

from uuid import UUID

from chassis.client import ServiceClient

from messaging.adapters.answers import found
from messaging.application.ports import Letter, Standing


class LetterGateway:
    """The letters of application.ports."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def letter(self, letter_id: UUID) -> Letter | None:
        """Return a letter."""
        answer = found(self._client.get(f"/internal/letters/{letter_id}"))
        if answer is None:
            return None
        dossier_id = answer["dossier_id"]
        return Letter(
            office_id=UUID(answer["office_id"]),
            dossier_id=UUID(dossier_id) if dossier_id else None,
            batch_id=UUID(answer["batch_id"]),
            prepared_by=UUID(answer["prepared_by"]),
        )

    def standing(self, batch_id: UUID) -> Standing | None:
        """Return how the letters of a batch stand."""
        answer = found(self._client.get(f"/internal/batches/{batch_id}"))
        return None if answer is None else Standing(answer["asked"], answer["by_state"])
