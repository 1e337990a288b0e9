"""Senders' accounts, their keys and their codes."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lre_gateway.adapters.ar24 import routes
from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.dates import instant_of
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import AuthRefused, ContractBreach, Grant, SenderNotReady, SenderStatus
from lre_gateway.domain.vocabulary import Missing

GRANT_SECONDS = 3600
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_NEEDED = {
    Missing.CONFIRMATION: ("confirmed",),
    Missing.TERMS: ("cgu",),
    Missing.PAYMENT: ("is_payment_possible", "payment_active"),
    Missing.CREDENTIAL: ("is_identity_verified",),
}
"""Which flag of an account says that nothing is missing; the first one that it holds counts."""


def status(client: Ar24Client, account_or_email: str) -> SenderStatus:
    """Read an account; one that is unknown, not linked or no longer ours misses LINK."""
    by_email = "@" in account_or_email
    try:
        user = client.get(routes.SENDER, {"email" if by_email else "id_user": account_or_email})
    except SenderNotReady as error:
        account, email = ("", account_or_email) if by_email else (account_or_email, "")
        return SenderStatus(account=account, linked=False, missing=error.missing | {Missing.LINK}, email=email)
    if not isinstance(user, dict) or not user.get("id"):
        raise ContractBreach("an account without its number")
    missing = frozenset(what for what, flags in _NEEDED.items() if not _flag(user, flags))
    return SenderStatus(account=str(user["id"]), linked=True, missing=missing, email=str(user.get("email") or ""))


def authenticated(client: Ar24Client, account: str, otp: str, clock: Callable[[], datetime]) -> Grant:
    """Exchange a code for the provider's hash."""
    if not _CODE.fullmatch(otp):
        raise AuthRefused("a code has six digits")
    result = client.post(routes.AUTHENTICATE, {"id_user": account, "otp": otp}, Effect.HARMLESS)
    if not isinstance(result, dict) or not result.get("hash"):
        raise ContractBreach("an authentication without its proof")
    now = clock()
    try:
        expires = instant_of(result.get("expiration_date"), after=now)
    except ValueError:
        expires = None
    latest = now + timedelta(seconds=GRANT_SECONDS)
    # a clock of the provider's that runs otherwise than ours shortens nothing: an expired grant is refused anyway
    return Grant(secret=str(result["hash"]), expires_at=expires if expires and now < expires < latest else latest)


def _flag(user: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    value = next((user[name] for name in names if name in user), None)
    return value is True or str(value).casefold() in {"1", "true"}
