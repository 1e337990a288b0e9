"""What an event store refuses. Each refusal has a stable code, an HTTP status and a sentence (its docstring)."""

from __future__ import annotations

from typing import Any, ClassVar

import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError

AWAY: tuple[type[Exception], ...] = (
    psycopg.OperationalError,  # a full disk among them
    psycopg.InterfaceError,
    psycopg.errors.InternalError_,  # of the server, such as a file that it may not let grow
    OperationalError,
    InterfaceError,
)
"""What is raised when PostgreSQL does not answer or cannot work: waiting mends it, and nobody did wrong."""


class StoreRefusal(Exception):
    """The event store refused the change."""

    code: ClassVar[str] = "refused-by-store"
    status: ClassVar[int] = 409


class Missing(StoreRefusal):
    """Nothing is known under this identifier."""

    code, status = "not-found", 404


class Changed(StoreRefusal):
    """Someone changed this in the meantime; read it again and retry."""

    code, status = "changed-meanwhile", 409


class UniqueViolation(StoreRefusal):
    """A value that must be unique is already taken."""

    code, status = "already-taken", 409

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class SubjectErased(StoreRefusal):
    """This person was erased; nothing new can be written about them."""

    code, status = "person-erased", 410


class AlreadyDone(StoreRefusal):
    """This command was already carried out; its first outcome stands."""

    code, status = "already-done", 200

    def __init__(self, fingerprint: bytes, outcome: Any) -> None:
        super().__init__("already done")
        self.fingerprint = fingerprint
        self.outcome = outcome


class AlreadyReceived(StoreRefusal):
    """This message has already had its effect."""

    code, status = "already-received", 200


class KeyServiceAway(StoreRefusal):
    """What is encrypted cannot be read or written at the moment; nothing was changed, try again in a moment."""

    code, status = "key-service-away", 503


class WrongMasterKey(StoreRefusal):
    """What protects this is not the key that is at hand; nothing of it is shown, and an operator has to look."""

    code, status = "wrong-master-key", 502


class Unreadable(StoreRefusal):
    """An event is not what was recorded, or one before it is missing: no state can be told from it."""

    code, status = "event-unreadable", 409

    def __init__(self, store_seq: int) -> None:
        super().__init__(f"event {store_seq} is not what was recorded")
        self.store_seq = store_seq


class LaterRelease(StoreRefusal):
    """A newer version of the service stored this, and is taking over from this one; try again in a moment."""

    code, status = "later-release", 503


class UnsafeConfiguration(Exception):
    """The configuration would lose or reorder events; the process must not start."""
