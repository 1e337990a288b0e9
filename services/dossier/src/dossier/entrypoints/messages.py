"""Messages of other services."""

from chassis.actor import Actor
from contracts import Envelope
from contracts.registry import fact
from contracts.vault import DocumentStored
from eventstore import Position

from dossier.application.deposits import Deposits


class VaultMessages:
    """What the vault says; handlers for the inbox, by topic."""

    def __init__(self, deposits: Deposits) -> None:
        self._deposits = deposits
        self.handlers = {DocumentStored.TOPIC: self.stored}

    def stored(self, envelope: Envelope, position: Position) -> None:
        """Take in a stored document, in the name of whoever deposited it."""
        stored = fact(envelope)
        if not isinstance(stored, DocumentStored):
            raise TypeError(envelope.type)
        actor = Actor(
            person_id=envelope.actor,
            kind=envelope.actorkind,
            office_id=stored.office_id,
            correlation_id=envelope.correlationid or "",
            trace=envelope.traceparent,
        )
        self._deposits.take_in(stored, actor, position)
