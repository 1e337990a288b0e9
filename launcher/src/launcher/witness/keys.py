"""The keys that a witness signs with: private files of their owner, made once."""

import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from proof.cosignature import Cosigner

from launcher.errors import StackError
from launcher.files import write_private
from launcher.witness.config import Config
from launcher.witness.memory import Memory

Private = Ed25519PrivateKey | MLDSA44PrivateKey


def make_missing(config: Config) -> None:
    """Make the keys that are missing and, before the first one, the database.

    A database that is missing beside a key is not made again: a witness that forgot what it cosigned would cosign
    another history.
    """
    if not config.key_file.exists():
        if not config.database.exists():
            Memory.create(config.database)
        _write(config.key_file, Ed25519PrivateKey.generate())
    if config.mldsa_key_file and not config.mldsa_key_file.exists():
        _write(config.mldsa_key_file, MLDSA44PrivateKey.generate())


def read(config: Config) -> list[Private]:
    """Read the keys, Ed25519 first; raises StackError when one is missing, open to others or of another type."""
    keys: list[Private] = [_read(config.key_file, Ed25519PrivateKey)]
    if config.mldsa_key_file:
        keys.append(_read(config.mldsa_key_file, MLDSA44PrivateKey))
    return keys


def vkeys(config: Config) -> list[str]:
    """Write the public keys as policies do."""
    return [Cosigner.of(config.name, private).vkey for private in read(config)]


def _write(file: Path, key: Private) -> None:
    write_private(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _read(file: Path, kind: type[Private]) -> Private:
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StackError(f"{file} is open to others than its owner; chmod 600 it")
        key = load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError:
        raise StackError(f"{file} does not exist; `scelle witness key` makes it") from None
    except (OSError, ValueError, TypeError) as error:
        raise StackError(f"{file}: {error}") from None
    if not isinstance(key, kind):
        raise StackError(f"{file} is not the private key of {kind.__name__.removesuffix('PrivateKey')}")
    return key
