"""Keys and passwords of one data folder: made on the first start, kept in files that only their owner reads."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chassis.token_keys import SigningKey, parse_signing_keys, public_jwk
from chassis.values import DEVELOPMENT_MARK
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from journal.log.signer import LogSigner
from proof.cosignature import Cosigner
from proof.note import Key

from launcher.files import write_private


@dataclass(frozen=True, slots=True)
class Secrets:
    """The folder of secrets; every getter makes what is missing."""

    folder: Path

    def __post_init__(self) -> None:
        """Say beside the keys that they were made for development: a service in production refuses them."""
        if not (self.folder / DEVELOPMENT_MARK).exists():
            write_private(self.folder / DEVELOPMENT_MARK, "")

    def signing_key(self, name: str) -> Path:
        """Return the file of an Ed25519 private key (PEM, PKCS8)."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

    def mldsa_key(self, name: str) -> Path:
        """Return the file of an ML-DSA-44 private key (PEM, PKCS8)."""
        path = self.folder / f"{name}-mldsa.pem"
        if not path.exists():
            key = MLDSA44PrivateKey.generate()
            write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

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
        """Return the JWKS file with the public signing keys of every service, those that will sign too."""
        path = self.folder / "trust.json"
        known = {service: parse_signing_keys(self.signing_key(service).read_text()) for service in services}
        write_private(path, trusting(known))
        return path

    def log_keys(self, origin: str, *, former: bool) -> tuple[Key | Cosigner, ...]:
        """Return the public keys of the journal's log, perhaps after those that it gave up; the policy names them."""
        signer = LogSigner(origin, self.signing_key("log"), self.mldsa_key("log"))
        return signer.known if former else signer.keys


def trusting(known: Mapping[str, Sequence[SigningKey]]) -> str:
    """Write a trust file: the keys of each service."""
    keys = [public_jwk(key.public, f"{service}-{key.number}") for service, keys in known.items() for key in keys]
    return json.dumps({"keys": keys}, indent=1)
