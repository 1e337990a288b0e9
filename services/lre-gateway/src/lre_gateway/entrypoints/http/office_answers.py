"""What the API gives of accounts, billing, recipients and settings, with examples."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chassis.http import Output, Page, example

from lre_gateway.domain.vocabulary import ConsentState, HoldMode, Kind, Missing, Trade
from lre_gateway.entrypoints.http import examples


class Link(Output):
    """The personal page of an account where people give or take back their consent (A-22)."""

    model_config = example(examples.LINK)

    url: str


class Settings(Output):
    """What the office chose about its letters."""

    model_config = example(examples.SETTINGS)

    trade: Trade
    retention_years: int
    hold_mode: HoldMode


class Sender(Output):
    """A sending account; `missing` is what it lacks before letters can leave (A-04, A-12, A-25)."""

    model_config = example(examples.SENDER)

    id: UUID
    provider: str
    holder_id: UUID
    email: str | None
    account: str | None
    state: Literal["requested", "incomplete", "ready", "access-lost", "revoked"]
    missing: list[Missing]
    requested_at: datetime
    refreshed_at: datetime | None
    locked_until: datetime | None


class SenderList(Output):
    """The sending accounts of the office, newest first."""

    model_config = example({"items": [examples.SENDER]})

    items: list[Sender]


class PaymentMethod(Output):
    """A way to pay that the account has at the provider (A-26)."""

    model_config = example(examples.PAYMENT_METHOD)

    code: str
    label: str
    masked: str | None
    expires: str | None


class PaymentMethodList(Output):
    """The ways to pay of an account."""

    model_config = example({"items": [examples.PAYMENT_METHOD]})

    items: list[PaymentMethod]


class Entity(Output):
    """A billing entity and how its letters are paid."""

    model_config = example(examples.ENTITY)

    code: str
    label: str | None
    sender_id: UUID
    payment_method: str


class EntityList(Output):
    """The billing entities of the office."""

    model_config = example({"items": [examples.ENTITY]})

    items: list[Entity]


class Billing(Output):
    """What letters cost in euros before tax; `priced` of the `letters` have a price by now."""

    model_config = example(examples.BILLING)

    entity: str | None
    label: str | None
    payment_method: str | None
    letters: int
    priced: int
    total: Decimal


class BillingList(Output):
    """What letters cost, by billing entity and payment method."""

    model_config = example({"items": [examples.BILLING]})

    items: list[Billing]


class Postal(Output):
    """Where paper goes."""

    model_config = example(examples.POSTAL)

    line1: str
    line2: str
    postcode: str
    city: str
    country: str


class Consent(Output):
    """The latest entry of the register: what a person agreed to, and from where it is known."""

    model_config = example(examples.CONSENT)

    id: UUID
    state: ConsentState
    source: Literal["hand", "provider"]
    at: datetime


class Recipient(Output):
    """A recipient; an erased one has no name and no address."""

    model_config = example(examples.RECIPIENT)

    id: UUID
    person_id: UUID | None
    kind: Kind
    last_name: str | None
    first_name: str | None
    company: str | None
    email: str | None
    postal: Postal | None
    opted_out: bool
    consent: Consent | None
    added_at: datetime


class RecipientPage(Page[Recipient]):
    """Recipients, newest first; `next` opens the following page and is null on the last."""

    model_config = example({"items": [examples.RECIPIENT], "next": None})


class ConsentEntry(Consent):
    """An entry of the register; one made by hand has an author and a document."""

    model_config = example(examples.CONSENT_ENTRY)

    author_id: UUID | None
    document_id: UUID | None


class RecipientView(Recipient):
    """A recipient on their own page, with the whole register of what they agreed to."""

    model_config = example(examples.RECIPIENT_PAGE)

    consents: list[ConsentEntry]


class ConsentChange(Output):
    """Someone whose consent is not what it was (A-19)."""

    model_config = example(examples.CONSENT_CHANGE)

    recipient_id: UUID
    name: str | None
    before: ConsentState | None
    after: ConsentState
    email_changed: bool = False


class ConsentChanges(Output):
    """Whose consent changed."""

    model_config = example({"items": [examples.CONSENT_CHANGE]})

    items: list[ConsentChange]
