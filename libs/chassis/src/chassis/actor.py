"""Who asks, and by which command."""

from dataclasses import dataclass
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Command:
    """One intention of a caller, recognised when it comes a second time."""

    key: str
    """The Idempotency-Key header."""
    fingerprint: bytes
    """SHA-256 of method, path, query and body."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A verified caller; made from an access token, or by `system` for timers and consumers."""

    person_id: UUID | None
    kind: str
    """`staff`, `client`, `service` or `system`."""
    office_id: UUID | None = None
    role: str | None = None
    """`notary`, `collaborator` or `compliance`; staff only."""
    session_id: UUID | None = None
    command: Command | None = None
    correlation_id: str = ""
    trace: str | None = None
    """The W3C traceparent of the request."""

    @classmethod
    def system(cls, *, office_id: UUID | None = None, correlation_id: str = "", trace: str | None = None) -> "Actor":
        """Return the actor of timers and consumers: nobody in person."""
        return cls(
            person_id=None,
            kind="system",
            office_id=office_id,
            correlation_id=correlation_id or str(uuid4()),
            trace=trace,
        )
