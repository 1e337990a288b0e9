"""Every behaviour that no code run against the provider has shown: one switch each, with the default we believe in.

The confidence of each and what it rests on are in README.md. An empty route means that the route does not exist.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Clock = Literal["real", "virtual"]


class Assumptions(BaseModel):
    """What the provider is believed to do; durations are in seconds."""

    model_config = ConfigDict(extra="forbid")

    # calls
    call_date_clock: Clock = "real"
    date_backward_s: float = Field(default=600, ge=0)
    date_forward_s: float = Field(default=600, ge=0)
    wrong_signature_slug: str = "invalid_signature"
    default_language: Literal["fr", "en"] = "fr"
    ids_as_text: bool = True
    absent_value: Literal["null", "empty"] = "null"

    # senders
    otp_clock: Clock = "real"
    otp_window: int = Field(default=1, ge=0, le=10)
    otp_reuse: bool = True
    grant_s: float = Field(default=3600, gt=0)
    credential_delay_s: float = Field(default=3 * 86400, ge=0)
    access_needs_click: bool = True

    # letters
    unauth_eidas: Literal["draft", "error"] = "draft"
    eidas_needs_key: bool = True
    draft_lifetime_s: float = Field(default=0, ge=0)
    max_content_chars: int = Field(default=20_000, gt=0)
    max_total_bytes: int = Field(default=256_000_000, gt=0)
    send_delay_s: float = Field(default=2, ge=0)
    negligence: Literal["end_of_day_15", "15x24h+1h"] = "end_of_day_15"
    notice_days: int = Field(default=21, gt=0)
    price_ht: float = Field(default=3.99, ge=0)
    list_filters: bool = True

    # routes that are known to exist and whose names are not
    release_route: str = "mail/validate"
    cancel_route: str = "mail/cancel"
    recipient_update_route: str = "mail/recipient_update"
    payment_route: str = "user/payment"
    consent_route: str = "user/consent"
    consent_link_route: str = "user/consent_link"
    notice_parameter: str = "type"
    paper_route: str = "paper"

    # webhooks
    webhook_json: bool = False

    # Maileva
    token_s: float = Field(default=1800, gt=0)
    refresh_s: float = Field(default=3600, gt=0)
    lreq_needs_otp: bool = True
    lreq_to_update: bool = True
    check_delay_s: float = Field(default=2, ge=0)
