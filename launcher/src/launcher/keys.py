"""Keys and passwords of one data folder: made on the first start, kept in files that only their owner reads."""

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from launcher.errors import StackError
from launcher.files import write_private


@dataclass(frozen=True, slots=True)
class Secrets:
    """The folder of secrets; every getter makes what is missing."""

    folder: Path

    def signing_key(self, name: str) -> Path:
        """Return the file of an Ed25519 private key (PEM, PKCS8)."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

    def public_key(self, name: str) -> bytes:
        """Return the 32 bytes of the public key that belongs to ``signing_key(name)``."""
        key = load_pem_private_key(self.signing_key(name).read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise StackError(f"{self.signing_key(name)} is not an Ed25519 key")
        return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def mldsa_key(self, name: str) -> Path:
        """Return the file of an ML-DSA-44 private key (PEM, PKCS8)."""
        path = self.folder / f"{name}-mldsa.pem"
        if not path.exists():
            key = MLDSA44PrivateKey.generate()
            write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

    def mldsa_public_key(self, name: str) -> bytes:
        """Return the 1312 bytes of the public key that belongs to ``mldsa_key(name)``."""
        key = load_pem_private_key(self.mldsa_key(name).read_bytes(), password=None)
        if not isinstance(key, MLDSA44PrivateKey):
            raise StackError(f"{self.mldsa_key(name)} is not an ML-DSA-44 key")
        return key.public_key().public_bytes_raw()

    def random_key(self, name: str) -> Path:
        """Return the file of 32 random bytes, base64."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            write_private(path, base64.b64encode(secrets.token_bytes(32)))
        return path

    def word(self, name: str) -> str:
        """Return a secret word, such as the token of a provider."""
        return self.word_file(name).read_text()

    def word_file(self, name: str) -> Path:
        """Return the file of ``word(name)``."""
        path = self.folder / f"{name}.txt"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    def trust_file(self, services: tuple[str, ...]) -> Path:
        """Return the JWKS file with the public signing key of every service."""
        path = self.folder / "trust.json"
        keys = [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": f"{service}-1",
                "x": base64.urlsafe_b64encode(self.public_key(service)).rstrip(b"=").decode(),
            }
            for service in services
        ]
        write_private(path, json.dumps({"keys": keys}, indent=1))
        return path
