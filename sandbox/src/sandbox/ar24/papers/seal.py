"""The sandbox's own seal and clock: certificates that nobody trusts, PAdES signatures, RFC 3161 tokens inside."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

_BITS = 2048
# The provider's clock may be set to any date: its certificates are valid at all of them.
_FROM, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_ROOT = "SANDBOX root"
_SEAL, _TIME, _CHAIN = "seal.key", "time.key", "chain.pem"


class Seal:
    """The seal of the provider's proofs; `root` is what a test may trust."""

    def __init__(self, folder: Path) -> None:
        own, stamp, self.root = x509.load_pem_x509_certificates((folder / _CHAIN).read_bytes())
        store = SimpleCertificateStore.from_certs([_certificate(self.root)])  # type: ignore[no-untyped-call] # the library left it untyped
        self._signer = signers.SimpleSigner(_certificate(own), _key(folder / _SEAL), store)
        self._stamp, self._stamp_key, self._issuers = _certificate(stamp), _key(folder / _TIME), store

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Return the seal that `folder` keeps, made when it keeps none."""
        if not (folder / _CHAIN).exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(folder)
        return cls(folder)

    def seal(self, pdf: bytes, at: datetime, reason: str) -> bytes:
        """Seal a document; the token inside says that it was sealed at `at`."""
        how = signers.PdfSignatureMetadata(
            field_name="Sceau", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason
        )
        clock = DummyTimeStamper(self._stamp, self._stamp_key, self._issuers, fixed_dt=at)
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signer = signers.PdfSigner(how, signer=self._signer, timestamper=clock)
        return bytes(signer.sign_pdf(writer).getvalue())


def _make(folder: Path) -> None:
    # The root's key is kept nowhere: nobody issues another certificate.
    root_key, seal_key, time_key = (rsa.generate_private_key(65537, _BITS) for _ in range(3))
    root = _certified(_ROOT, root_key.public_key(), root_key, ca=True)
    seal = _certified("SANDBOX, sans valeur légale", seal_key.public_key(), root_key)
    stamp = _certified("SANDBOX time-stamping", time_key.public_key(), root_key, stamping=True)
    for name, key in ((_SEAL, seal_key), (_TIME, time_key)):
        data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (seal, stamp, root))
    whole = folder / f"{_CHAIN}.new"
    whole.write_bytes(pem)
    whole.replace(folder / _CHAIN)  # written last and at once: its presence means that the keys are there


def _certified(
    name: str,
    public: rsa.RSAPublicKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    ca: bool = False,
    stamping: bool = False,
) -> x509.Certificate:
    uses = {"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "content_commitment"}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(_ROOT))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(_usage(uses), critical=True)
    )
    if not ca:
        link = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(link, critical=False)
    if stamping:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(uses: set[str]) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{use: use in uses for use in every})


def _name(common: str) -> x509.Name:
    names = {
        x509.NameOID.COUNTRY_NAME: "FR",
        x509.NameOID.ORGANIZATION_NAME: "Sandbox",
        x509.NameOID.COMMON_NAME: common,
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _certificate(one: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))


def _key(file: Path) -> asn1_keys.PrivateKeyInfo:
    key = load_pem_private_key(file.read_bytes(), None)
    return asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
