"""Senders: their accounts, keys and codes."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.dates import instant_of
from lre_gateway.adapters.maileva.sendings import pages
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    Grant,
    ProviderRejected,
    SenderNotReady,
    SenderStatus,
)
from lre_gateway.domain.vocabulary import Missing

SENDERS = "/electronic_mail_emitter/v1/senders"
GRANT_SECONDS = 3600
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_MISSING = {
    "VALIDATED": frozenset[Missing](),
    "VALIDATING": frozenset({Missing.CONFIRMATION}),
    "EXPIRED": frozenset({Missing.CONFIRMATION}),
    "ACCESS_GRANTING": frozenset({Missing.LINK}),
}


def status(client: MailevaClient, account_or_email: str) -> SenderStatus:
    """Read a sender. Whether the key has arrived is not shown: a letter without it is refused when it is submitted."""
    found = _found(client, account_or_email)
    if found is None:
        account, email = ("", account_or_email) if "@" in account_or_email else (account_or_email, "")
        return SenderStatus(account=account, linked=False, missing=frozenset({Missing.LINK}), email=email)
    missing = _MISSING.get(str(found.get("status")), frozenset({Missing.CONFIRMATION}))
    if found.get("provider_grant_access") is False:
        missing |= {Missing.LINK}
    return SenderStatus(
        account=str(found["id"]),
        linked=Missing.LINK not in missing,
        missing=missing,
        email=str(found.get("email") or ""),
    )


def request_access(client: MailevaClient, email: str) -> None:
    """Have an existing account asked to let us send for it.

    Raises:
        SenderNotReady: no sender with this address was set up at the provider, which is done on its pages.

    """
    found = _found(client, email)
    if found is None:
        raise SenderNotReady(frozenset({Missing.LINK}))
    client.post(f"{SENDERS}/{found['id']}/grant_access", Effect.HARMLESS)


def order_credential(client: MailevaClient, account: str) -> None:
    """Order the key, once: it is billed and travels by paper."""
    client.post(f"{SENDERS}/{_checked(account)}/verify_identity", Effect.ONCE)


def authenticated(client: MailevaClient, account: str, otp: str, clock: Callable[[], datetime]) -> Grant:
    """Authenticate a sender; the provider remembers it, so the grant holds no secret but its end."""
    if not _CODE.fullmatch(otp):
        raise AuthRefused("a code has six digits")
    path = f"{SENDERS}/{_checked(account)}/authenticate_by_otp"
    try:
        result = client.post(path, Effect.HARMLESS, fields={"otp_code": otp})
    except ProviderRejected:
        raise AuthRefused("the code was not accepted") from None
    now = clock()
    latest = now + timedelta(seconds=GRANT_SECONDS)
    try:
        expires = instant_of(result.get("expiration_date")) if isinstance(result, dict) else None
    except ValueError:
        expires = None
    # a clock of the provider's that runs otherwise than ours shortens nothing: an expired grant is refused anyway
    return Grant(secret="", expires_at=expires if expires and now < expires < latest else latest)


def _found(client: MailevaClient, account_or_email: str) -> Mapping[str, Any] | None:
    if "@" in account_or_email:
        wanted = account_or_email.casefold()
        return next(
            (one for one in pages(client, SENDERS, "senders") if str(one.get("email")).casefold() == wanted), None
        )
    try:
        found = client.get(f"{SENDERS}/{_checked(account_or_email)}")
    except ProviderRejected:
        return None
    if not isinstance(found, dict) or not found.get("id"):
        raise ContractBreach("a sender without its number")
    return found


def _checked(account: str) -> str:
    if not _ID.fullmatch(account):
        raise SenderNotReady(frozenset({Missing.LINK}))
    return account
