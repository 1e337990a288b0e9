"""The provider that the operator chose."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lre_gateway.adapters.ar24.client import Access as Ar24Access
from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.adapters.ar24.routes import BY_NAME
from lre_gateway.adapters.maileva.client import Access as MailevaAccess
from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.provider import Maileva
from lre_gateway.application.provider import Provider
from lre_gateway.settings import Settings

ANSWERS: Mapping[str, int] = {"ar24": 200, "maileva": 201}
"""What each provider takes for "received" when it calls us."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A provider, and what closes its connections."""

    provider: Provider
    close: Callable[[], None]


def chosen(settings: Settings, clock: Callable[[], datetime]) -> Chosen:
    """Build the provider of the settings."""
    return _maileva(settings, clock) if settings.provider == "maileva" else _ar24(settings, clock)


def _ar24(settings: Settings, clock: Callable[[], datetime]) -> Chosen:
    access = Ar24Access(
        base_url=settings.ar24_url,
        token=_text(settings.ar24_token_file),
        private_key=_text(settings.ar24_private_key_file),
    )
    client = Ar24Client(access, clock)
    provider = Ar24(
        client,
        clock,
        unconfirmed=BY_NAME[settings.ar24_unconfirmed],
        max_content_chars=settings.max_content_chars,
    )
    return Chosen(provider, client.close)


def _maileva(settings: Settings, clock: Callable[[], datetime]) -> Chosen:
    credentials = json.loads(_text(settings.maileva_credentials_file))
    access = MailevaAccess(base_url=settings.maileva_url, token_url=settings.maileva_token_url, **credentials)
    client = MailevaClient(access, clock)
    return Chosen(Maileva(client, clock), client.close)


def _text(path: Path | None) -> str:
    """Return the text of a secret's file; the settings saw to it that the one needed is there."""
    if path is None:
        raise FileNotFoundError("a secret of the provider")
    return path.read_text(encoding="utf-8").strip()
