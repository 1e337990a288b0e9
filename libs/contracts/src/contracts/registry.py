"""Which model is published for which event: the only place that knows all of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from contracts import dossier, identity, lre, lre_office, messaging, vault
from contracts.envelope import Envelope
from contracts.published import Published


class UnknownEvent(LookupError):
    """No model is published under this topic and version."""


def _by_topic() -> dict[str, type[Published]]:
    models: dict[str, type[Published]] = {}
    modules = (identity, dossier, vault, messaging, lre, lre_office)
    for model in (model for module in modules for model in module.EVENTS):
        if models.setdefault(model.TOPIC, model) is not model:
            raise RuntimeError(f"two models for {model.TOPIC}")
    return models


MODELS: Mapping[str, type[Published]] = MappingProxyType(_by_topic())
"""Topic → the newest model published for it."""

VERSIONS: Mapping[str, int] = MappingProxyType({topic: model.VERSION for topic, model in MODELS.items()})
"""Topic → the version of that model."""


def published(topic: str, plain_fields: Mapping[str, Any]) -> Published:
    """Translate an event's non-personal fields into what is published of it.

    Raises UnknownEvent for an event that is not published, and pydantic's ValidationError if a field is missing.
    """
    model = MODELS.get(topic)
    if model is None:
        raise UnknownEvent(topic)
    return model.model_validate(dict(plain_fields))


class Record(Protocol):
    """A stored event as its service reads it back: libs/eventstore has it."""

    @property
    def topic(self) -> str:
        """<service>.<event>."""

    @property
    def epoch(self) -> int:
        """The life of the store in which it was recorded."""

    @property
    def entry(self) -> bytes:
        """The exact bytes of its proof entry."""

    @property
    def plain(self) -> Mapping[str, Any]:
        """Its fields that are not personal."""


def envelope_of(record: Record) -> Envelope:
    """Make the envelope of a stored event; an event without a published model travels as v0, with no data at all."""
    model = MODELS.get(record.topic)
    data = published(record.topic, record.plain).model_dump(mode="json") if model else {}
    version = model.VERSION if model else 0
    return Envelope.of(
        topic=record.topic, version=version, epoch=record.epoch, data=data, proof_entry=record.entry.decode()
    )


def fact(envelope: Envelope) -> Published:
    """Read the published model out of an envelope; raise UnknownEvent for a type this version does not know."""
    model = MODELS.get(envelope.topic)
    if model is None or envelope.version != model.VERSION:
        raise UnknownEvent(envelope.type)
    return model.model_validate(envelope.data)
