"""What an operator sets for lre-gateway."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from chassis.settings import KeyFile, PublicFile, ServiceSettings
from chassis.values import Address, JsonKeyFile, RandomKeyFile, in_production, outside
from pydantic import Field, ValidationInfo, field_validator

Network = IPv4Network | IPv6Network
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(ServiceSettings, env_prefix="LRE_GATEWAY_"):
    """Variables LRE_GATEWAY_…; times in seconds; `peers` names identity, dossier and vault."""

    provider: Literal["ar24", "maileva"] = "ar24"
    """Through whom letters leave."""

    ar24_url: Address = "https://sandbox.ar24.fr/api"
    """The provider's own test environment; production is https://app.ar24.fr/api."""
    ar24_token_file: KeyFile | None = None
    ar24_private_key_file: KeyFile | None = None
    ar24_unconfirmed: Literal["confirmed", "simulated"] = "confirmed"
    """What is on: what sources show, or also what only the simulator answers to."""

    maileva_url: Address = "https://api.sandbox.maileva.net"
    maileva_token_url: Address = (
        "https://connexion.sandbox.maileva.net/auth/realms/services/protocol/openid-connect/token"  # noqa: S105 - an address
    )
    maileva_credentials_file: JsonKeyFile | None = None
    """JSON: client_id, client_secret, username, password."""

    webhook_secret_file: RandomKeyFile
    """32 random bytes in base64: the key of the addresses that the provider calls."""
    webhook_addresses: tuple[Network, ...] = (IPv4Network("185.183.140.195/32"),)
    """From where the provider calls; anyone else is told that there is nothing."""
    trusted_proxies: tuple[Network, ...] = (IPv4Network("127.0.0.1/32"), IPv6Network("::1/128"))
    """Addresses of the gateway, whose X-Forwarded-For is believed."""

    proof_trust_file: PublicFile | None = None
    """Certificates (PEM) under which the seals of proofs are trusted; without it nobody knows."""

    hold_mode: Literal["deferred_submit", "provider_draft"] = "deferred_submit"
    """Where letters wait for the sender's code, unless an office chose."""
    poll_seconds: Seconds = 120.0
    """How often a letter is read again in the first hour after it left."""
    quiet_seconds: Annotated[float, Field(ge=0, le=86_400)] = 600.0
    """How long a letter whose fate is unknown rests before it may be sent again."""
    interrupted_seconds: Seconds = 180.0
    """After how long a submission that nobody finished counts as cut off; longer than any call takes."""
    max_content_chars: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000

    @field_validator("ar24_token_file", "ar24_private_key_file", "maileva_credentials_file")
    @classmethod
    def _needed(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        provider = info.data.get("provider", "")
        if value is None and str(info.field_name).startswith(provider):
            raise ValueError(f"the provider {provider} needs this file")
        return value

    @field_validator("ar24_url", "maileva_url", "maileva_token_url")
    @classmethod
    def _real(cls, address: str, info: ValidationInfo) -> str:
        chosen = str(info.field_name).startswith(info.data.get("provider", " "))
        return outside(address, info) if chosen else address

    @field_validator("ar24_unconfirmed")
    @classmethod
    def _confirmed(cls, routes: str, info: ValidationInfo) -> str:
        if routes == "simulated" and in_production(info):
            raise ValueError("only the simulator answers there, and this is production")
        return routes
