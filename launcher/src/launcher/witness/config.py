"""What an operator writes down for a witness: one TOML file, paths relative to its folder.

`scelle witness --help` shows one.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from proof.cosignature import Cosigner, read_key
from proof.note import Key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from launcher.errors import StackError

LONGEST_NAME = 255  # bytes, also of an origin: what ML-DSA-44 cosignatures can hold
LONGEST_PORT = 65_535


def _name(name: str) -> str:
    if name.split() != [name] or "+" in name or len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"a name has no space, no + and at most {LONGEST_NAME} bytes")
    return name


def _origin(origin: str) -> str:
    if not origin.isprintable() or not 0 < len(origin.encode()) <= LONGEST_NAME:
        raise ValueError(f"an origin is one line of at most {LONGEST_NAME} bytes")
    return origin


def _listen(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= LONGEST_PORT:
        raise ValueError("an address is host:port")
    return address


def _vkey(vkey: str) -> str:
    read_key(vkey)
    return vkey


class Log(BaseModel):
    """A log that the witness follows; the signature of one of its keys is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Annotated[str, AfterValidator(_origin)]
    vkeys: tuple[Annotated[str, AfterValidator(_vkey)], ...] = Field(min_length=1)

    def keys(self) -> tuple[Key | Cosigner, ...]:
        """Return the keys, Ed25519 or ML-DSA-44."""
        return tuple(read_key(vkey) for vkey in self.vkeys)


class Config(BaseModel):
    """The configuration of one witness; the paths are absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_name)]
    key_file: Path
    mldsa_key_file: Path | None = None
    listen: Annotated[str, AfterValidator(_listen)]
    database: Path
    logs: tuple[Log, ...]

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read the file; raises StackError with one line that names what is wrong."""
        try:
            config = cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except ValidationError as error:
            lines = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
            raise StackError(f"{file}: {'; '.join(lines)}") from None
        except (OSError, ValueError) as error:  # no file, not UTF-8, not TOML
            raise StackError(f"{file}: {error}") from None
        origins = [log.origin for log in config.logs]
        if len(set(origins)) != len(origins):
            raise StackError(f"{file}: a log is named twice")
        folder = file.resolve().parent
        paths = {"key_file": config.key_file, "mldsa_key_file": config.mldsa_key_file, "database": config.database}
        return config.model_copy(update={name: path and folder / path for name, path in paths.items()})

    @property
    def host(self) -> str:
        """Return the host to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Return the port to listen on."""
        return int(self.listen.rpartition(":")[2])
