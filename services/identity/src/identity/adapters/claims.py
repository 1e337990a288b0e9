"""The names that an identity provider gives to facts about a person, mapped by a file.

The file is a JSON object: `first_name`, `last_name`, `email`, `role` and `offices` are paths in the claims, such as
`rattachements.crpcen` (through lists too); `roles` maps the provider's roles to ours.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from identity.application.staff_sign_in import Assertion, AssertionRefused

_MAX_TEXT = 254


class Claims:
    """One provider's names."""

    def __init__(self, file: Path) -> None:
        self._names: dict[str, Any] = json.loads(file.read_text())

    def assertion(self, issuer: str, subject: str, claims: Mapping[str, Any]) -> Assertion:
        """Return what the claims say.

        Raises:
            AssertionRefused: one is missing or not what it should be.

        """
        role = self._names["roles"].get(self._text(claims, "role"))
        if role is None:
            raise AssertionRefused("claims")
        return Assertion(
            issuer=issuer,
            subject=subject,
            first_name=self._text(claims, "first_name"),
            last_name=self._text(claims, "last_name"),
            email=self._text(claims, "email"),
            role=role,
            offices=tuple(str(found).strip().upper() for found in _at(claims, self._names["offices"])),
        )

    def _text(self, claims: Mapping[str, Any], name: str) -> str:
        found = _at(claims, self._names[name])
        if len(found) != 1 or not isinstance(found[0], str) or not 0 < len(found[0]) <= _MAX_TEXT:
            raise AssertionRefused("claims")
        return found[0]


def _at(claims: Any, path: str) -> list[Any]:
    """Return the values at a path, through objects and lists."""
    found = [claims]
    for step in path.split("."):
        inner = [value.get(step) for value in found if isinstance(value, Mapping)]
        found = [item for value in inner for item in (value if isinstance(value, list) else [value])]
    return [value for value in found if value is not None]
