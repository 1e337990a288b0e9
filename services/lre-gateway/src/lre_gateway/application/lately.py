"""What letters that leave together have in common, read again every second."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import TypeVar

from lre_gateway.application.clock import Clock

T = TypeVar("T")

FRESH = timedelta(seconds=1)
"""No longer than a colleague's decision takes to reach a letter that is on its way out anyway."""


class Lately:
    """Remembers readings for a moment. Safe to share between threads: two of them may read the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[datetime, object]] = {}

    def get(self, key: tuple[type[T], *tuple[Hashable, ...]], read: Callable[[], T]) -> T:
        """Return what was read under the key, whose first member is what it is, or read it now."""
        now, known = self._clock(), self._known.get(key)
        if known is not None and now - known[0] < FRESH and isinstance(known[1], key[0]):
            return known[1]
        found = read()
        self._known[key] = (now, found)
        return found
