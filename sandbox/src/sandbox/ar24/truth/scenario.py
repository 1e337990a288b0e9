"""What a recipient does, told by the local part of the address: `accept+5m.alice@example.fr`."""

import re
from dataclasses import dataclass

_PATTERN = re.compile(
    r"(accept|refuse|bounce|never|change|identify|fail)(?:\+(\d+)([smhd]))?(?:[.+_-].*)?@", re.IGNORECASE
)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DELAY = 60  # seconds after the notification
REVIEW = 72 * 3600  # seconds that the visual identification of `identify` is looked at


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, and how many seconds after the notification."""

    verb: str
    delay: int


def scenario(email: str) -> Scenario | None:
    """Read an address; None: its owner never acts by itself."""
    found = _PATTERN.match(email)
    if found is None:
        return None
    verb, number, unit = found.groups()
    return Scenario(verb.lower(), int(number) * _SECONDS[unit.lower()] if number else _DELAY)
