"""The log's name and keys. Its key files hold one key, or while keys are changed several, and are read again then.

A key file holds private keys in PEM (PKCS 8), the newest last, after lines `former <vkey>` for the public keys that
signed once and were given up: what they signed is still believed to be the log's.

A new key signs only once a leaf has named it in a state that the keys before signed; until the former one is taken out
of the file both sign, so that whoever trusts either of them can verify.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from chassis.token_keys import LOOK_AGAIN_SECONDS, Watched
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosigner, read_key
from proof.note import Key, Note, NoteInvalid
from proof.signing import sign_with_all, signers

PublicKey = Key | Cosigner
Private = TypeVar("Private", Ed25519PrivateKey, MLDSA44PrivateKey)

_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----\n.+?\n-----END PRIVATE KEY-----\n?", re.DOTALL)


class ForkRefused(RuntimeError):
    """The log does not extend what was last signed: signing would give two histories. A person must look."""


@dataclass(frozen=True, slots=True)
class KeyFile(Generic[Private]):
    """What a key file of the log holds."""

    held: tuple[Private, ...]
    former: tuple[PublicKey, ...] = ()


def ed25519_file(text: str) -> KeyFile[Ed25519PrivateKey]:
    """Read the file of the first keys; raises TypeError for a key of another kind, ValueError and NoteInvalid else."""
    keys, former = _read(text)
    held = tuple(key for key in keys if isinstance(key, Ed25519PrivateKey))
    if len(held) < len(keys):
        raise TypeError("a key of the log is not an Ed25519 private key")
    return KeyFile(held, former)


def mldsa_file(text: str) -> KeyFile[MLDSA44PrivateKey]:
    """Read the file of the second keys; raises as `ed25519_file` does."""
    keys, former = _read(text)
    held = tuple(key for key in keys if isinstance(key, MLDSA44PrivateKey))
    if len(held) < len(keys):
        raise TypeError("a second key of the log is not an ML-DSA-44 private key")
    return KeyFile(held, former)


def _read(text: str) -> tuple[list[object], tuple[PublicKey, ...]]:
    keys: list[object] = [load_pem_private_key(pem.encode(), password=None) for pem in _PEM.findall(text)]
    words = [line.split() for line in _PEM.sub("", text).splitlines() if line.strip()]
    if not keys or any(len(line) != 2 or line[0] != "former" for line in words):  # noqa: PLR2004 - word and key
        raise ValueError("a key file of the log holds lines `former <vkey>`, and then private keys in PEM")
    return keys, tuple(read_key(line[1]) for line in words)


class LogSigner:
    """Signs in the name of the log: Ed25519, and ML-DSA-44 beside it."""

    def __init__(self, origin: str, key_file: Path, mldsa_key_file: Path | None = None) -> None:
        self.origin = origin
        self._first = Watched(key_file, ed25519_file)
        self._second = mldsa_key_file and Watched(mldsa_key_file, mldsa_file)

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The public keys of those in the files now."""
        return (
            *(Key.of(self.origin, key) for key in self._ed25519().held),
            *(Cosigner.of(self.origin, key) for key in self._mldsa().held),
        )

    @property
    def known(self) -> tuple[PublicKey, ...]:
        """Every key that may have signed for this log: Ed25519 first, those that were given up before the others."""
        former = (*self._ed25519().former, *self._mldsa().former)
        return tuple(sorted(dict.fromkeys((*former, *self.keys)), key=lambda key: isinstance(key, Cosigner)))

    def sign(self, size: int, root: bytes, announced: Collection[PublicKey] = ()) -> bytes:
        """Return the signed note of a checkpoint, by the keys that the log has announced; by all of a new log."""
        first, second = self._ed25519().held, self._mldsa().held
        return sign_with_all(
            Checkpoint(self.origin, size, root),
            [key for key in first if Key.of(self.origin, key) in announced] or first,
            [key for key in second if Cosigner.of(self.origin, key) in announced] or second,
        )

    def read(self, data: bytes, former: Sequence[PublicKey] = ()) -> Checkpoint:
        """Return what a note of this log says; raises ForkRefused unless these keys or former ones signed it."""
        try:
            note = Note.parse(data)
            said = Checkpoint.parse(note.text)
            signed = signers(note, {*self.known, *former})
        except NoteInvalid as error:
            raise ForkRefused(str(error)) from error
        if not signed or said.origin != self.origin:
            raise ForkRefused(f"size {said.size} was not signed by this log")
        return said

    def _ed25519(self) -> KeyFile[Ed25519PrivateKey]:
        return self._first.get(LOOK_AGAIN_SECONDS)

    def _mldsa(self) -> KeyFile[MLDSA44PrivateKey]:
        return self._second.get(LOOK_AGAIN_SECONDS) if self._second else KeyFile(())
