"""Messages of other services."""

from collections.abc import Callable, Mapping

from chassis.actor import Actor
from contracts import Envelope
from contracts.dossier import DossierArchived
from contracts.identity import PersonErased
from contracts.registry import fact
from eventstore import Position

from lre_gateway.application.archiving import Archiving
from lre_gateway.application.erasing import Erasing

Handler = Callable[[Envelope, Position], None]


def handlers(erasing: Erasing, archiving: Archiving) -> Mapping[str, Handler]:
    """Return what is done with each message, by topic, for the inbox."""

    def erased(envelope: Envelope, position: Position) -> None:
        """Erase whom identity erased."""
        said = fact(envelope)
        if not isinstance(said, PersonErased):
            raise TypeError(envelope.type)
        erasing.erase(said, _system(envelope), position)

    def archived(envelope: Envelope, position: Position) -> None:
        """Note that a dossier is archived."""
        said = fact(envelope)
        if not isinstance(said, DossierArchived):
            raise TypeError(envelope.type)
        archiving.note(said, envelope.aggregate_id, _system(envelope), position)

    return {PersonErased.TOPIC: erased, DossierArchived.TOPIC: archived}


def _system(envelope: Envelope) -> Actor:
    return Actor.system(correlation_id=envelope.correlationid or "", trace=envelope.traceparent)
