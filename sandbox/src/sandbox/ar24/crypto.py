"""The signature of calls and the encryption of answers, as five public clients of AR24 agree on them."""

import base64
import hashlib

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 128  # bits
WRONG_IV = b"0123456789abcdef"


def signature(private_key: str, date: str) -> str:
    """Sign the date of a call."""
    return _encrypted(date, _hex(private_key), initial(private_key))


def answer(private_key: str, date: str, text: str, iv: bytes | None = None) -> str:
    """Encrypt an answer for the call of this date; another `iv` garbles its first block."""
    return _encrypted(text, _hex(date + private_key), iv or initial(private_key))


def initial(private_key: str) -> bytes:
    """Return the initialisation vector: the first characters of the hash of the hash's text."""
    return _hex(_hex(private_key))[:16].encode()


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _encrypted(text: str, key: str, iv: bytes) -> str:
    # PHP cuts a key that is too long: 32 characters of text, not 32 bytes of hash.
    encryptor = Cipher(algorithms.AES256(key[:32].encode()), modes.CBC(iv)).encryptor()
    padder = padding.PKCS7(_BLOCK).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
