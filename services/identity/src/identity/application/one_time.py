"""Links and tickets that work once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from identity.application.errors import LinkSpent, LinkUnknown


class Purpose(StrEnum):
    """What a token is good for."""

    INVITATION = "invitation"
    EMAIL = "email-confirmation"
    REGISTRATION = "registration"
    PASSWORD = "password"  # noqa: S105 - the name of a purpose


LIFETIMES = {
    Purpose.INVITATION: 30 * 86_400,
    Purpose.EMAIL: 7 * 86_400,
    Purpose.REGISTRATION: 1_800,
    Purpose.PASSWORD: 900,
}
"""Seconds."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """What a token stands for."""

    person_id: UUID | None
    office_id: UUID | None
    claims: dict[str, Any] | None
    spent: bool


class OneTimeTokens(Protocol):
    """Tokens, of which only digests are kept."""

    def give(
        self,
        purpose: Purpose,
        person_id: UUID | None = None,
        office_id: UUID | None = None,
        claims: dict[str, Any] | None = None,
        seconds: int | None = None,
    ) -> str:
        """Return a new token, good for `seconds` or for the lifetime of its purpose."""
        ...

    def read(self, token: str, purpose: Purpose) -> TokenRow | None:
        """Return what a token stands for, spent or not; None if it never existed."""
        ...

    def use(self, token: str, purpose: Purpose) -> bool:
        """Spend a token; False if that was done before, or it is too old."""
        ...

    def spend_all(self, person_id: UUID, purpose: Purpose) -> None:
        """Spend every token of a person for a purpose."""
        ...


def readable(tokens: OneTimeTokens, token: str, purpose: Purpose) -> TokenRow:
    """Return what a good token stands for.

    Raises:
        LinkUnknown: it never existed.
        LinkSpent: it was used or is too old.

    """
    row = tokens.read(token, purpose)
    if row is None:
        raise LinkUnknown
    if row.spent:
        raise LinkSpent
    return row
