"""Calls of the notification centre. It does not cover the qualified product, whose letters are only polled."""

import json
import re

from lre_gateway.application.provider import Hint

_PRODUCTS = {"registered_mail/v4": "paper"}
"""By the beginning of a resource type; the other types are products that we do not use."""
_SENDING = re.compile(r"/sendings/([A-Za-z0-9_-]{1,64})(?:/|$)", re.ASCII)


def hints(body: bytes) -> tuple[Hint, ...]:
    """Return what the call is about; a body that says nothing readable is a hint about anything."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        kind = str(found.get("resource_type", "")).rpartition("/")[0]
        number = _SENDING.search(str(found.get("resource_location", "")))
        if kind in _PRODUCTS and number:
            return (Hint(ref=f"{_PRODUCTS[kind]}:{number[1]}", kind="letter"),)
    return (Hint(ref=None, kind="unknown"),)
