"""ML-DSA-44 (FIPS 204) lines of checkpoints: what they sign and how they verify (c2sp.org/tlog-cosignature)."""

import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from proof.checkpoint import Checkpoint
from proof.note import NoteInvalid

KEY_SIZE = 1312  # bytes of a public key
SIGNATURE_SIZE = 2420  # bytes

_LABEL = b"subtree/v1\n\0"
_MAX_NAME = 255  # bytes: the length is one byte


def message(name: str, seconds: int, text: str) -> bytes:
    """Return what the signer `name` signs of the checkpoint `text` at `seconds` of POSIX time, 0 for no statement.

    Raises NoteInvalid for a text that is not a checkpoint, or for a name or an origin of no or of more than 255 bytes.
    """
    checkpoint = Checkpoint.parse(text)
    head = _LABEL + _named(name) + struct.pack(">Q", seconds) + _named(checkpoint.origin)
    return head + struct.pack(">QQ", 0, checkpoint.size) + checkpoint.root


def sign(private: MLDSA44PrivateKey, data: bytes) -> bytes:
    """Sign; the signature of the same data differs each time."""
    return private.sign(data)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Tell whether `signature` is the key's over `data`."""
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _named(name: str) -> bytes:
    raw = name.encode()
    if not 0 < len(raw) <= _MAX_NAME:
        raise NoteInvalid(f"a name has 1 to {_MAX_NAME} bytes")
    return bytes([len(raw)]) + raw
