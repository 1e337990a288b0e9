"""Where the next page starts, as an opaque text that only this service can make."""

import base64
import hashlib
import hmac
import json
from typing import Any

from chassis.refusal import Refusal

_SEAL_BYTES = 16
_MAX_LENGTH = 1024


class CursorForged(Refusal):
    """This cursor was not given out for this list; start again from the first page."""

    code, status = "cursor-forged", 422


def key_from(secret: str) -> bytes:
    """Return the key that seals cursors, derived from a secret that all processes of the service share.

    Cursors are in the hands of people: that secret is none of those that are rotated while the platform serves.
    """
    return hmac.digest(secret.encode(), b"scelle cursors", hashlib.sha256)


def encode(position: list[Any], *, key: bytes, scope: str) -> str:
    """Return the cursor of `position` (JSON values) in the list named `scope`, such as actor, path and filters."""
    body = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(body, key, scope) + body).decode().rstrip("=")


def decode(cursor: str, *, key: bytes, scope: str) -> list[Any]:
    """Return the position inside `cursor`; raise CursorForged unless this key made it for this scope."""
    if len(cursor) > _MAX_LENGTH:
        raise CursorForged
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise CursorForged from None
    seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(body, key, scope)):
        raise CursorForged
    position: list[Any] = json.loads(body)
    return position


def _seal(body: bytes, key: bytes, scope: str) -> bytes:
    return hmac.digest(key, scope.encode() + b"\0" + body, hashlib.sha256)[:_SEAL_BYTES]
