"""What an office chose about its letters."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, event

from lre_gateway.domain.vocabulary import HoldMode, Trade

RETENTION_YEARS = 10
"""Longer than the year for which a provider must keep its proofs (CPCE R53-2); our choice, not a law."""
FEWEST_YEARS, MOST_YEARS = 1, 99


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of an office."""

    trade: Trade = Trade.NOTARY
    retention_years: int = RETENTION_YEARS
    hold_mode: HoldMode = HoldMode.DEFERRED_SUBMIT


class OfficeSettings(Aggregate):
    """One for each office that chose anything; its id is made from the office's."""

    TOPIC = "lre-gateway.office-settings"

    class Created(AggregateCreated):
        """The office chose for the first time."""

        TOPIC = "lre-gateway.office-settings-chosen"
        office_id: UUID
        trade: str
        retention_years: int
        hold_mode: str
        actor_id: UUID

    class Changed(AggregateEvent):
        """The office chose again."""

        TOPIC = "lre-gateway.office-settings-changed"
        office_id: UUID
        trade: str
        retention_years: int
        hold_mode: str
        actor_id: UUID

    @event(Created)
    def __init__(self, *, office_id: UUID, trade: str, retention_years: int, hold_mode: str, actor_id: UUID) -> None:
        self.office_id, self.actor_id = office_id, actor_id
        self.choices = Choices(Trade(trade), retention_years, HoldMode(hold_mode))

    @classmethod
    def create_id(cls, office_id: UUID) -> UUID:
        """Return the id of the settings of an office."""
        return uuid5(office_id, cls.TOPIC)

    def change(self, choices: Choices, actor_id: UUID) -> None:
        """Choose again; nothing happens if nothing differs."""
        if choices != self.choices:
            self.trigger_event(
                self.Changed,
                office_id=self.office_id,
                trade=choices.trade.value,
                retention_years=choices.retention_years,
                hold_mode=choices.hold_mode.value,
                actor_id=actor_id,
            )

    @event(Changed)
    def _changed(self, *, trade: str, retention_years: int, hold_mode: str) -> None:
        self.choices = Choices(Trade(trade), retention_years, HoldMode(hold_mode))
