"""Mark the fields of an event that tell something about a person.

A marked field is encrypted under the key of that person before it is stored, and reads as None once that key is
destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import get_type_hints


@dataclass(frozen=True)
class Personal:
    """Annotation of an event field: ``reason: Annotated[str | None, Personal(of="client_id")]``.

    ``of`` names the field of the same event that holds the person's id (``originator_id`` is allowed).
    """

    of: str


@cache
def personal_fields(event_class: type) -> dict[str, str]:
    """Map each personal field of an event class to the field that names its subject."""
    found: dict[str, str] = {}
    for name, hint in get_type_hints(event_class, include_extras=True).items():
        for mark in getattr(hint, "__metadata__", ()):
            if isinstance(mark, Personal):
                found[name] = mark.of
    return found
