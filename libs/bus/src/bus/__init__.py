"""JetStream: fenced relay, inbox consumers, trace headers.

The bus is a transport that may be wiped at any time: the truth is in each service's store. A relay copies a store's
events to the stream of its service, under the same numbers; a consumer follows the stream of a producer and fetches
what is missing from the producer itself. This is the only place that imports `nats`.
"""

from bus.connection import ServerTooOld, connected
from bus.consumer import Consumer, HoleRemains
from bus.inbox import Inbox, Refill
from bus.relay import Diverged, Relay, Source
from bus.streams import ConfigurationDiffers, stream_name
from bus.tasks import Consuming, Relaying

__all__ = [
    "ConfigurationDiffers",
    "Consumer",
    "Consuming",
    "Diverged",
    "HoleRemains",
    "Inbox",
    "Refill",
    "Relay",
    "Relaying",
    "ServerTooOld",
    "Source",
    "connected",
    "stream_name",
]
