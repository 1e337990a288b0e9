"""What a comparison of a read model with its events answers."""

from collections.abc import Mapping
from typing import Any, Protocol


class Drift(Protocol):
    """What a read model holds against what the events say; printed, it is a report for an operator."""

    def __bool__(self) -> bool:
        """Tell whether they differ."""
        ...

    def as_json(self) -> Mapping[str, Any]:
        """Return the report for programs."""
        ...
