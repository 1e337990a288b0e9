"""What an operator sets for identity, beside what every service has."""

from typing import Annotated

from chassis.settings import KeyFile, PublicFile, ServiceSettings
from pydantic import Field

Positive = Annotated[int, Field(ge=1)]


class Settings(ServiceSettings, env_prefix="IDENTITY_"):
    """Variables IDENTITY_…; times in seconds; `peers` names dossier."""

    sms_url: str
    sms_token: str
    sms_prefixes: tuple[str, ...] = ("+33",)
    """Countries whose mobile numbers get codes."""

    oidc_issuer: str
    oidc_authorize_url: str
    oidc_token_url: str
    oidc_jwks_url: str
    oidc_userinfo_url: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_claims_file: PublicFile

    code_key_file: KeyFile
    """32 random bytes in base64: the HMAC key of codes and addresses, outside the database."""
    code_seconds: Annotated[int, Field(ge=60, le=600)] = 300
    code_resend_seconds: Annotated[int, Field(ge=0)] = 60
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
    argon2_memory_kib: Annotated[int, Field(ge=8)] = 65_536
    argon2_passes: Positive = 3
    argon2_at_once: Positive = 2

    session_idle_client: Positive = 900
    session_idle_staff: Positive = 8 * 3600
    session_longest: Positive = 12 * 3600

    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses of the gateway, whose X-Forwarded-For is believed."""
