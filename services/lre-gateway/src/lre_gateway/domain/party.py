"""A recipient as the rules see them: who, where, and what they agreed to."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lre_gateway.domain.vocabulary import ConsentState, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Postal:
    """Where paper goes."""

    line1: str = field(repr=False)
    line2: str = field(default="", repr=False)
    postcode: str = field(repr=False)
    city: str = field(repr=False)
    country: str = "FR"
    """ISO 3166 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The latest entry of the consent register about a person."""

    id: UUID
    state: ConsentState
    source: str
    """`hand` or `provider`."""
    at: datetime
    """When the person said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A recipient; an erased one has no name, no address and no e-mail."""

    kind: Kind
    last_name: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    postal: Postal | None = field(default=None, repr=False)
    opted_out: bool = False
    """Asked for paper instead of electronic notices (law 2024-322, art. 38)."""
    consent: Consent | None = None
