"""The words that rules and providers share; none of them is a provider's own."""

from enum import StrEnum


class Level(StrEnum):
    """How much a letter proves; only the first is a registered letter in the sense of the law (CPCE L100)."""

    QUALIFIED_LRE = "qualified-lre"
    SIMPLE_ERDS = "simple-erds"
    COPRO_NOTICE = "copro-notice"
    PAPER = "paper"


class Status(StrEnum):
    """What a provider says of a letter it holds."""

    AWAITING_SENDER_AUTH = "awaiting-sender-auth"
    IN_TRANSIT = "in-transit"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    NOT_CLAIMED = "not-claimed"
    BOUNCED = "bounced"
    FAILED = "failed"
    AUTH_LAPSED = "auth-lapsed"
    CANCELLED = "cancelled"
    UNRECOGNIZED = "unrecognized"
    """A word this version does not know; nothing follows from it but an alert."""


class EvidenceKind(StrEnum):
    """What a file proves. The last two are ours; the others are the provider's."""

    DEPOSIT_AND_SENDING = "deposit-and-sending"
    DEPOSIT = "deposit"
    SENDING = "sending"
    RECEPTION = "reception"
    REFUSAL = "refusal"
    NON_CLAIM = "non-claim"
    NON_DELIVERY = "non-delivery"
    CONTENT = "content"
    FULL_ARCHIVE = "full-archive"
    CONSENT = "consent"
    SENDER_AUTH_RECORD = "sender-auth-record"
    SUBMISSION_MANIFEST = "submission-manifest"


class Missing(StrEnum):
    """What a sender's account still lacks before letters can leave (A-04, A-12, A-25)."""

    LINK = "link"
    """The account has not let us send in its name, or took that back."""
    TERMS = "terms"
    PAYMENT = "payment"
    CREDENTIAL = "credential"
    """The key of the one-time codes, which comes by post; only the qualified level needs it."""
    CONFIRMATION = "confirmation"
    """The e-mail address of the account was not confirmed."""


class Kind(StrEnum):
    """Whether a recipient acts in a profession; a professional needs to have consented to nothing (CPCE L100)."""

    INDIVIDUAL = "individual"
    PROFESSIONAL = "professional"


class ConsentState(StrEnum):
    """Where a person's agreement to receive registered letters electronically stands."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REQUESTED = "requested"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Taken back at the office, by hand; no provider answers this."""


class Printing(StrEnum):
    """The sides of a sheet that are printed (A-42)."""

    SIMPLEX = "simplex"
    DUPLEX = "duplex"


class HoldMode(StrEnum):
    """Where a letter waits for its sender's code; people see the same either way."""

    DEFERRED_SUBMIT = "deferred_submit"
    """With us: it is submitted once the code was given."""
    PROVIDER_DRAFT = "provider_draft"
    """At the provider, as a draft that the code releases."""


class Trade(StrEnum):
    """What an office does; electronic notices are for property managers only (decree 2020-834)."""

    NOTARY = "notary"
    LAWYER = "lawyer"
    PROPERTY_MANAGER = "property-manager"
