"""The proofs of a letter, for the people of the office who may read it."""

from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotFound

from lre_gateway.application.access import Access, person
from lre_gateway.application.ports import Pass, Place, Vault
from lre_gateway.domain.evidence import Evidence
from lre_gateway.domain.letter import Letter
from lre_gateway.domain.refusals import FilesDestroyed


class Evidences:
    """The use cases of proofs."""

    def __init__(self, access: Access, vault: Vault) -> None:
        self._access = access
        self._vault = vault

    def of(self, actor: Actor, letter_id: UUID) -> tuple[Evidence, ...]:
        """Return the proofs of a letter, in the order in which they came."""
        return self._access.letter(actor, letter_id).evidence

    def download(self, actor: Actor, letter_id: UUID, version_id: UUID) -> Pass:
        """Let the actor download one of them."""
        letter = self._access.letter(actor, letter_id)
        if not any(known.version_id == version_id for known in letter.evidence):
            raise NotFound
        if letter.retention_ended_at is not None:
            raise FilesDestroyed(since=letter.retention_ended_at.isoformat())
        return self._vault.download(place_of(letter), version_id, person(actor))


def place_of(letter: Letter) -> Place:
    """Return where the proofs of a letter belong in the vault."""
    return Place(
        office_id=letter.office_id, dossier_id=letter.dossier_id, about_id=letter.id, owner_id=letter.subject_id
    )
