"""What an operator may set for the vault, beside what every service has."""

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings, env_prefix="VAULT_"):
    """The settings of the vault: environment variables VAULT_…; `peers` names identity."""

    s3_endpoint: str
    """host:port of the S3 server."""
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_secure: bool = False
    s3_bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    max_document_bytes: int = Field(default=2 << 30, ge=1, le=1 << 40)
    """The largest document; the default is 2 GiB, the largest that virus scanners take."""
