"""What an operator may set for the vault, beside what every service has."""

from chassis.settings import ServiceSettings
from chassis.values import HostPort, SecretWord, Word
from pydantic import Field


class Settings(ServiceSettings, env_prefix="VAULT_"):
    """The settings of the vault: environment variables VAULT_…; `peers` names identity."""

    s3_endpoint: HostPort
    """host:port of the S3 server."""
    s3_access_key: Word
    s3_secret_key: SecretWord
    s3_secure: bool = False
    s3_bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    max_document_bytes: int = Field(default=2 << 30, ge=1, le=1 << 40)
    """The largest document; the default is 2 GiB, the largest that virus scanners take."""
    clamd: str | None = Field(default=None, pattern=r"^(/.+|[^:/]+:[0-9]{1,5})$")
    """host:port or socket of ClamAV's daemon; without it documents get the built-in check only, shown as `basic`."""
    clamd_signature_hours: int = Field(default=24, ge=0, le=8_784)
    """How old the daemon's signatures may be; with older ones nothing is scanned. 0: they are the operator's own."""
