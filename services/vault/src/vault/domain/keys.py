"""The keys of a document: key service → office key → data key of one version → what each part and the manifest use."""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
LABEL = b"scelle-vault-1 "


class WrongKey(Exception):
    """A wrapped key does not open with this key and context."""


def new_key() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(key: bytes, secret: bytes, context: bytes) -> bytes:
    """Encrypt `secret` under `key`: nonce (12) ‖ AES-256-GCM, with `context` as associated data."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, context)


def unwrap(key: bytes, wrapped: bytes, context: bytes) -> bytes:
    """Decrypt what `wrap` made; raise WrongKey if key, context or a bit of it differ."""
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
    except InvalidTag:
        raise WrongKey from None


@dataclass(frozen=True, slots=True)
class DataKey:
    """What is derived from the data key of a version; one purpose each (HKDF-SHA256, no salt)."""

    parts: bytes = field(repr=False)
    """The key of the parts' streams."""
    manifest: bytes = field(repr=False)
    """The key of the manifest's MAC."""
    commitment: bytes
    """Public: no two data keys have the same, so that a ciphertext cannot be opened to two documents."""

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """Derive from the 32 bytes of a data key."""
        return cls(*(_derive(secret, purpose) for purpose in (b"parts", b"manifest", b"commitment")))

    def mac(self, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of a manifest."""
        return hmac.digest(self.manifest, message, "sha256")


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=LABEL + purpose).derive(secret)
