"""How often something may be tried."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from identity.application.digests import Digests
from identity.application.errors import TooManyAttempts

HOUR = 3600
"""Seconds."""
LONGEST_PAUSE = 60
"""Seconds between two tries at most, where tries are slowed and not stopped."""
_STEP = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried within the window; seconds since the first and the last try."""

    amount: int = 0
    first: float = 0.0
    last: float = 0.0


Wait = Callable[[Tried, int], float]
"""(what was tried, window) → seconds until the next try; at most 0 is now."""


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on what one digest stands for, within a window in seconds."""

    who: bytes
    wait: Wait
    window: int = HOUR


class Attempts(Protocol):
    """What was tried lately, counted one at a time."""

    def admit(self, caps: Sequence[Cap]) -> float:
        """Count an attempt for every cap; or, if one says to wait, count nothing and return the seconds."""
        ...


class Limits:
    """Caps by address, number or IP, of which only digests are kept."""

    def __init__(self, attempts: Attempts, digests: Digests) -> None:
        self._attempts, self._digests = attempts, digests

    def cap(self, wait: Wait, what: str, *who: str, window: int = HOUR) -> Cap:
        """Return a cap on `what` for an address, a number, an IP, or some of them together."""
        return Cap(self._digests.of(what, *who), wait, window)

    def admit(self, *caps: Cap) -> None:
        """Count an attempt under all the caps, or, where one is reached, under none.

        Raises:
            TooManyAttempts: with the seconds to wait.

        """
        if (wait := self._attempts.admit(caps)) > 0:
            raise TooManyAttempts(retry_after=max(1, ceil(wait)))


def at_most(most: int) -> Wait:
    """Stop after `most` tries until the first of them is older than the window."""

    def wait(tried: Tried, window: int) -> float:
        return window - tried.first if tried.amount >= most else 0

    return wait


def slower_after(free: int) -> Wait:
    """Let `free` tries pass, then ask for pauses that double with every tenth try, from 2 s to one minute.

    Whoever is slowed is never shut out for long. Tries settle at about `free` + 50 in a window of an hour.
    """

    def wait(tried: Tried, _window: int) -> float:
        if tried.amount < free:
            return 0
        steps = min(1 + (tried.amount - free) // _STEP, LONGEST_PAUSE.bit_length())
        return min(1 << steps, LONGEST_PAUSE) - tried.last

    return wait
