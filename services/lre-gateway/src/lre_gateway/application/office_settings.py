"""What an office chooses about its letters."""

from dataclasses import dataclass
from uuid import UUID

from chassis.actor import Actor
from chassis.refusal import NotAllowed, Stale
from eventstore import Missing, Store, retried

from lre_gateway.application.access import office_of, person
from lre_gateway.domain.office_settings import Choices, OfficeSettings

DECIDERS = frozenset({"notary"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings of an office; version 0 while it never chose."""

    choices: Choices
    version: int


class Settings:
    """The use cases of settings."""

    def __init__(self, store: Store, defaults: Choices) -> None:
        self._store = store
        self.defaults = defaults

    def get(self, actor: Actor) -> Chosen:
        """Return the settings of the actor's office."""
        return self.of(office_of(actor))

    def of(self, office_id: UUID) -> Chosen:
        """Return the settings of an office."""
        try:
            found = self._store.get(OfficeSettings, OfficeSettings.create_id(office_id))
        except Missing:
            return Chosen(self.defaults, 0)
        return Chosen(found.choices, found.version)

    @retried
    def change(self, actor: Actor, version: int, choices: Choices) -> int:
        """Choose for the actor's office, for the notaries; `version` is the one read; return the new one."""
        office_id = office_of(actor)
        if actor.role not in DECIDERS:
            raise NotAllowed
        known = self.of(office_id)
        if known.version != version:
            raise Stale
        if not version:
            settings = OfficeSettings(
                office_id=office_id,
                trade=choices.trade.value,
                retention_years=choices.retention_years,
                hold_mode=choices.hold_mode.value,
                actor_id=person(actor),
            )
        else:
            settings = self._store.get(OfficeSettings, OfficeSettings.create_id(office_id))
            settings.change(choices, person(actor))
        self._store.save(settings, actor=actor)
        return settings.version
