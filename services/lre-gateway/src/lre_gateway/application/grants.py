"""What a sender's code opened, for an hour: in the memory of one process, and nowhere else."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lre_gateway.application.clock import Clock
from lre_gateway.application.provider import Grant
from lre_gateway.domain.evidence import Release

MARGIN = timedelta(seconds=60)
"""A grant is dropped this long before it ends, so that no call is made with one that ends on its way."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code opened, and who gave it, of which kind, when."""

    grant: Grant
    actor_id: UUID
    means: str
    at: datetime

    def release(self, now: datetime) -> Release:
        """Return that a letter is let go with it."""
        return Release(self.actor_id, self.means, self.at, now)


class Grants:
    """The grants of this process, by sender. Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[UUID, Opened] = {}
        self._lock = threading.Lock()

    def keep(self, sender_id: UUID, opened: "Opened") -> None:
        """Keep the grant of a sender until it ends."""
        with self._lock:
            self._grants[sender_id] = opened

    def of(self, sender_id: UUID) -> "Opened | None":
        """Return a grant that is still good, or none."""
        with self._lock:
            opened = self._grants.get(sender_id)
            if opened is not None and self._clock() >= opened.grant.expires_at - MARGIN:
                del self._grants[sender_id]
                return None
            return opened

    def drop(self, sender_id: UUID) -> None:
        """Forget the grant of a sender, because the provider no longer takes it."""
        with self._lock:
            self._grants.pop(sender_id, None)
