"""The four steps of a sending. Until the last one it is a draft, which sends nothing and may be left behind."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.products import BY_CODE, PRODUCTS, Product
from lre_gateway.adapters.maileva.spool import Waiting
from lre_gateway.adapters.maileva.status_map import snapshot
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    GrantExpired,
    Order,
    OutcomeUnknown,
    ProviderAway,
    ProviderError,
    ProviderRejected,
    Rejection,
    Snapshot,
)

DRAFT = "DRAFT"
NOT_YET = 204
PAGE = 500
MAX_PAGES = 200
CHECK_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between two looks at the check of a draft."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def located(ref: str) -> tuple[Product, str]:
    """Return the product of a reference and the path of its sending."""
    code, _, number = ref.partition(":")
    if code not in BY_CODE or not _ID.fullmatch(number):
        raise ProviderRejected(Rejection.LETTER_UNKNOWN, "")
    product = BY_CODE[code]
    return product, f"{product.path}/sendings/{number}"


def drafted(client: MailevaClient, product: Product, order: Order, files: list[Waiting]) -> str:
    """Make a complete draft; return our reference to it. One that does not get complete is removed."""
    sending, recipient = product.sending(order), product.recipient(order)
    created = client.post(f"{product.path}/sendings", Effect.HARMLESS, sending)
    if not isinstance(created, dict) or not _ID.fullmatch(str(created.get("id"))):
        raise ProviderAway("a sending without its number")
    ref = f"{product.code}:{created['id']}"
    path = located(ref)[1]
    try:
        for number, file in enumerate(files, start=1):
            _add(client, path, number, file)
        client.post(f"{path}/recipients", Effect.HARMLESS, recipient)
        if product.checked_first:
            _check(client, path)
    except ProviderError as error:
        _remove(client, path)
        if isinstance(error, OutcomeUnknown):
            raise ProviderAway("a draft that is not complete") from None
        raise
    return ref


def submitted(client: MailevaClient, ref: str) -> None:
    """Send a draft, once.

    Raises:
        GrantExpired: the sender, who had authenticated, is asked to do so again; nothing was sent.

    """
    try:
        client.post(f"{located(ref)[1]}/submit", Effect.ONCE)
    except AuthRefused as error:
        raise GrantExpired(str(error)) from None


def removed(client: MailevaClient, ref: str) -> None:
    """Remove a draft if that can be done; one that stays behind sends nothing."""
    _remove(client, located(ref)[1])


def number_of(recipient: Mapping[str, Any]) -> str:
    """Return the recipient's number, fit for an address."""
    number = str(recipient.get("id"))
    if not _ID.fullmatch(number):
        raise ContractBreach("a recipient without its number")
    return number


def read(client: MailevaClient, ref: str) -> tuple[Product, Mapping[str, Any], Mapping[str, Any]]:
    """Return the product, the sending and its recipient."""
    product, path = located(ref)
    sending = client.get(path)
    if not isinstance(sending, dict) or str(sending.get("id")) != ref.partition(":")[2]:
        raise ContractBreach("another sending than the one asked for")
    return product, sending, recipient_of(client, path)


def recipient_of(client: MailevaClient, path: str) -> Mapping[str, Any]:
    """Return the one recipient of a sending; an empty record while it has none."""
    found = client.get(f"{path}/recipients")
    recipients = found.get("recipients") if isinstance(found, dict) else None
    if not isinstance(recipients, list) or not all(isinstance(one, dict) for one in recipients):
        raise ContractBreach("a list of recipients was expected")
    return recipients[0] if recipients else {}


def by_reference(client: MailevaClient, reference: str) -> Snapshot | None:
    """Return the sending that went out under our reference; drafts, which sent nothing, are passed over.

    Raises:
        OutcomeUnknown: the list did not end, so that absence is not proved.

    """
    for product in PRODUCTS:
        for sending in pages(client, f"{product.path}/sendings", "sendings"):
            if sending.get("custom_id") == reference and sending.get("status") != DRAFT:
                path = f"{product.path}/sendings/{sending.get('id')}"
                return snapshot(product, sending, recipient_of(client, path))
    return None


def pages(client: MailevaClient, path: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield every entry of a list.

    Raises:
        OutcomeUnknown: it does not end.

    """
    start = 1
    for _ in range(MAX_PAGES):
        found = client.get(path, {"start_index": start, "count": PAGE})
        entries = found.get(name) if isinstance(found, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ContractBreach("a list was expected")
        if not entries:
            return
        yield from entries
        start += len(entries)
        paging = found.get("paging")
        if isinstance(paging, dict) and isinstance(total := paging.get("total_results"), int) and start > total:
            return
    raise OutcomeUnknown("the list is too long to search")


def _add(client: MailevaClient, path: str, number: int, file: Waiting) -> None:
    metadata = json.dumps({"name": file.name, "priority": number})
    if isinstance(file.content, Path):
        # read whole: a stream could not be sent a second time after a renewed token
        client.upload(f"{path}/documents", metadata, file.name, file.media_type, file.content.read_bytes())
    else:
        client.upload(f"{path}/documents", metadata, file.name, file.media_type, file.content)


def _check(client: MailevaClient, path: str) -> None:
    """Have a draft checked, and wait for the result; its errors raise as those of any call do."""
    client.post(f"{path}/check", Effect.HARMLESS)
    for wait in CHECK_WAITS:
        if client.fetch(f"{path}/check").status != NOT_YET:
            return
        client.pause(wait)
    raise ProviderAway("the check of a draft takes too long")


def _remove(client: MailevaClient, path: str) -> None:
    try:
        client.delete(path)
    except ProviderError:
        return  # what stays behind is a draft
