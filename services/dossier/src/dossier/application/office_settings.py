"""What an office settles for all its dossiers: deed types with their documents, ready reasons of refusals (L-70)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed
from eventstore import Store

from dossier.application.access import READERS_ONLY, office_of
from dossier.application.ports import Register
from dossier.domain.presets import Catalogue, Choice, DeedType, Presets, Return, Withdrawal
from dossier.domain.reasons import DEFAULT_REASONS, RefusalReasons, tidy


class OfficeSettings:
    """The use cases of settings, for the staff of an office; the latest word of anybody holds."""

    def __init__(self, store: Store, register: Register, catalogue: Catalogue) -> None:
        self._store, self._register, self._catalogue = store, register, catalogue

    def catalogue(self, office_id: UUID) -> Catalogue:
        """Return the catalogue as an office sees it."""
        return self._catalogue.of_office(*self._register.chosen_deed_types(office_id))

    def deed_types(self, actor: Actor) -> list[DeedType]:
        """Return the deed types with the documents the actor's office usually asks for (L-40)."""
        return self.catalogue(office_of(actor)).deed_types()

    def helps(self, office_id: UUID, deed_type: str) -> dict[str, str | None]:
        """Return what clients are told about each document of a deed type, by code (L-42)."""
        return {document.code: document.help for document in self.catalogue(office_id).deed_type(deed_type).documents}

    def choose_documents(self, actor: Actor, deed_type: str, documents: Sequence[str]) -> None:
        """Change the documents of a deed type: codes of known types, or labels of the office's own (L-70).

        Raises:
            UnknownDeedType: the office has no such deed type.

        """
        office_id = _keeper(actor)
        catalogue = self.catalogue(office_id)
        label = catalogue.deed_type(deed_type).label
        self._choose(
            actor, office_id, deed_type, catalogue.choice(deed_type, label, [(one, None) for one in documents])
        )

    def add_deed_type(self, actor: Actor, label: str, documents: Sequence[tuple[str, str | None]]) -> Any:
        """Add a deed type of the office's own; return its code. `documents` are labels with help texts.

        Raises:
            DeedTypeKnown: there is one that is called so.

        """
        office_id = _keeper(actor)
        catalogue = self.catalogue(office_id)
        code = catalogue.new_code(label)
        return self._choose(actor, office_id, code, catalogue.choice(code, label, documents), {"code": code})

    def change_deed_type(
        self, actor: Actor, code: str, label: str, documents: Sequence[tuple[str, str | None]]
    ) -> None:
        """Rename a deed type, and say anew what is asked for, in this order, with what is explained to the client.

        Raises:
            UnknownDeedType: the office has no such deed type.
            DeedTypeKnown: another one is called so.

        """
        office_id = _keeper(actor)
        catalogue = self.catalogue(office_id)
        catalogue.refuse_taken(label, but=catalogue.deed_type(code).code)
        self._choose(actor, office_id, code, catalogue.choice(code, label, documents))

    def withdraw_deed_type(self, actor: Actor, code: str) -> None:
        """Offer a deed type no longer; dossiers that have it keep it. One that is withdrawn already stays so.

        Raises:
            UnknownDeedType: the office has no such deed type.
            LastDeedType: no other is offered.

        """
        office_id = _keeper(actor)
        catalogue = self.catalogue(office_id)
        if catalogue.deed_type(code).withdrawn:
            return
        catalogue.refuse_last(code)
        self._store.save(Withdrawal(office_id=office_id, deed_type=code), actor=actor)

    def offer_deed_type(self, actor: Actor, code: str) -> None:
        """Offer a withdrawn deed type again; one that is offered stays so. Raises UnknownDeedType."""
        office_id = _keeper(actor)
        if self.catalogue(office_id).deed_type(code).withdrawn:
            self._store.save(Return(office_id=office_id, deed_type=code), actor=actor)

    def reasons(self, actor: Actor) -> list[str]:
        """Return the ready reasons of refusals, in the office's order (L-65)."""
        chosen = self._register.chosen_reasons(office_of(actor))
        return list(DEFAULT_REASONS if chosen is None else chosen)

    def change_reasons(self, actor: Actor, reasons: Sequence[str]) -> None:
        """Say anew which reasons are ready; none is an answer too."""
        self._store.save(RefusalReasons(office_id=_keeper(actor), reasons=tidy(reasons)), actor=actor)

    def _choose(self, actor: Actor, office_id: UUID, code: str, choice: Choice, outcome: Any = None) -> Any:
        presets = Presets(
            office_id=office_id,
            deed_type=code,
            documents=list(choice.documents),
            label=choice.label,
            helps=list(choice.helps),
        )
        return self._store.save(presets, actor=actor, outcome=outcome)


def _keeper(actor: Actor) -> UUID:
    if actor.role in READERS_ONLY:
        raise NotAllowed
    return office_of(actor)
