"""The records of the simulator, in nobody's words but its own."""

import secrets
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import pyotp
from pydantic import BaseModel, Field

from sandbox.ar24.truth.store import Record


def _uuid() -> str:
    return str(uuid.uuid4())


class State(StrEnum):
    """The life of a letter; the six last ones end it."""

    DRAFT = "draft"
    TO_VALIDATE = "to-validate"
    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NEGLECTED = "neglected"
    BOUNCED = "bounced"
    FAILED = "failed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Say whether nothing more happens to the letter."""
        return self not in {State.DRAFT, State.TO_VALIDATE, State.WAITING, State.SENT}


class Level(StrEnum):
    """What was bought."""

    QUALIFIED = "qualified"
    SIMPLE = "simple"
    NOTICE = "notice"
    PAPER = "paper"


class Application(Record):
    """A customer's program: its token, its key, and whether its calls are signed and its answers encrypted."""

    uuid: str  # the token
    private_key: str
    encrypted: bool = True


class Payment(BaseModel):
    """A way to pay that the sender typed on the provider's site."""

    slug: str
    label: str
    masked: str
    expiration: str | None = None
    type: Literal["card", "sepa"] = "card"


class Sender(Record):
    """Somebody who may send."""

    uuid: str = Field(default_factory=_uuid)
    email: str
    firstname: str = ""
    lastname: str = ""
    gender: str = ""
    statut: str = "professionnel"
    company: str = ""
    siret: str = ""
    tva: str = ""
    activity: str = ""
    country: str = "FR"
    address1: str = ""
    address2: str = ""
    zipcode: str = ""
    city: str = ""
    phone: str = ""
    mobile: str = ""
    billing_email: str = ""
    custom_ref: str = ""
    notify: dict[str, bool] = Field(default_factory=dict)
    confirmed: bool = True
    terms: bool = True
    credential: Literal["none", "ordered", "held"] = "held"
    otp_key: str = Field(default_factory=lambda: pyotp.random_base32(32))
    last_code: str = ""
    payments: list[Payment] = Field(default_factory=list)
    linked: list[str] = Field(default_factory=list)  # tokens of the applications that may act for this sender
    asked: dict[str, str] = Field(default_factory=dict)  # token → hash of the link in the mail that asked for access
    created: datetime
    mail_deadline: datetime | None = None
    key_in_keeping: bool = False
    revoked: bool = False

    @property
    def name(self) -> str:
        """Return the name that a letter shows."""
        return " ".join(part for part in (self.company, self.firstname, self.lastname) if part)


class Grant(Record):
    """A code that was right, and so stands for the sender for an hour."""

    uuid: str = Field(default_factory=lambda: secrets.token_hex(32))
    sender_id: int
    expires: datetime


class File(Record):
    """An uploaded file; its bytes are in the store under `file-<id>`."""

    sender_id: int
    parent_id: int | None = None  # the Maileva sending that it belongs to
    uuid: str = Field(default_factory=_uuid)
    name: str
    size: int
    sha1: str
    media_type: str
    uploaded: datetime
    application: str = ""


class Change(BaseModel):
    """Somebody with other identity papers asks to receive the letter."""

    id: int
    at: datetime
    lastname: str
    firstname: str
    company: str = ""
    accepted: bool | None = None


class Letter(Record):
    """A letter to one recipient."""

    uuid: str = Field(default_factory=_uuid)
    parent_id: int | None = None  # the Maileva sending
    sender_id: int
    application: str = ""
    level: Level
    state: State
    professional: bool = False
    lastname: str = ""
    firstname: str = ""
    company: str = ""
    email: str = ""
    address1: str = ""
    address2: str = ""
    zipcode: str = ""
    city: str = ""
    country: str = "FR"
    color: bool = False
    duplex: bool = False
    content: str = ""
    files: list[int] = Field(default_factory=list)
    ref_dossier: str = ""
    ref_client: str = ""
    ref_facturation: str = ""
    payment_slug: str = ""
    webhook: str = ""
    custom_name: str = ""
    price: float = 0
    created: datetime
    released: datetime | None = None
    sent: datetime | None = None
    identified: datetime | None = None
    ended: datetime | None = None  # of the first end
    ends: dict[State, datetime] = Field(default_factory=dict)  # more than one only when an admin forces a conflict
    deadline: datetime | None = None
    changes: list[Change] = Field(default_factory=list)
    facts: list[tuple[str, datetime]] = Field(default_factory=list)
    extra: dict[str, Any] = Field(default_factory=dict)  # what only one skin knows of its recipient

    @property
    def recipient(self) -> str:
        """Return the name of the recipient."""
        return " ".join(part for part in (self.company, self.firstname, self.lastname) if part)


class Consent(Record):
    """What a recipient answered, or has still to answer, to a sender."""

    uuid: str = Field(default_factory=_uuid)
    sender_id: int
    email: str
    lastname: str = ""
    firstname: str = ""
    company: str = ""
    custom_id: str = ""
    days: int = 7  # that the recipient has to answer
    product: str = "ELECTRONIC_QUALIFIED_REGISTERED_MAIL"
    state: Literal["none", "requested", "accepted", "refused", "expired"] = "none"
    at: datetime
    expires: datetime | None = None
    declared_by: Literal["SENDER", "RECIPIENT"] | None = None
    answers: list[tuple[str, str, str, datetime]] = Field(default_factory=list)  # uuid, answer, declarer, instant
    requests: list[tuple[str, int, datetime]] = Field(default_factory=list)  # uuid, days, instant


class Mail(Record):
    """A message that the provider sent to a sender or to a recipient."""

    email: str
    subject: str
    text: str
    links: list[str] = Field(default_factory=list)
    at: datetime
    sender_id: int | None = None
