"""What an operator may change in the journal."""

from pathlib import Path
from typing import Annotated, Self

from chassis.settings import KeyFile, PublicFile, ServiceSettings
from chassis.values import Address, HostPort, SigningKeyFile, in_production, is_here, key_of, private_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proof.cosignature import Cosigner, Quorum
from proof.timestamp import Authority
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, model_validator

_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"


def _mldsa(path: Path) -> Path:
    return key_of(path, MLDSA44PrivateKey, "ML-DSA-44")


def _origin(origin: str, info: ValidationInfo) -> str:
    if origin.split() != [origin] or "+" in origin or not origin.isprintable():
        raise ValueError("the name of a log has no space and no +")
    if in_production(info) and is_here(origin.partition("/")[0]):
        raise ValueError("is the name of a development log, and this is production")
    return origin


def _vkey(vkey: str) -> str:
    Cosigner.parse(vkey)
    return vkey


class Witness(BaseModel):
    """A witness that cosigns checkpoints (c2sp.org/tlog-witness)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Address
    """Its address, without `/add-checkpoint`."""
    vkey: Annotated[str, AfterValidator(_vkey)]
    """Its cosigner key, as it prints it."""


class TimestampAuthority(BaseModel):
    """A time-stamping authority (RFC 3161) and the certificates that it is pinned to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Address
    chain_file: PublicFile
    """PEM: the certificate that signs tokens first, its issuers, the root last."""
    policies: tuple[str, ...] = Field(min_length=1)
    """Dotted policies that are accepted."""

    @model_validator(mode="after")
    def _trustworthy(self) -> Self:
        Authority.parse(self.chain_file.read_bytes(), self.policies)
        return self


class Settings(ServiceSettings, env_prefix="JOURNAL_"):
    """The settings of every service, the identity of the log, and who else vouches for it."""

    log_key_file: SigningKeyFile
    """Ed25519 private key (PKCS 8, PEM) that signs checkpoints and nothing else."""
    log_mldsa_key_file: Annotated[KeyFile, AfterValidator(_mldsa)] | None = None
    """ML-DSA-44 private key (PKCS 8, PEM) that signs them a second time."""
    log_origin: Annotated[str, AfterValidator(_origin)]
    """Name of the log, for ever: a schema-less URL such as journal.example/prod."""
    witnesses: tuple[Witness, ...] = ()
    witness_quorum: int = Field(default=0, ge=0, le=100)
    """How many of the witnesses the policy asks for."""
    authorities: tuple[TimestampAuthority, ...] = ()
    calendars: tuple[Address, ...] = ()
    """OpenTimestamps calendars that the state which closes a day is given to; without any nothing is anchored."""
    pdf_seal_key_file: KeyFile | None = None
    """Private key (PEM) of the organisation's seal on PDF; without it they are not sealed, and say so."""
    pdf_seal_chain_file: PublicFile | None = None
    """PEM: the certificate of that key first, then its issuers."""
    s3_endpoint: HostPort | None = None
    """host:port of the S3 server that the log is published to; nothing is published without it."""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_secure: bool = False
    tiles_bucket: str = Field(default="scelle-journal", pattern=_BUCKET)
    """Tiles, entry bundles, checkpoints and tokens (c2sp.org/tlog-tiles)."""
    worm_bucket: str = Field(default="scelle-journal-worm", pattern=_BUCKET)
    """The copy under Object Lock, in COMPLIANCE mode; better in another account."""
    worm_days: int = Field(default=3653, ge=1, le=36_525)
    """How long an object of that copy is locked."""

    @model_validator(mode="after")
    def _whole_seal(self) -> Self:
        if (self.pdf_seal_key_file is None) != (self.pdf_seal_chain_file is None):
            raise ValueError("pdf_seal_key_file and pdf_seal_chain_file go together")
        if self.pdf_seal_key_file and self.pdf_seal_chain_file:
            first = x509.load_pem_x509_certificates(self.pdf_seal_chain_file.read_bytes())[0]
            if first.public_key() != private_key(self.pdf_seal_key_file).public_key():
                raise ValueError("pdf_seal_chain_file does not begin with the certificate of pdf_seal_key_file")
        return self

    @model_validator(mode="after")
    def _whole_quorum(self) -> Self:
        if self.witness_quorum:
            Quorum(self.witness_quorum, tuple(Cosigner.parse(witness.vkey) for witness in self.witnesses))
        return self

    @model_validator(mode="after")
    def _whole_store(self) -> Self:
        if self.s3_endpoint and not (self.s3_access_key and self.s3_secret_key.get_secret_value()):
            raise ValueError("s3_endpoint needs s3_access_key and s3_secret_key")
        return self
