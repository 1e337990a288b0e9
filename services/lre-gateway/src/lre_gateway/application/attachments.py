"""Files that the staff of an office adds to letters."""

from uuid import UUID

from chassis.actor import Actor

from lre_gateway.application.access import Access, worker
from lre_gateway.application.ports import Place


class Attachments:
    """Who may upload; the bytes go to the vault and never through here."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def place(self, actor: Actor, dossier_id: UUID | None = None) -> Place:
        """Return where a new attachment of the actor's office belongs; raise NotAllowed or NotFound."""
        office_id = worker(actor)
        if dossier_id is not None:
            self._access.dossier(actor, dossier_id)
        return Place(office_id=office_id, dossier_id=dossier_id, about_id=office_id, owner_id=office_id)
