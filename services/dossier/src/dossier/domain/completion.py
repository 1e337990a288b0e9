"""How far a dossier, or one client of it, has come (L-31, L-32)."""

from collections.abc import Iterable
from dataclasses import dataclass

from dossier.domain.document_request import State


@dataclass(frozen=True, slots=True)
class Completion:
    """Documents validated out of those asked for and not cancelled."""

    validated: int
    requested: int

    @property
    def percent(self) -> int:
        """From 0 to 100, rounded down: 100 says that nothing is missing."""
        return 100 * self.validated // self.requested if self.requested else 0

    @property
    def complete(self) -> bool:
        """Whether everything asked for is validated, and something was asked for."""
        return 0 < self.requested == self.validated


def completion(states: Iterable[State]) -> Completion:
    """Return the completion of the requests in these states; documents sent unasked are none of them."""
    counted = [state for state in states if state is not State.CANCELLED]
    return Completion(validated=counted.count(State.VALIDATED), requested=len(counted))
