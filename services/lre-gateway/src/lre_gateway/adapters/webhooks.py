"""The addresses that a provider calls: each names one letter, and nobody else can make one."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

_ID_BYTES = 16
_SEAL_BYTES = 16


@dataclass(frozen=True, slots=True)
class WebhookAddresses:
    """The port Webhooks: the secret part of an address is the letter's id and a MAC of it (HMAC-SHA256, 128 bits).

    It needs no table, so that a call is recognised while the database is away.
    """

    base_url: str
    provider: str
    key: bytes = field(repr=False)

    def address(self, letter_id: UUID) -> str:
        """Return the address that the provider calls when something happens to the letter."""
        return f"{self.base_url}/webhooks/{self.provider}/{self.secret(letter_id)}"

    def secret(self, letter_id: UUID) -> str:
        """Return the last part of that address."""
        return base64.urlsafe_b64encode(letter_id.bytes + self._seal(letter_id)).decode().rstrip("=")

    def letter(self, provider: str, secret: str) -> UUID | None:
        """Return the letter whose address this is; None for any other."""
        try:
            raw = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        if provider != self.provider or len(raw) != _ID_BYTES + _SEAL_BYTES:
            return None
        letter_id = UUID(bytes=raw[:_ID_BYTES])
        return letter_id if hmac.compare_digest(raw[_ID_BYTES:], self._seal(letter_id)) else None

    def _seal(self, letter_id: UUID) -> bytes:
        said = f"{self.provider}\n".encode() + letter_id.bytes
        return hmac.digest(self.key, said, hashlib.sha256)[:_SEAL_BYTES]
