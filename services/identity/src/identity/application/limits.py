"""How often something may be tried."""

from typing import Protocol

from identity.application.digests import Digests
from identity.application.errors import TooManyAttempts

HOUR = 3600
"""Seconds."""


class Attempts(Protocol):
    """What was tried lately, counted one at a time."""

    def admit(self, who: bytes, most: int, window: int) -> int:
        """Count an attempt; or, if there were `most` in the last `window` seconds, return the seconds to wait."""
        ...


class Limits:
    """Caps by address, number or IP, of which only digests are kept."""

    def __init__(self, attempts: Attempts, digests: Digests) -> None:
        self._attempts, self._digests = attempts, digests

    def admit(self, what: str, who: str, most: int, window: int) -> None:
        """Count an attempt.

        Raises:
            TooManyAttempts: there were enough, with the seconds to wait.

        """
        if wait := self._attempts.admit(self._digests.of(what, who), most, window):
            raise TooManyAttempts(retry_after=wait)
