"""The events of a seed, the same in all of them: what makes, writes and reads their envelopes is called once for each.

These functions are pure, and took a quarter of a seed's time. Whoever relays or consumes calls the real ones, the first
time that any seed comes to an event.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from bus import consumer, relay
from contracts import Envelope, envelope_of
from contracts.examples import example

UNPUBLISHED = "dossier.simulated"
"""Nothing is published of these events but their entries: what a model says of them is checked elsewhere, and slow."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One event of the store."""

    number: int
    topic: str
    epoch: int
    entry: bytes
    plain: dict[str, Any]


class Known(Envelope):
    """An envelope whose bytes are made once."""

    def json_bytes(self) -> bytes:
        """Return the message as it goes on the bus."""
        return _written(self.storeseq)


@cache
def event(number: int) -> Stored:
    """Return an event, by its number in the store."""
    made = example("dossier.document-deposited", seq=number)
    entry = json.dumps(json.loads(made.proofentry) | {"corr": f"event {number}"}).encode()
    return Stored(number, UNPUBLISHED, 1, entry, {})


@cache
def envelope(number: int) -> Envelope:
    """Return the envelope of an event."""
    return Known.model_validate(dict(envelope_of(event(number))))


@cache
def parse(body: bytes) -> Envelope:
    """Read an envelope; raise Malformed if it is none."""
    return Envelope.parse(body)


@contextmanager
def remembered() -> Iterator[None]:
    """Let relay and consumer make and read envelopes by these functions."""
    reading = SimpleNamespace(parse=parse)
    vars(relay).update(Envelope=reading, envelope_of=lambda record: envelope(record.number))
    vars(consumer).update(Envelope=reading)
    try:
        yield
    finally:
        vars(relay).update(Envelope=Envelope, envelope_of=envelope_of)
        vars(consumer).update(Envelope=Envelope)


@cache
def _written(number: int) -> bytes:
    return envelope_of(event(number)).json_bytes()
