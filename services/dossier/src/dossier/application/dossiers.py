"""Opening a dossier, changing what it says, who may see it and who takes part."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, Stale
from eventstore import Store, UniqueViolation, retried

from dossier.application.access import READERS_ONLY, Access, office_of, person
from dossier.application.office_settings import OfficeSettings
from dossier.application.ports import Directory
from dossier.domain.dossier import Dossier
from dossier.domain.refusals import NumberTaken, UnknownClient, UnknownMember

NUMBER_IS_UNIQUE = "dossier_number"
"""The constraint of the read model, checked in the transaction of the event."""


class Dossiers:
    """The use cases of dossiers, for the staff of an office."""

    def __init__(self, store: Store, access: Access, directory: Directory, settings: OfficeSettings) -> None:
        self._store = store
        self._access = access
        self._directory = directory
        self._settings = settings

    def open(self, actor: Actor, *, access: tuple[bool, Sequence[UUID]], **facts: Any) -> Any:
        """Open a dossier; `access` is (whole office, chosen members), `facts` number, title, deed_type and note."""
        office_id = office_of(actor)
        if actor.role in READERS_ONLY:
            raise NotAllowed
        self._settings.catalogue(office_id).refuse_unless_offered(facts["deed_type"])
        whole_office, member_ids = access
        self._check_members(actor, member_ids)
        dossier = Dossier(
            office_id=office_id,
            whole_office=whole_office,
            member_ids=sorted(map(str, member_ids)),
            opened_by=person(actor),
            **facts,
        )
        return self._save(dossier, actor, {"id": str(dossier.id)})

    @retried
    def edit(self, actor: Actor, dossier_id: UUID, version: int, changes: Mapping[str, Any]) -> int:
        """Change some of number, title, deed_type and note of the version read; return the new version (L-45)."""
        dossier = self._access.to_change(actor, dossier_id)
        if dossier.version != version:
            raise Stale
        if changes.get("deed_type", dossier.deed_type) != dossier.deed_type:
            self._settings.catalogue(dossier.office_id).refuse_unless_offered(changes["deed_type"])
        now = {name: getattr(dossier, name) for name in ("number", "title", "deed_type", "note")}
        dossier.edit(**{**now, **changes})
        self._save(dossier, actor)
        return dossier.version

    @retried
    def change_access(self, actor: Actor, dossier_id: UUID, *, whole_office: bool, member_ids: Sequence[UUID]) -> None:
        """Open the dossier to the whole office or to chosen members (L-30)."""
        dossier = self._access.to_change(actor, dossier_id)
        self._check_members(actor, member_ids)
        dossier.change_access(whole_office=whole_office, member_ids=member_ids)
        self._save(dossier, actor)

    @retried
    def add_client(self, actor: Actor, dossier_id: UUID, client_id: UUID) -> None:
        """Let a client of the office take part (L-34)."""
        dossier = self._access.to_change(actor, dossier_id)
        if not self._directory.is_client(client_id, dossier.office_id):
            raise UnknownClient
        dossier.add_client(client_id)
        self._save(dossier, actor)

    @retried
    def archive(self, actor: Actor, dossier_id: UUID) -> None:
        """Put the dossier away (L-69)."""
        dossier = self._access.to_change(actor, dossier_id)
        dossier.archive()
        self._save(dossier, actor)

    def _check_members(self, actor: Actor, member_ids: Sequence[UUID]) -> None:
        others = set(member_ids) - {person(actor)}
        unknown = others - self._directory.office(office_of(actor)).member_ids if others else set()
        if unknown:
            raise UnknownMember(unknown=sorted(map(str, unknown)))

    def _save(self, dossier: Dossier, actor: Actor, outcome: Any = None) -> Any:
        try:
            return self._store.save(dossier, actor=actor, outcome=outcome)
        except UniqueViolation as violation:
            if violation.constraint == NUMBER_IS_UNIQUE:
                raise NumberTaken from violation
            raise
