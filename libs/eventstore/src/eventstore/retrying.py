"""Carrying out a use case again when a colleague's change came between its reading and its saving."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from eventstore.errors import Changed

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 3


def retried(use_case: Callable[P, R]) -> Callable[P, R]:
    """Return the use case, begun anew after Changed: its rules then see what the colleague did."""

    @wraps(use_case)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(ATTEMPTS - 1):
            try:
                return use_case(*args, **kwargs)
            except Changed:
                continue
        return use_case(*args, **kwargs)

    return repeat
