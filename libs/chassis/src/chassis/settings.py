"""What an operator sets, read once from the environment of the process."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from chassis.values import (
    PRODUCTION,
    Address,
    BusAddress,
    DatabaseAddress,
    KeyFile,
    MasterKeyFile,
    Name,
    OutsideAddress,
    PublicFile,
    SigningKeyFile,
    TrustFile,
    Word,
    secret_file,
)

__all__ = ["EX_CONFIG", "KeyFile", "ProcessSettings", "PublicFile", "ServiceSettings", "SettingsRefused", "crashpoint"]

FOLDER = "SCELLE_SETTINGS_DIR"
CRASHPOINT = "SCELLE_CRASHPOINT"
EX_CONFIG = 78
"""Exit status of a process whose settings do not hold (sysexits.h)."""

FOREIGN = frozenset({"JOURNAL_STREAM"})
"""Variables that look like ours and are systemd's."""
LOSES_EVENTS = "POSTGRES_ENABLE_DB_FUNCTIONS"
"""An option of the event store's library under which readers miss events."""
_OFF = frozenset({"", "0", "n", "no", "f", "false", "off"})


class SettingsRefused(Exception):
    """The settings do not hold; its message is one line for the operator, and the process ends with EX_CONFIG."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence on one line, whatever a name or a path holds."""
        super().__init__(" ".join(sentence.split()))


class ProcessSettings(BaseSettings):
    """What every process has that answers HTTP: `class Settings(ProcessSettings, env_prefix="PORTAL_")`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True, str_strip_whitespace=True
    )

    environment: Literal["production", "development"] = "production"
    """In production keys and addresses made for development stop the start. Every other check depends on it."""
    database_url: DatabaseAddress
    http_host: Word = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: OutsideAddress
    """Address of the gateway, for links that people follow."""
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: Address | None = None
    otlp_sampled: float = Field(default=0.05, ge=0, le=1)
    """The share of requests whose traces are recorded: all of them would cost two thirds of the throughput."""
    peers: dict[str, Address] = Field(default_factory=dict)
    """Base address of each service this one calls, by service name."""

    @classmethod
    def prefix(cls) -> str:
        """Return what the names of its variables begin with."""
        return cls.model_config.get("env_prefix", "").upper()

    @classmethod
    def load(cls) -> Self:
        """Read the environment, then the files of SCELLE_SETTINGS_DIR for what it does not name.

        A file is named as its variable is, VAULT_DATABASE_URL, and holds the value: that is how a cluster mounts
        secrets. Raises SettingsRefused with one line that names what is wrong.
        """
        prefix = cls.prefix()
        folder = Path(os.environ[FOLDER]) if FOLDER in os.environ else None
        given = {name.upper() for name in os.environ} - FOREIGN | _file_names(folder, prefix)
        known = {f"{prefix}{name}".upper() for name in cls.model_fields}
        if stray := sorted(name for name in given if prefix and name.startswith(prefix) and name not in known):
            raise SettingsRefused(f"unknown setting: {', '.join(stray)}")
        _refuse_lossy(os.environ)
        try:
            found = cls(_secrets_dir=folder)
        except ValidationError as error:
            raise SettingsRefused("; ".join(_told(prefix, problem) for problem in error.errors())) from None
        except SettingsError as error:
            named = [name for name in cls.model_fields if f'"{name}"' in str(error)]
            where = f"{prefix}{named[0].upper()}: " if named else ""
            raise SettingsRefused(f"{where}is not readable JSON") from None
        if found.environment == PRODUCTION and crashpoint():
            raise SettingsRefused(f"{CRASHPOINT} is set, and this is production; remove it from the environment")
        return found


class ServiceSettings(ProcessSettings):
    """What every service has; a subclass adds the rest: `class Settings(ServiceSettings, env_prefix="VAULT_")`."""

    nats_url: BusAddress = "nats://127.0.0.1:4222"
    nats_replicas: int = Field(default=1, ge=1, le=5)
    """On how many servers of the cluster the stream of this service is kept."""
    signing_key_file: SigningKeyFile
    trust_file: TrustFile
    master_key_file: MasterKeyFile | None = None
    """The key service of one machine; production has `transit_url` instead."""
    transit_url: Address | None = None
    """OpenBao, whose transit engine is the key service: nothing but it ever holds the master key."""
    transit_mount: Name = "transit"
    transit_key: Name | None = None
    """Name of the service's key there; scelle-<service> unless it is named."""
    transit_token_file: KeyFile | None = None
    """The service's token, or a role and a token of the cluster that proves who asks."""
    transit_role: Name | None = None
    transit_jwt_file: PublicFile | None = None
    transit_login: Name = "kubernetes"
    """Path of the method of signing in with them."""
    transit_ca_file: PublicFile | None = None

    @model_validator(mode="after")
    def _one_key_service(self) -> Self:
        if (self.master_key_file is None) == (self.transit_url is None):
            raise ValueError("exactly one of master_key_file and transit_url is needed")
        signs_in = self.transit_role is not None and self.transit_jwt_file is not None
        if self.transit_url and signs_in == (self.transit_token_file is not None):
            raise ValueError("transit_url needs transit_token_file, or transit_role with transit_jwt_file")
        return self

    @model_validator(mode="after")
    def _key_service_of_its_own(self) -> Self:
        if self.environment == PRODUCTION and self.master_key_file is not None:
            raise ValueError("master_key_file is a key of development; production needs transit_url")
        return self


def _told(prefix: str, problem: Mapping[str, Any]) -> str:
    """Return what is wrong with one value, by the name of its variable; without the value, which may be secret."""
    place = [str(step) for step in problem["loc"]]
    name = f"{prefix}{place[0].upper()}" if place else prefix.rstrip("_")
    return f"{'.'.join([name, *place[1:]])}: {str(problem['msg']).removeprefix('Value error, ')}"


def _refuse_lossy(names: Mapping[str, str]) -> None:
    for name, value in names.items():
        if name.upper().endswith(LOSES_EVENTS) and value.strip().lower() not in _OFF:
            raise SettingsRefused(f"{name} must be off: readers of the event store would miss events")


def _file_names(folder: Path | None, prefix: str) -> set[str]:
    """Return the names of the files that are settings; raise SettingsRefused for one that cannot be one."""
    if folder is None:
        return set()
    if not os.path.isdir(folder) or not os.access(folder, os.R_OK | os.X_OK):  # noqa: PTH112 - asks without raising
        raise SettingsRefused(f"{FOLDER}: {folder} is not a folder that can be read")
    return set(_read_names(path for path in folder.iterdir() if path.name.upper().startswith(prefix)))


def _read_names(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        try:
            text = secret_file(path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise SettingsRefused(f"{path} is not text in UTF-8") from None
        except ValueError as error:
            raise SettingsRefused(str(error)) from None
        if "\0" in text:
            raise SettingsRefused(f"{path} holds a NUL")
        yield path.name.upper()


def crashpoint() -> str | None:
    """Return the place at which a test wants this process to end (`chassis.crashing`), None for every other process."""
    return os.environ.get(CRASHPOINT)
