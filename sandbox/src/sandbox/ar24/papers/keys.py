"""The keys of the sandbox's seal and clock, and certificates that nobody trusts unless a test does."""

import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

SEAL, TIME, CHAIN = "seal.key", "time.key", "chain.pem"
_ROOT = "SANDBOX root"
_BITS = 2048
# The provider's clock may be set to any date: its certificates are valid at all of them.
_FROM, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def ensure(folder: Path) -> None:
    """Make the keys and `chain.pem` (seal, clock, root) when `folder` has none."""
    if (folder / CHAIN).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    # The root's key is kept nowhere: nobody issues another certificate.
    root_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    time_key = rsa.generate_private_key(65537, _BITS)  # the library that makes the tokens signs with no other kind
    root = _certified(_ROOT, root_key.public_key(), root_key, ca=True)
    seal = _certified("SANDBOX, sans valeur légale", seal_key.public_key(), root_key)
    stamp = _certified("SANDBOX time-stamping", time_key.public_key(), root_key, stamping=True)
    for name, key in ((SEAL, seal_key), (TIME, time_key)):
        data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (seal, stamp, root))
    whole = folder / f"{CHAIN}.new"
    whole.write_bytes(pem)
    whole.replace(folder / CHAIN)  # written last and at once: its presence means that the keys are there


def _certified(
    name: str,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
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
