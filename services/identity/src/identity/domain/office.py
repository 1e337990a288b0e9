"""An office: the étude that opens dossiers and answers for its members."""

import re
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, AggregateCreated, event

from identity.domain.refusals import CrpcenRefused

_OFFICES = UUID("1f0f4b52-59a2-4d1b-93b5-3f0c4d2c7d10")
_CRPCEN = re.compile(r"[0-9A-Z]{2,12}")


def crpcen(typed: str) -> str:
    """Return a CRPCEN as it is compared; its exact form is not public, so it is letters and digits.

    Raises:
        CrpcenRefused: it holds something else.

    """
    written = typed.strip().upper()
    if not _CRPCEN.fullmatch(written):
        raise CrpcenRefused
    return written


class Office(Aggregate):
    """One office per CRPCEN: its id is made from it."""

    TOPIC = "identity.office"

    class Created(AggregateCreated):
        """The platform serves the office."""

        TOPIC = "identity.office-registered"
        crpcen: str
        name: str

    @event(Created)
    def __init__(self, crpcen: str, name: str) -> None:
        self.crpcen = crpcen
        self.name = name

    @staticmethod
    def create_id(crpcen: str) -> UUID:
        """Return the id of the office with this CRPCEN."""
        return uuid5(_OFFICES, crpcen)

    @property
    def office_id(self) -> UUID:
        """The office itself."""
        return self.id
