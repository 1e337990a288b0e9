"""What a sender's code opened, for an hour: in the memory of one process, and nowhere else."""

import threading
from datetime import timedelta
from uuid import UUID

from lre_gateway.application.clock import Clock
from lre_gateway.application.provider import Grant

MARGIN = timedelta(seconds=60)
"""A grant is dropped this long before it ends, so that no call is made with one that ends on its way."""


class Grants:
    """The grants of this process, by sender. Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[UUID, Grant] = {}
        self._lock = threading.Lock()

    def keep(self, sender_id: UUID, grant: Grant) -> None:
        """Keep the grant of a sender until it ends."""
        with self._lock:
            self._grants[sender_id] = grant

    def of(self, sender_id: UUID) -> Grant | None:
        """Return a grant that is still good, or none."""
        with self._lock:
            grant = self._grants.get(sender_id)
            if grant is not None and self._clock() >= grant.expires_at - MARGIN:
                del self._grants[sender_id]
                return None
            return grant

    def drop(self, sender_id: UUID) -> None:
        """Forget the grant of a sender, because the provider no longer takes it."""
        with self._lock:
            self._grants.pop(sender_id, None)
