"""What is kept in the place of secrets and addresses."""

import hashlib
import hmac
import secrets
from uuid import UUID

_DIGITS = 6
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What cannot be taken for something else when it is copied from paper."""
_RECOVERY_SIGNS = 12


class Digests:
    """HMAC-SHA256 under the code key, which is outside the database: whoever has only the rows cannot search them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, what: str, *values: str) -> bytes:
        """Return the digest of values in a role, such as the code of a challenge or an IP address."""
        parts = b"".join(len(part).to_bytes(4, "big") + part for part in (value.encode() for value in (what, *values)))
        return hmac.digest(self._key, parts, hashlib.sha256)

    def code(self, challenge_id: UUID, code: str) -> bytes:
        """Return what is kept of the code of a challenge."""
        return self.of("code", str(challenge_id), code)

    def last_digits(self, address: str) -> str:
        """Return four digits for an address that nobody has: plausible, and the same each time."""
        return f"{int.from_bytes(self.of('last digits', address)) % 10_000:04}"


def new_token() -> str:
    """Return 256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def new_recovery_code() -> str:
    """Return about 59 random bits in signs that are easily copied."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_RECOVERY_SIGNS))


def token_digest(token: str) -> bytes:
    """Return what is kept of a token; 256 random bits need no key."""
    return hashlib.sha256(token.encode()).digest()
