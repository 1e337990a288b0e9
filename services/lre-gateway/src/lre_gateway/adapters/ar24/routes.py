"""Every route of the provider, below its base address (`https://app.ar24.fr/api`, `https://sandbox.ar24.fr/api`)."""

from collections.abc import Mapping
from dataclasses import dataclass

ATTACHMENT = "/attachment"
AUTHENTICATE = "/user/auth_otp"
CREDENTIAL = "/user/identity"
LETTER = "/mail"
LETTERS = "/user/mail"
REQUEST_ACCESS = "/user/request_access"
SENDER = "/user"
SENDERS = "/user/list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """What exists on the provider's pages under a name that no source shows; what is none is off.

    Once the provider confirms a name, it is written here and the capability is on: nothing else changes.
    """

    release: str | None = None
    cancel: str | None = None
    answer_change: str | None = None
    payment_methods: str | None = None
    consents: str | None = None
    consent_link: str | None = None
    paper: str | None = None
    notice_field: str | None = None
    """The field of a letter that makes it a notice, whose value in lists is known."""
    simple: bool = False
    """Whether a letter that is not qualified was seen to be taken."""


CONFIRMED = Unconfirmed()
"""Nothing but what was seen to work."""

SIMULATED = Unconfirmed(
    release="/mail/validate",
    cancel="/mail/cancel",
    answer_change="/mail/recipient_update",
    payment_methods="/user/payment",
    consents="/user/consent",
    consent_link="/user/consent_link",
    paper="/paper",
    notice_field="type",
    simple=True,
)
"""The names that the simulator gives them."""

BY_NAME: Mapping[str, Unconfirmed] = {"confirmed": CONFIRMED, "simulated": SIMULATED}
