"""What an operator may change in the journal."""

from typing import Annotated, Self

from chassis.settings import KeyFile, PublicFile, ServiceSettings
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_CALENDAR = r"^https?://[A-Za-z0-9._:-]+(/[A-Za-z0-9._-]+)*/?$"
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"


class Witness(BaseModel):
    """A witness that cosigns checkpoints (c2sp.org/tlog-witness)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    """Its address, without `/add-checkpoint`."""
    vkey: str
    """Its cosigner key, as it prints it."""


class TimestampAuthority(BaseModel):
    """A time-stamping authority (RFC 3161) and the certificates that it is pinned to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    chain_file: PublicFile
    """PEM: the certificate that signs tokens first, its issuers, the root last."""
    policies: tuple[str, ...] = Field(min_length=1)
    """Dotted policies that are accepted."""


class Settings(ServiceSettings, env_prefix="JOURNAL_"):
    """The settings of every service, the identity of the log, and who else vouches for it."""

    log_key_file: KeyFile
    """Ed25519 private key (PKCS 8, PEM) that signs checkpoints and nothing else."""
    log_mldsa_key_file: KeyFile | None = None
    """ML-DSA-44 private key (PKCS 8, PEM) that signs them a second time."""
    log_origin: str
    """Name of the log, for ever: a schema-less URL such as journal.example/prod."""
    witnesses: tuple[Witness, ...] = ()
    witness_quorum: int = Field(default=0, ge=0)
    """How many of the witnesses the policy asks for."""
    authorities: tuple[TimestampAuthority, ...] = ()
    calendars: tuple[Annotated[str, Field(pattern=_CALENDAR)], ...] = ()
    """OpenTimestamps calendars that the state which closes a day is given to; without any nothing is anchored."""
    pdf_seal_key_file: KeyFile | None = None
    """Private key (PEM) of the organisation's seal on PDF; without it they are not sealed, and say so."""
    pdf_seal_chain_file: PublicFile | None = None
    """PEM: the certificate of that key first, then its issuers."""
    s3_endpoint: str | None = None
    """host:port of the S3 server that the log is published to; nothing is published without it."""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_secure: bool = False
    tiles_bucket: str = Field(default="scelle-journal", pattern=_BUCKET)
    """Tiles, entry bundles, checkpoints and tokens (c2sp.org/tlog-tiles)."""
    worm_bucket: str = Field(default="scelle-journal-worm", pattern=_BUCKET)
    """The copy under Object Lock, in COMPLIANCE mode; better in another account."""
    worm_days: int = Field(default=3653, ge=1)
    """How long an object of that copy is locked."""

    @model_validator(mode="after")
    def _whole_seal(self) -> Self:
        if (self.pdf_seal_key_file is None) != (self.pdf_seal_chain_file is None):
            raise ValueError("pdf_seal_key_file and pdf_seal_chain_file go together")
        return self
