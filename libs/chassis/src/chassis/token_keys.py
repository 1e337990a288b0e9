"""The keys of tokens: which of its own a service signs with, and whom a service believes.

Both are files that are read again when they change, so that keys are rotated while the platform serves: the next key is
in everybody's trust file long before anything is signed with it, and the one before leaves it after its last token.

A signing key file holds PEM blocks (PKCS 8), each after lines that say its number, and from when it signs (RFC 7468
allows such text); a block alone is number 1:

    key 2
    signs-from 2026-11-21T20:10:00Z
    -----BEGIN PRIVATE KEY-----
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from chassis.logging import get_logger

LOOK_SECONDS = 30.0
"""How long a file that changed may go unnoticed; a key that is not known makes a reader look at once."""
LOOK_AGAIN_SECONDS = 1.0
"""How often keys that are not known may make a reader look: whoever makes them up costs us nothing."""

_BLOCK = re.compile(r"(?P<text>.*?)(?P<pem>-----BEGIN PRIVATE KEY-----\n.+?\n-----END PRIVATE KEY-----\n?)", re.DOTALL)
_TEXT = re.compile(r"\s*(?:key (?P<number>[1-9][0-9]{0,5})\s+(?:signs-from (?P<since>\S+)\s+)?)?")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of a signing key file."""

    number: int
    private: Ed25519PrivateKey
    signs_from: datetime | None = None
    """None: since ever."""

    @classmethod
    def new(cls, number: int = 1, signs_from: datetime | None = None) -> "SigningKey":
        """Make a key."""
        return cls(number, Ed25519PrivateKey.generate(), signs_from)

    @property
    def public(self) -> Ed25519PublicKey:
        """What verifies."""
        return self.private.public_key()

    def encode(self) -> str:
        """Write it as the file has it."""
        since = f"signs-from {self.signs_from.astimezone(UTC).isoformat()}\n" if self.signs_from else ""
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return f"key {self.number}\n{since}{pem}" if since or self.number > 1 else pem


def parse_signing_keys(text: str) -> list[SigningKey]:
    """Read a signing key file, lowest number first; raises ValueError or TypeError."""
    keys, end = [], 0
    for block in _BLOCK.finditer(text):
        said = _TEXT.fullmatch(block["text"])
        private = load_pem_private_key(block["pem"].encode(), password=None)
        if said is None or block.start() != end:
            raise ValueError("a block follows text that says neither its number nor from when it signs")
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("not an Ed25519 private key")
        since = datetime.fromisoformat(said["since"]) if said["since"] else None
        if since is not None and since.tzinfo is None:
            raise ValueError("signs-from has no time zone")
        keys.append(SigningKey(int(said["number"] or 1), private, since))
        end = block.end()
    numbers = [key.number for key in keys]
    if not keys or text[end:].strip() or numbers != sorted(set(numbers)):
        raise ValueError("must hold private keys in PEM, each with a number of its own, the highest last")
    return keys


def signing_at(keys: Iterable[SigningKey], moment: float) -> SigningKey:
    """Return the key that signs at `moment` (POSIX seconds): the highest number that may, else the lowest."""
    every = list(keys)
    able = [key for key in every if key.signs_from is None or key.signs_from.timestamp() <= moment]
    return able[-1] if able else every[0]


def public_jwk(key: Ed25519PublicKey, kid: str) -> dict[str, str]:
    """Return `key` as a line of a JSON web key set (RFC 7517)."""
    return {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "use": "sig", "alg": "EdDSA"}


def parse_trusted_keys(text: str) -> dict[str, Ed25519PublicKey]:
    """Read a trust file; raises ValueError, KeyError, TypeError or jwt.PyJWTError."""
    return {key["kid"]: _public_key(key) for key in json.loads(text)["keys"]}


def _public_key(jwk: dict[str, str]) -> Ed25519PublicKey:
    key = OKPAlgorithm.from_jwk(jwk)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError(f"the trust file may hold Ed25519 public keys only: {jwk.get('kid')}")
    return key


class Watched(Generic[T]):
    """What a file holds, read again when the file has changed; the last good content where it cannot be read."""

    def __init__(
        self, path: Path | str, parse: Callable[[str], T], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read it; what `parse` raises is raised here, and only here."""
        self._path, self._parse, self._clock = Path(path), parse, clock
        self._lock = threading.Lock()
        self._seen, self._looked = self._look(), clock()
        self._content = parse(self._path.read_text(encoding="utf-8"))

    def get(self, after: float = LOOK_SECONDS) -> T:
        """Return the content, as of `after` seconds ago at the latest."""
        if self._clock() - self._looked >= after:
            with self._lock:
                self._refresh()
        return self._content

    def _refresh(self) -> None:
        self._looked = self._clock()
        seen = self._look()
        if seen == self._seen:
            return
        try:
            self._content = self._parse(self._path.read_text(encoding="utf-8"))
        except Exception as error:  # noqa: BLE001 - half a file, or none: the next look may find it whole
            get_logger().warning("key-file-unreadable", cause=type(error).__name__)  # a traceback would show the key
        else:
            self._seen = seen

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


class TrustedKeys:
    """The keys of a trust file, by key id."""

    def __init__(self, path: Path | str, clock: Callable[[], float] = time.monotonic) -> None:
        """Read it; raises what `parse_trusted_keys` raises."""
        self._file: Watched[Mapping[str, Ed25519PublicKey]] = Watched(path, parse_trusted_keys, clock)

    def get(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key, None if nobody is believed under this id."""
        return self._file.get().get(kid) or self._file.get(LOOK_AGAIN_SECONDS).get(kid)
