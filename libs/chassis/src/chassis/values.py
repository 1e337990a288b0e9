"""Kinds of values that an operator sets; what does not hold raises ValueError, never with the value of a secret."""

import base64
import binascii
import json
import os
import stat
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from chassis.tokens import Verifier

PRODUCTION = "production"
DEVELOPMENT_MARK = "DEVELOPMENT"
"""Name of the file that lies beside keys which the embedded stack made for itself."""
MAX_FILE_BYTES = 1 << 20
KEY_BYTES = 32
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP
"""The group may read: a cluster hands secrets to a pod by the group of its volumes."""


def _there(path: Path) -> Path:
    try:
        found = path.stat()
    except PermissionError:
        raise ValueError(f"{path} cannot be read by the account of this process") from None
    except OSError:
        raise ValueError(f"{path} is not a file") from None
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path} is not a file")
    if not os.access(path, os.R_OK):
        raise ValueError(f"{path} cannot be read by the account of this process")
    if not 0 < found.st_size <= MAX_FILE_BYTES:
        raise ValueError(f"{path} is empty or larger than {MAX_FILE_BYTES} bytes")
    return path


def secret_file(path: Path) -> Path:
    """Return a file that holds a secret; raise ValueError if others than its owner and a group of readers have it."""
    mode = _there(path).stat().st_mode
    if mode & _TOO_OPEN:
        whom = "everyone" if mode & stat.S_IRWXO else "a group"
        raise ValueError(f"{path} can be read or changed by {whom}; chmod 600 it")
    return path


def _kept(path: Path, info: ValidationInfo) -> Path:
    """Refuse the keys of an embedded stack where the world is real."""
    if in_production(info) and (secret_file(path).resolve().parent / DEVELOPMENT_MARK).exists():
        raise ValueError(f"{path} was made for development; production needs keys of its own")
    return secret_file(path)


KeyFile = Annotated[Path, AfterValidator(_kept)]
"""A file with a secret: it is there, and not everyone can read it."""

PublicFile = Annotated[Path, AfterValidator(_there)]
"""A file without a secret."""


def private_key(path: Path) -> PrivateKeyTypes:
    """Return the private key of a PEM file; raise ValueError if it holds none."""
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"{path} holds no private key in PEM without a password") from None


def key_of(path: Path, kind: type[PrivateKeyTypes], called: str) -> Path:
    """Return `path` if it holds a private key of this kind; raise ValueError if not."""
    return _sure(path, f"{path} holds a private key that is not {called}", holds=isinstance(private_key(path), kind))


def _ed25519(path: Path) -> Path:
    return key_of(path, Ed25519PrivateKey, "Ed25519")


def _sure(path: Path, sentence: str, *, holds: bool) -> Path:
    if not holds:
        raise ValueError(sentence)
    return path


def _random(path: Path) -> Path:
    return _sure(path, f"{path} must hold {KEY_BYTES} random bytes in base64", holds=_is_key(_ascii(path)))


def _master(path: Path) -> Path:
    """Accept one key, or a ring of them: lines of a rising number and a key."""
    lines = [line.split() for line in _ascii(path).splitlines()]
    alone = len(lines) == 1 and len(lines[0]) == 1
    numbers = [line[0] for line in lines]
    ring = all(len(line) == 2 and line[0].isdecimal() for line in lines)  # noqa: PLR2004 - a number and a key
    rising = ring and [*map(int, numbers)] == sorted({int(number) for number in numbers if int(number) > 0})
    holds = bool(lines) and (alone or rising) and all(_is_key(line[-1]) for line in lines)
    wanted = f"{KEY_BYTES} random bytes in base64, or lines of a rising number and such a key"
    return _sure(path, f"{path} must hold {wanted}", holds=holds)


def _ascii(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        return ""


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False


def _json_object(path: Path) -> Path:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        known = None
    return _sure(path, f"{path} must hold one JSON object", holds=isinstance(known, dict))


def _trusted(path: Path) -> Path:
    try:
        Verifier(path)
    except (KeyError, TypeError, ValueError, jwt.PyJWTError):
        raise ValueError(f"{path} must hold a JSON web key set of Ed25519 public keys, each with its kid") from None
    return path


def _filled(word: str) -> str:
    if not word.strip():
        raise ValueError("is empty")
    return word


def _filled_secret(word: SecretStr) -> SecretStr:
    _filled(word.get_secret_value())
    return word


SigningKeyFile = Annotated[KeyFile, AfterValidator(_ed25519)]
"""An Ed25519 private key (PKCS 8, PEM)."""

RandomKeyFile = Annotated[KeyFile, AfterValidator(_random)]
"""32 random bytes in base64."""

MasterKeyFile = Annotated[KeyFile, AfterValidator(_master)]
"""32 random bytes in base64; after a rotation lines of a number and such a key, the newest last."""

TrustFile = Annotated[PublicFile, AfterValidator(_trusted)]
"""The public keys of every service that is believed: a JSON web key set."""

JsonKeyFile = Annotated[KeyFile, AfterValidator(_json_object)]
"""A JSON object that is secret."""

JsonFile = Annotated[PublicFile, AfterValidator(_json_object)]
"""A JSON object."""


def in_production(info: ValidationInfo) -> bool:
    """Tell whether the settings, of which `environment` comes first, are those of production."""
    return bool(info.data.get("environment") == PRODUCTION)


def _split(address: str, *schemes: str) -> SplitResult:
    """Return the parts of an address that has a host, no blank and no control character."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known or not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError(f"is not an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return parts


def _http(address: str) -> str:
    parts = _split(address, "http", "https")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("is an address with a name, a password, a query or a fragment")
    return address


def _database(address: str) -> str:
    if not _split(address, "postgresql", "postgres").path.strip("/"):
        raise ValueError("is the address of a server without the name of a database")
    return address


def _nats(address: str) -> str:
    for one in address.split(","):
        _split(one, "nats", "tls")
    return address


def outside(address: str, info: ValidationInfo) -> str:
    """Return an address in the world; raise ValueError for one that production may not have."""
    parts = urlsplit(_http(address))
    if in_production(info):
        if parts.scheme != "https":
            raise ValueError("must begin with https:// in production")
        if is_here(parts.hostname or "") or "sandbox" in (parts.hostname or "").split("."):
            raise ValueError("names this machine or a sandbox, and this is production")
    return address


def is_here(host: str) -> bool:
    """Tell whether a host is this machine: a name of loopback, or an address of it."""
    name = host.rstrip(".").lower()
    try:
        return ip_address(name).is_loopback or ip_address(name).is_unspecified
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _host_port(address: str) -> str:
    parts = _split(f"x://{address}", "x")
    if parts.netloc != address or "@" in address:
        raise ValueError("is not host or host:port")
    return address


def _host(name: str) -> str:
    if _split(f"x://[{name}]" if ":" in name else f"x://{name}", "x").netloc.strip("[]") != name:
        raise ValueError("is not the name or the address of a host")
    return name


Host = Annotated[str, AfterValidator(_host)]
"""A name or an IP address, without port."""

Address = Annotated[str, AfterValidator(_http)]
"""The address of another process of ours: http:// or https://."""

OutsideAddress = Annotated[str, AfterValidator(outside)]
"""An address in the world: https://, and neither this machine nor a sandbox in production."""

DatabaseAddress = Annotated[str, AfterValidator(_database)]
"""postgresql://account:password@host:port/database."""

BusAddress = Annotated[str, AfterValidator(_nats)]
"""nats:// or tls://, several with commas between them."""

HostPort = Annotated[str, AfterValidator(_host_port)]
"""host:port, without scheme."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")]
"""A name that stands in addresses."""

Word = Annotated[str, AfterValidator(_filled)]
"""A text that is not empty."""

SecretWord = Annotated[SecretStr, AfterValidator(_filled_secret)]
"""A secret that is not empty."""
