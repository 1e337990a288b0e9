"""What an operator sets for identity, beside what every service has."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from chassis.settings import ServiceSettings
from chassis.values import JsonFile, OutsideAddress, RandomKeyFile, Word, in_production
from pydantic import AfterValidator, Field, ValidationInfo, model_validator

Network = IPv4Network | IPv6Network
Positive = Annotated[int, Field(ge=1, le=100_000_000)]
"""Seconds, tries or KiB: more of them is a mistake."""
Country = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,2}$")]
WEAKEST_ARGON2_KIB = 19_456
"""The least memory that OWASP's password storage cheat sheet accepts."""


def _strong(kib: int, info: ValidationInfo) -> int:
    if in_production(info) and kib < WEAKEST_ARGON2_KIB:
        raise ValueError(f"must be at least {WEAKEST_ARGON2_KIB} in production")
    return kib


class Settings(ServiceSettings, env_prefix="IDENTITY_"):
    """Variables IDENTITY_…; times in seconds; `peers` names dossier."""

    sms_url: OutsideAddress
    sms_token: Word
    sms_fallback_url: OutsideAddress | None = None
    """A second provider, which sends another code when the first has taken a message and not delivered it."""
    sms_fallback_token: Word | None = None
    sms_delivery_seconds: Annotated[int, Field(ge=1, le=240)] = 30
    """How long the first provider has for that."""
    sms_prefixes: tuple[Country, ...] = Field(default=("+33",), min_length=1)
    """Countries whose mobile numbers get codes."""

    oidc_issuer: OutsideAddress
    oidc_authorize_url: OutsideAddress
    oidc_token_url: OutsideAddress
    oidc_jwks_url: OutsideAddress
    oidc_userinfo_url: OutsideAddress
    oidc_client_id: Word
    oidc_client_secret: Word
    oidc_claims_file: JsonFile
    oidc_redirect_url: OutsideAddress | None = None
    """Where the browser comes back to from the provider; without it, to the callback of this service."""

    code_key_file: RandomKeyFile
    """32 random bytes in base64: the HMAC key of codes and addresses, outside the database."""
    code_seconds: Annotated[int, Field(ge=60, le=600)] = 300
    code_resend_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    codes_per_hour: Positive = 5
    codes_per_day: Positive = 10
    codes_per_ip_hour: Positive = 20

    password_shortest: Annotated[int, Field(ge=8, le=64)] = 12
    passwords_per_email_hour: Positive = 30
    """Tries at one address, from anywhere, before each of the next has to wait a little."""
    passwords_per_email_and_ip_hour: Positive = 10
    passwords_per_ip_hour: Positive = 60
    access_links_per_email_hour: Positive = 3
    access_links_per_ip_hour: Positive = 20
    argon2_memory_kib: Annotated[int, Field(ge=8, le=1 << 24), AfterValidator(_strong)] = 65_536
    argon2_passes: Annotated[int, Field(ge=1, le=100)] = 3
    argon2_at_once: Annotated[int, Field(ge=1, le=64)] = 2

    session_idle_client: Positive = 900
    session_idle_staff: Positive = 8 * 3600
    session_longest: Positive = 12 * 3600

    trusted_proxies: tuple[Network, ...] = (IPv4Network("127.0.0.1/32"), IPv6Network("::1/128"))
    """Addresses of the gateway, whose X-Forwarded-For is believed."""

    @model_validator(mode="after")
    def _whole_fallback(self) -> Self:
        if (self.sms_fallback_url is None) != (self.sms_fallback_token is None):
            raise ValueError("sms_fallback_url and sms_fallback_token go together")
        return self
