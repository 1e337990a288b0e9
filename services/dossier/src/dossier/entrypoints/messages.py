"""Messages of other services."""

from collections.abc import Callable, Mapping

from chassis.actor import Actor
from contracts import Envelope
from contracts.identity import PersonErased
from contracts.registry import fact
from contracts.vault import DocumentStored
from eventstore import Position

from dossier.application.deposits import Deposits
from dossier.application.erasing import Erasing

Handler = Callable[[Envelope, Position], None]


def handlers(deposits: Deposits, erasing: Erasing) -> Mapping[str, Handler]:
    """Return what is done with each message, by topic, for the inbox."""

    def stored(envelope: Envelope, position: Position) -> None:
        """Take in a stored document, in the name of whoever deposited it."""
        said = fact(envelope)
        if not isinstance(said, DocumentStored):
            raise TypeError(envelope.type)
        actor = Actor(
            person_id=envelope.actor,
            kind=envelope.actorkind,
            office_id=said.office_id,
            correlation_id=envelope.correlationid or "",
            trace=envelope.traceparent,
        )
        deposits.take_in(said, actor, position)

    def erased(envelope: Envelope, position: Position) -> None:
        """Erase whom identity erased."""
        said = fact(envelope)
        if not isinstance(said, PersonErased):
            raise TypeError(envelope.type)
        actor = Actor.system(correlation_id=envelope.correlationid or "", trace=envelope.traceparent)
        erasing.erase(said, actor, position)

    return {DocumentStored.TOPIC: stored, PersonErased.TOPIC: erased}
