"""The published events as frozen models, with their schemas and golden examples."""

from contracts.envelope import Envelope, Malformed
from contracts.registry import MODELS, VERSIONS, UnknownEvent, envelope_of, fact, published

__all__ = ["MODELS", "VERSIONS", "Envelope", "Malformed", "UnknownEvent", "envelope_of", "fact", "published"]
