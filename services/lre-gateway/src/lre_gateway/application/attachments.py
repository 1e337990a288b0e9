"""Files that the staff of an office adds to letters."""

from collections.abc import Sequence
from uuid import UUID

from chassis.actor import Actor

from lre_gateway.application.access import Access, worker
from lre_gateway.application.ports import Place, Vault, VaultFile


class Attachments:
    """Who may upload; the bytes go to the vault and never through here."""

    def __init__(self, access: Access, vault: Vault) -> None:
        self._access = access
        self._vault = vault

    def place(self, actor: Actor, dossier_id: UUID | None = None) -> Place:
        """Return where a new attachment of the actor's office belongs; raise NotAllowed or NotFound."""
        office_id = worker(actor)
        if dossier_id is not None:
            self._access.dossier(actor, dossier_id)
        return Place(office_id=office_id, dossier_id=dossier_id, about_id=office_id, owner_id=office_id)

    def described(self, actor: Actor, version_ids: Sequence[UUID]) -> list[VaultFile]:
        """Return files of the actor's office, in the order asked, without those that are none of its own."""
        found = self._vault.described(worker(actor), version_ids)
        return [found[one] for one in dict.fromkeys(version_ids) if one in found]
