"""The port to a provider of registered letters: one neutral language for all of them.

Nothing of a provider leaks past its adapter: its words go to `raw_status` and `raw_slug` only, for those who read logs.
Every instant is an aware datetime in UTC. What is secret or personal never shows in a repr.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from lre_gateway.domain.vocabulary import ConsentState, EvidenceKind, Kind, Level, Missing, Printing, Status


class SenderAuth(StrEnum):
    """How a sender proves who they are at the time of sending."""

    OTP = "otp"
    CERTIFICATE = "certificate"
    NONE = "none"


class Webhook(StrEnum):
    """What the provider's calls are worth: nothing sent, an unsigned hint, or a signed message."""

    NONE = "none"
    HINT = "hint"
    SIGNED = "signed"


class Idempotency(StrEnum):
    """How a submission whose outcome is unknown can be looked up."""

    NONE = "none"
    KEY = "key"
    REFERENCE_SEARCH = "reference-search"


class Rejection(StrEnum):
    """Why a provider refuses a letter or a file for good; the words of the compatibility check where it has them."""

    EMAIL_MISSING = "EMAIL_MISSING"
    EMAIL_INVALID = "EMAIL_INVALID"
    EMAIL_SAME_AS_SENDER = "EMAIL_SAME_AS_SENDER"
    NAME_MISSING = "NAME_MISSING"
    COMPANY_MISSING = "COMPANY_MISSING"
    POSTAL_ADDRESS_INVALID = "POSTAL_ADDRESS_INVALID"
    RECIPIENT_INVALID = "RECIPIENT_INVALID"
    NO_CONTENT = "NO_CONTENT"
    CONTENT_TOO_LONG = "CONTENT_TOO_LONG"
    FORBIDDEN_HTML = "FORBIDDEN_HTML"
    FILE_NAME_MISSING = "FILE_NAME_MISSING"
    FILE_EMPTY = "FILE_EMPTY"
    FILE_UNKNOWN = "FILE_UNKNOWN"
    TOTAL_TOO_BIG = "TOTAL_TOO_BIG"
    PAYMENT_METHOD_INVALID = "PAYMENT_METHOD_INVALID"
    CONSENT_MISSING = "CONSENT_MISSING"
    LETTER_UNKNOWN = "LETTER_UNKNOWN"
    SENDER_EXISTS = "SENDER_EXISTS"
    OTHER = "OTHER"
    """Something this version does not know; the provider's own word is kept in `raw_slug`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the provider can do, as confirmed; what is not confirmed is off."""

    levels: frozenset[Level]
    drafts_at_provider: bool
    """Whether `submit` without a grant leaves a draft that `release` sends."""
    sender_auth: SenderAuth
    auth_grant_seconds: int
    consent_api: bool
    consent_enforced: bool
    payment_methods_api: bool
    webhook: Webhook
    recipient_change_api: bool
    cancel_draft: bool
    idempotency: Idempotency
    max_total_bytes: int
    """Sum of the attachments of one letter."""
    max_content_chars: int
    reuse_documents: bool
    """Whether one upload serves several letters and outlives this process. If not: upload again before every submit."""
    evidence_kinds: frozenset[EvidenceKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where paper goes."""

    line1: str = field(repr=False)
    line2: str = field(default="", repr=False)
    postcode: str = field(repr=False)
    city: str = field(repr=False)
    country: str = "FR"
    """ISO 3166 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """To whom a letter goes."""

    kind: Kind
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)
    company: str | None = field(default=None, repr=False)
    email: str = field(repr=False)
    postal: PostalAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocRef:
    """An uploaded file; `sha256` is ours, in hexadecimal."""

    id: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOptions:
    """How a paper letter is printed, on A4."""

    colour: bool = False
    sides: Printing = Printing.SIMPLEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A letter to submit. `reference` is our opaque id of the letter: the one a search finds after a lost answer."""

    reference: str
    level: Level
    sender_account: str
    recipient: Addressee
    text: str = field(repr=False)
    documents: tuple[DocRef, ...] = ()
    dossier_reference: str = field(default="", repr=False)
    billing_reference: str = ""
    payment_method: str | None = None
    webhook_url: str | None = field(default=None, repr=False)
    print_options: PrintOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """That a sender authenticated. Keep it in memory only, never in an event, and drop it before `expires_at`."""

    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The provider has the letter under `ref`; `status` is AWAITING_SENDER_AUTH or IN_TRANSIT, or already later."""

    ref: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of one letter of a release.

    `problem` is a `Rejection`, `code-needed`, `sender-not-ready`, `provider-away`, `maintenance`, `no-answer` or
    `not-released`; it is none for what was released.
    """

    ref: str
    outcome: Literal["released", "refused", "unknown"]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderStatus:
    """A sender's account as the provider knows it; ready when `linked` and nothing is `missing`.

    `account` is empty when the account was asked for by its address and the provider does not show it to us.
    """

    account: str
    linked: bool
    missing: frozenset[Missing]
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A way to pay; `masked` shows a few digits, `expires` is as the provider writes it."""

    code: str
    label: str
    masked: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """What a person answered to a sender's request to receive letters electronically."""

    email: str = field(repr=False)
    state: ConsentState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something dated that happened to a letter."""

    status: Status
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientChange:
    """A recipient asks to be accepted under another name."""

    id: str
    at: datetime
    last_name: str = field(repr=False)
    first_name: str = field(repr=False)
    company: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A letter as the provider shows it now.

    `facts` holds every dated fact shown, in the provider's order; `evidence` what can be fetched now; `breach` says
    in a constant sentence what contradicts itself (the dated facts are then believed, not the status word).
    """

    ref: str
    reference: str | None
    status: Status
    raw_status: str
    facts: tuple[Fact, ...] = ()
    evidence: tuple[EvidenceKind, ...] = ()
    changes: tuple[RecipientChange, ...] = ()
    price: Decimal | None = None
    """Euros before tax."""
    payment_method: str | None = None
    recipient_email: str = field(default="", repr=False)
    breach: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """Evidence as fetched; `at` is the provider's date of the fact, `source` a host and path without its token."""

    kind: EvidenceKind
    at: datetime | None
    media_type: str
    content: bytes = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """That something may have changed; never a fact. `ref` is none when the call did not say which letter."""

    ref: str | None
    kind: Literal["letter", "sender", "consent", "unknown"]


Health = Literal["up", "maintenance", "down"]


class ProviderError(Exception):
    """A call to the provider did not give what was asked. Its text holds no secret and no personal data."""


class ProviderRejected(ProviderError):
    """The provider refused for good; nothing was done. `code` is neutral, `raw_slug` is not."""

    def __init__(self, code: Rejection, raw_slug: str, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.raw_slug = raw_slug
        self.field = field


class SenderNotReady(ProviderError):
    """The sender's account cannot send; nothing was done."""

    def __init__(self, missing: frozenset[Missing]) -> None:
        super().__init__(", ".join(sorted(missing)))
        self.missing = missing


class AuthRefused(ProviderError):
    """The sender's code was wrong, or none was given where one is needed; nothing was done."""


class GrantExpired(ProviderError):
    """The grant is no longer accepted: ask the sender for a new code; nothing was done."""


class ProviderAway(ProviderError):
    """The call was certainly not executed (no connection, wrong date, token or signature): it may be made again."""


class ProviderMaintenance(ProviderAway):
    """The provider is in maintenance: the call was certainly not executed, wait before the next one."""


class OutcomeUnknown(ProviderError):
    """Nobody knows whether the call was executed (lost or unreadable answer): search before anything is sent again."""


class ContractBreach(OutcomeUnknown):
    """The answer is not what the contract says: as OutcomeUnknown, and a person has to look."""


class NotSupported(ProviderError):
    """The provider cannot do this, or nothing confirms that it can; see `Capabilities`."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class Provider(Protocol):
    """A provider of registered letters. Safe to share between threads; every method may raise `ProviderError`s.

    Reading again what was certainly not executed is done inside; what may have been executed never is.
    """

    @property
    def name(self) -> str:
        """The name in references and routes, for example `ar24`."""
        ...

    def capabilities(self) -> Capabilities:
        """Return what can be asked; no call is made."""
        ...

    def health(self) -> Health:
        """Ask whether the provider answers; never raises."""
        ...

    def sender(self, account_or_email: str) -> SenderStatus:
        """Read a sender's account; one that is not ours to use is not `linked` and misses LINK."""
        ...

    def request_access(self, email: str) -> None:
        """Have the provider ask an existing account, by e-mail, to let us send for it."""
        ...

    def order_credential(self, account: str) -> None:
        """Order the sender's key, which travels by paper; it is billed."""
        ...

    def payment_methods(self, account: str) -> tuple[PaymentMethod, ...]:
        """Return how the account can pay (capability `payment_methods_api`)."""
        ...

    def consents(self, account: str) -> tuple[ConsentAnswer, ...]:
        """Return the answers people gave to the account (capability `consent_api`)."""
        ...

    def request_consent(self, account: str, addressee: Addressee) -> None:
        """Have the provider ask a person for their consent; it may be billed (capability `consent_api`)."""
        ...

    def consent_link(self, account: str) -> str:
        """Return the personal page where people give consent to the account (capability `consent_api`)."""
        ...

    def upload(self, account: str, name: str, media_type: str, content: bytes | Path) -> DocRef:
        """Upload a file for the letters of the account; `name` keeps its extension. Safe to repeat."""
        ...

    def authenticate(self, account: str, otp: str) -> Grant:
        """Exchange a code for a grant; raise AuthRefused if it is wrong, ProviderAway if a new code has to be asked."""
        ...

    def submit(self, order: Order, grant: Grant | None) -> Submitted:
        """Submit a letter once; without a grant a qualified one waits at the provider (`drafts_at_provider`).

        The other levels need no grant and leave at once.

        OutcomeUnknown means: search with `find` before anything else. All other errors: not executed.
        """
        ...

    def release(self, account: str, refs: Sequence[str], grant_or_otp: Grant | str) -> tuple[Released, ...]:
        """Send the drafts, one answer each in the order of `refs`; raise AuthRefused or GrantExpired if none moved."""
        ...

    def cancel(self, ref: str) -> None:
        """Drop a draft (capability `cancel_draft`)."""
        ...

    def answer_change(self, ref: str, change_id: str, accept: bool) -> None:  # noqa: FBT001 — the port's words
        """Answer a recipient's change request (capability `recipient_change_api`)."""
        ...

    def get(self, ref: str) -> Snapshot:
        """Read a letter."""
        ...

    def get_many(self, refs: Sequence[str]) -> tuple[Snapshot, ...]:
        """Read letters in few calls, in no given order; those the provider does not show are left out."""
        ...

    def find(self, account: str, reference: str) -> Snapshot | None:
        """Search by our reference; none proves absence at the time of the search, an error proves nothing."""
        ...

    def evidence(self, ref: str, kind: EvidenceKind) -> EvidenceFile | None:
        """Fetch evidence from an address read afresh; none while the provider does not have it yet."""
        ...

    def hints(self, headers: Mapping[str, str], body: bytes) -> tuple[Hint, ...]:
        """Read the provider's call to us; never raises, and nothing in it is believed."""
        ...
