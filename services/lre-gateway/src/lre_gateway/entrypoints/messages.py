"""Messages of other services."""

from collections.abc import Callable, Mapping

from chassis.actor import Actor
from contracts import Envelope
from contracts.identity import PersonErased
from contracts.registry import fact
from eventstore import Position

from lre_gateway.application.erasing import Erasing

Handler = Callable[[Envelope, Position], None]


def handlers(erasing: Erasing) -> Mapping[str, Handler]:
    """Return what is done with each message, by topic, for the inbox."""

    def erased(envelope: Envelope, position: Position) -> None:
        """Erase whom identity erased."""
        said = fact(envelope)
        if not isinstance(said, PersonErased):
            raise TypeError(envelope.type)
        actor = Actor.system(correlation_id=envelope.correlationid or "", trace=envelope.traceparent)
        erasing.erase(said, actor, position)

    return {PersonErased.TOPIC: erased}
