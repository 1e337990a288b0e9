"""Tink's streaming AES-GCM-HKDF (type AES256_GCM_HKDF_1MB, output prefix RAW), for one part of a document at a time.

A ciphertext is: header length 40 (1 byte) ‖ salt (32) ‖ nonce prefix (7) ‖ segments. The key of the stream is
HKDF-SHA256(key, salt, info = associated data). Segment i is AES-256-GCM with nonce
prefix ‖ i (4 bytes) ‖ last (1 byte).
Format: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
"""

import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
TAG_BYTES = 16
SALT_BYTES = 32
PREFIX_BYTES = 7
HEADER_BYTES = 1 + SALT_BYTES + PREFIX_BYTES
SEGMENT_BYTES = 1 << 20
"""Bytes of a full segment of ciphertext; the header counts as part of the first."""


class NotAuthentic(Exception):
    """The ciphertext is not what was written with this key and associated data."""


def sealed_size(plain_size: int) -> int:
    """Return the bytes of ciphertext for `plain_size` bytes of plaintext."""
    return HEADER_BYTES + plain_size + TAG_BYTES * sum(1 for _ in _segments(plain_size))


def plain_size(sealed_size: int) -> int:
    """Return the bytes of plaintext in `sealed_size` bytes of ciphertext; raise NotAuthentic if none can be."""
    segments = max(1, -(-sealed_size // SEGMENT_BYTES))
    size = sealed_size - HEADER_BYTES - TAG_BYTES * segments
    last = sealed_size - (segments - 1) * SEGMENT_BYTES
    smallest = TAG_BYTES + (HEADER_BYTES if segments == 1 else 1)
    if last < smallest:
        raise NotAuthentic
    return size


def seal(key: bytes, associated_data: bytes, plain: memoryview, into: memoryview) -> None:
    """Encrypt `plain` with a fresh salt and nonce prefix; `into` has exactly `sealed_size(len(plain))` bytes."""
    salt, prefix = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(PREFIX_BYTES)
    into[:HEADER_BYTES] = bytes([HEADER_BYTES]) + salt + prefix
    cipher = _cipher(key, salt, associated_data)
    position = HEADER_BYTES
    for index, start, end, last in _segments(len(plain)):
        size = end - start + TAG_BYTES
        cipher.encrypt_into(_nonce(prefix, index, last=last), plain[start:end], None, into[position : position + size])
        position += size


def unseal(key: bytes, associated_data: bytes, sealed: bytes) -> bytearray:
    """Decrypt a whole ciphertext; raise NotAuthentic, and release nothing, if a single bit differs."""
    plain = bytearray(plain_size(len(sealed)))
    if sealed[0] != HEADER_BYTES:
        raise NotAuthentic
    view, out = memoryview(sealed), memoryview(plain)
    prefix = bytes(view[1 + SALT_BYTES : HEADER_BYTES])
    cipher = _cipher(key, bytes(view[1 : 1 + SALT_BYTES]), associated_data)
    position = HEADER_BYTES
    try:
        for index, start, end, last in _segments(len(plain)):
            size = end - start + TAG_BYTES
            nonce = _nonce(prefix, index, last=last)
            cipher.decrypt_into(nonce, view[position : position + size], None, out[start:end])
            position += size
    except InvalidTag:
        raise NotAuthentic from None
    return plain


def _cipher(key: bytes, salt: bytes, associated_data: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=associated_data).derive(key))


def _nonce(prefix: bytes, index: int, *, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes([last])


def _segments(plain_size: int) -> Iterator[tuple[int, int, int, bool]]:
    """Yield (index, start, end, last) of each segment of plaintext; an empty plaintext has one empty segment."""
    start, index = 0, 0
    end = min(plain_size, SEGMENT_BYTES - HEADER_BYTES - TAG_BYTES)
    while end < plain_size:
        yield index, start, end, False
        start, index = end, index + 1
        end = min(plain_size, start + SEGMENT_BYTES - TAG_BYTES)
    yield index, start, end, True
