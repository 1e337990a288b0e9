"""The provider's ciphers: how a call is signed and how an answer is read.

The initialisation vector is fixed by the private key alone, so the same date gives the same signature. That is the
provider's choice and weak; what protects the calls is TLS. Never log a date with its signature, nor any of the keys.
"""

import base64
import binascii
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

KEY_CHARACTERS = 32
IV_CHARACTERS = 16
_BLOCK_BITS = 128


class Unreadable(ValueError):
    """The bytes are no ciphertext of this key."""


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _cipher(key: str, private_key: str) -> Cipher[CBC]:
    iv = _hex(_hex(private_key))[:IV_CHARACTERS]
    return Cipher(AES(key[:KEY_CHARACTERS].encode()), CBC(iv.encode()))


def signature(private_key: str, date: str) -> str:
    """Sign the date of a call, for its header `signature`."""
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(date.encode()) + padder.finalize()
    encryptor = _cipher(_hex(private_key), private_key).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypted(private_key: str, date: str, body: bytes) -> bytes:
    """Decrypt the answer to the call that was made with `date`.

    Raises:
        Unreadable: the body is no base64, no whole number of blocks, or its padding is wrong.

    """
    try:
        ciphertext = base64.b64decode(body.strip(), validate=True)
        decryptor = _cipher(_hex(date + private_key), private_key).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (binascii.Error, ValueError):
        raise Unreadable from None
