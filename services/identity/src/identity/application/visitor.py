"""Whoever asks before being signed in."""

from dataclasses import dataclass
from uuid import UUID

from chassis.actor import Actor

from identity.domain.device import UNKNOWN, Device


@dataclass(frozen=True, slots=True)
class Visitor:
    """An unknown caller: an address and a request."""

    ip: str
    correlation_id: str = ""
    trace: str | None = None
    device: Device = UNKNOWN

    def nobody(self) -> Actor:
        """Return the actor of what happens before anyone is known."""
        return Actor.system(correlation_id=self.correlation_id, trace=self.trace)

    def known_as(self, person_id: UUID, kind: str, office_id: UUID | None) -> Actor:
        """Return the actor of what happens once the person has proved who they are."""
        return Actor(person_id, kind, office_id, correlation_id=self.correlation_id, trace=self.trace)
