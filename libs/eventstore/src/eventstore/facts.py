"""What the store asks of its users about an event, beside the event itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class DocFact:
    """A document version that the event is about: the entry holds a salted commitment to its digest."""

    ref: str
    ver: str
    size: int  # bytes, in clear
    sha256: str  # of the clear bytes, lower-case hexadecimal
    ct_h: str  # SHA-256 of what the bucket holds, standard base64


@dataclass(frozen=True, slots=True)
class Facts:
    """Where an event belongs: its office and dossier (None if it has none) and the documents it is about."""

    office: UUID | None = None
    dossier: UUID | None = None
    docs: tuple[DocFact, ...] = ()


class Command(Protocol):
    """A request that must have its effect once: its Idempotency-Key and a hash of what was asked."""

    @property
    def key(self) -> str:
        """Chosen by the caller, unique for its actor."""

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of what was asked."""


class Origin(Protocol):
    """Who caused the events that are saved."""

    @property
    def person_id(self) -> UUID | None:
        """Pseudonym of the person; None for the system itself."""

    @property
    def kind(self) -> str:
        """One of staff, client, service, system."""

    @property
    def command(self) -> Command | None:
        """The command being carried out, if the caller named it."""

    @property
    def correlation_id(self) -> str:
        """Ties together all that one request caused."""

    @property
    def trace(self) -> str | None:
        """W3C traceparent of the request."""


@dataclass(frozen=True, slots=True)
class Position:
    """A message of a producer, whose effect is recorded together with the fact that it was received."""

    producer: str
    epoch: int
    store_seq: int
    parked: bool = False

    @property
    def cause(self) -> str:
        """The identifier of the message, as it stands in the entries it caused."""
        return f"{self.producer}:{self.epoch}:{self.store_seq}"


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the store as it is, even if it is no event any more: what an auditor looks at."""

    store_seq: int
    topic: str
    originator_id: UUID
    originator_version: int
    entry: bytes
    state: bytes


@dataclass(frozen=True, slots=True)
class Recorded(Held):
    """An event as the relay reads it: the exact bytes, and its fields that are not personal."""

    epoch: int
    class_version: int
    plain: dict[str, Any]
