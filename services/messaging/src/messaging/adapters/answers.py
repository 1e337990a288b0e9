"""What another service answered: a body, or that there is nothing (any more)."""

from http import HTTPStatus
from typing import Any

import httpx

ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


def found(response: httpx.Response) -> dict[str, Any] | None:
    """Return the body, None if what was asked for is unknown or erased; raise for any other refusal."""
    if response.status_code in ABSENT:
        return None
    body: dict[str, Any] = response.raise_for_status().json()
    return body
