"""What an operator sets, read once from the environment of the process."""

import os
import stat
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

FOLDER = "SCELLE_SETTINGS_DIR"
CRASHPOINT = "SCELLE_CRASHPOINT"


class SettingsRefused(SystemExit):
    """The settings do not hold; its message is one line for the operator, and the process ends with it."""


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path} is not a file")
    return path


def _secret(path: Path) -> Path:
    if _there(path).stat().st_mode & stat.S_IROTH:
        raise ValueError(f"{path} can be read by everyone; chmod 600 it")
    return path


KeyFile = Annotated[Path, AfterValidator(_secret)]
"""A file with a secret: it exists, and not everyone can read it."""

PublicFile = Annotated[Path, AfterValidator(_there)]
"""A file without a secret."""


class ServiceSettings(BaseSettings):
    """What every service has; a subclass adds the rest: `class Settings(ServiceSettings, env_prefix="VAULT_")`."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    database_url: str
    nats_url: str = "nats://127.0.0.1:4222"
    nats_replicas: int = Field(default=1, ge=1, le=5)
    """On how many servers of the cluster the stream of this service is kept."""
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: str
    """Address of the gateway, for links that people follow."""
    signing_key_file: KeyFile
    trust_file: PublicFile
    master_key_file: KeyFile
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = None
    peers: dict[str, str] = Field(default_factory=dict)
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
        given = {name.upper() for name in os.environ} | _file_names(folder, prefix)
        known = {f"{prefix}{name}".upper() for name in cls.model_fields}
        if stray := sorted(name for name in given if prefix and name.startswith(prefix) and name not in known):
            raise SettingsRefused(f"unknown setting: {', '.join(stray)}")
        try:
            return cls(_secrets_dir=folder)
        except ValidationError as error:
            lines = [f"{prefix}{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()]
            raise SettingsRefused("; ".join(lines)) from None
        except SettingsError as error:
            raise SettingsRefused(str(error)) from None


def _file_names(folder: Path | None, prefix: str) -> set[str]:
    """Return the names of the files that are settings; raise SettingsRefused for one that everyone can read."""
    if folder is None:
        return set()
    if not folder.is_dir():
        raise SettingsRefused(f"{FOLDER}: {folder} is not a folder")
    try:
        return {_secret(path).name.upper() for path in folder.iterdir() if path.name.upper().startswith(prefix)}
    except ValueError as error:
        raise SettingsRefused(str(error)) from None


def crashpoint() -> str | None:
    """Return the place at which a test wants this process to end (`chassis.crashing`), None for every other process."""
    return os.environ.get(CRASHPOINT)
