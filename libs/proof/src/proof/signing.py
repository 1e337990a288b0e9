"""The log's own signatures of a checkpoint: Ed25519, and ML-DSA-44 for a time when the first can be forged."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, cosign
from proof.note import Key, Note, NoteInvalid, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

_NO_TIME = bytes(8)


def sign_checkpoint(
    checkpoint: Checkpoint, ed25519: "Ed25519PrivateKey", mldsa: "MLDSA44PrivateKey | None" = None
) -> bytes:
    """Sign under the log's name with both keys, in this order; an ML-DSA signature differs each time."""
    return sign_with_all(checkpoint, [ed25519], [] if mldsa is None else [mldsa])


def sign_with_all(
    checkpoint: Checkpoint, ed25519: "Iterable[Ed25519PrivateKey]", mldsa: "Iterable[MLDSA44PrivateKey]"
) -> bytes:
    """Sign with every key that is in force, as a log does between two keys; raises ValueError without one."""
    text, name = checkpoint.text(), checkpoint.origin
    lines = [line for key in ed25519 for line in sign(text, name, key).signatures]
    if not lines:
        raise ValueError("a checkpoint has the signature of an Ed25519 key")
    return Note(text, (*lines, *(cosign(text, name, key, None) for key in mldsa))).encode()


def signers(note: Note, keys: Iterable[Key | Cosigner]) -> list[Key | Cosigner]:
    """Return the keys of the log that signed `note`.

    Raises NoteInvalid when a line under one of them does not verify, comes twice, or says a time: only witnesses do.
    """
    found = note.signed_by(keys)
    timed = {(key.name, key.id) for key in found if isinstance(key, Cosigner)}
    for line in note.signatures:
        if (line.name, line.key_id) in timed and not line.value.startswith(_NO_TIME):
            raise NoteInvalid(f"the log {line.name} signed as a witness does")
    return found
