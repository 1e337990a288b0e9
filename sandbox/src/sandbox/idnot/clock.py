"""The provider's own clock, which may run ahead of or behind the clients'."""

import time


class Clock:
    """Seconds since 1970, shifted by `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Return the provider's time."""
        return time.time() + self.ahead
