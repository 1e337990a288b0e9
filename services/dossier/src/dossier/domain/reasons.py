"""Reasons of refusals that an office has ready, so that a colleague chooses one instead of writing it (L-65)."""

from collections.abc import Iterable
from uuid import UUID

from eventsourcing.domain import Aggregate, AggregateCreated, event

from dossier.domain.presets import folded

DEFAULT_REASONS = (
    "Le document est illisible : merci de le photographier à plat, sans reflet.",
    "Le document est incomplet : il manque une ou plusieurs pages.",
    "Le document est périmé : merci d'en envoyer un plus récent.",
    "Ce n'est pas le document demandé.",
)
"""What every office begins with; clients read them."""


class RefusalReasons(Aggregate):
    """One choice of an office; the latest holds."""

    TOPIC = "dossier.refusal-reasons"

    class Created(AggregateCreated):
        """The office changed its ready reasons; they are about no document and nobody yet."""

        TOPIC = "dossier.refusal-reasons-changed"
        office_id: UUID
        reasons: list[str]

    @event(Created)
    def __init__(self, *, office_id: UUID, reasons: list[str]) -> None:
        self.office_id = office_id
        self.reasons = reasons


def tidy(reasons: Iterable[str]) -> list[str]:
    """Return reasons in their order, each once however it is written."""
    kept: dict[str, str] = {}
    for reason in reasons:
        kept.setdefault(folded(reason), reason)
    return list(kept.values())
