"""The certificates of the authority: a root, an intermediate under it, and the one that signs tokens."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

_YEAR = timedelta(days=365)
_RSA_BITS = 2048
_CERTIFICATES, _KEY = "chain.pem", "tsa.key"

_CaKey = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Chain:
    """The signing key, its certificate and its issuers up to the root, in this order."""

    key: rsa.RSAPrivateKey
    certificates: tuple[x509.Certificate, ...]

    @classmethod
    def in_folder(cls, folder: Path, name: str) -> Self:
        """Return the chain that `folder` keeps, made under `name` when it keeps none."""
        certificates, key = folder / _CERTIFICATES, folder / _KEY
        if not certificates.exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = cls.made(name, datetime.now(UTC))
            _write_secret(key, made.key)
            certificates.write_bytes(made.pem())
        read = serialization.load_pem_private_key(key.read_bytes(), None)
        if not isinstance(read, rsa.RSAPrivateKey):
            raise SystemExit(f"{key} holds no RSA key")
        return cls(read, tuple(x509.load_pem_x509_certificates(certificates.read_bytes())))

    @classmethod
    def made(cls, name: str, now: datetime) -> Self:
        """Make a chain that is valid from yesterday on: 5 years for the signer, 10 and 20 for its issuers.

        The keys of the issuers are kept nowhere: nobody issues another certificate.
        """
        root_key, middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        key = rsa.generate_private_key(65537, _RSA_BITS)
        root_name, middle_name = _name(f"{name} Root CA"), _name(f"{name} Time Stamping CA")
        root = _ca(_started(root_name, root_name, root_key.public_key(), now, 20), root_key, root_key, 1)
        middle = _ca(_started(middle_name, root_name, middle_key.public_key(), now, 10), middle_key, root_key, 0)
        signer = _signer(_started(_name(f"{name} TSA"), middle_name, key.public_key(), now, 5), middle_key)
        return cls(key, (signer, middle, root))

    def pem(self) -> bytes:
        """Write the certificates."""
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.certificates)


def _name(common: str) -> x509.Name:
    names = {
        x509.NameOID.COUNTRY_NAME: "FR",
        x509.NameOID.ORGANIZATION_NAME: "Sandbox",
        x509.NameOID.COMMON_NAME: common,
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _started(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    years: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + years * _YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _ca(builder: x509.CertificateBuilder, key: _CaKey, issuer: _CaKey, below: int) -> x509.Certificate:
    """Certify an authority with at most `below` authorities below it."""
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    return _issued(builder, issuer) if key is not issuer else builder.sign(issuer, hashes.SHA256())


def _signer(builder: x509.CertificateBuilder, issuer: _CaKey) -> x509.Certificate:
    """Certify the signer of tokens, whose only use is critical (RFC 3161, 2.3)."""
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return _issued(builder.add_extension(use, critical=True), issuer)


def _issued(builder: x509.CertificateBuilder, issuer: _CaKey) -> x509.Certificate:
    link = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    return builder.add_extension(link, critical=False).sign(issuer, hashes.SHA256())


def _usage(*uses: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{use: use in uses for use in every})


def _write_secret(file: Path, key: rsa.RSAPrivateKey) -> None:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    data = key.private_bytes(encoding, form, serialization.NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(data)
