"""What the seal of a proof is worth."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lre_gateway.adapters.pdfs import PdfSealCheck
from lre_gateway.adapters.render import Pages
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

PDF = "application/pdf"
YEAR = timedelta(days=365)


class Provider:
    """A provider with a seal; `root` is the file of its certificate."""

    def __init__(self, folder: Path, name: str) -> None:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + YEAR)
        usage = x509.KeyUsage(*([True, True] + [False] * 7))
        certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
        form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        private = PrivateKeyInfo.load(key.private_bytes(serialization.Encoding.DER, form, encryption))
        own = Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
        self._signer = signers.SimpleSigner(own, private, SimpleCertificateStore())
        self.root = folder / f"{name}.pem"
        self.root.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def seals(self, pdf: bytes) -> bytes:
        how = signers.PdfSignatureMetadata(field_name="Sceau", md_algorithm="sha256")
        sealed = signers.PdfSigner(how, signer=self._signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        return bytes(sealed.getvalue())


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return Provider(tmp_path, "provider")


def test_a_seal_is_trusted_under_its_root_only(provider: Provider, tmp_path: Path) -> None:
    sealed, other = provider.seals(Pages().pdf("Preuve")), Provider(tmp_path, "other")
    assert PdfSealCheck(provider.root).check(sealed, PDF) == "trusted"
    assert PdfSealCheck(other.root).check(sealed, PDF) == "untrusted"
    assert PdfSealCheck(None).check(sealed, PDF) == "unknown"


@pytest.mark.parametrize("trusting", [True, False])
def test_a_sealed_file_that_was_changed_is_trusted_by_nobody(provider: Provider, *, trusting: bool) -> None:
    sealed = bytearray(provider.seals(Pages().pdf("Preuve")))
    sealed[len(sealed) // 3] ^= 1
    assert PdfSealCheck(provider.root if trusting else None).check(bytes(sealed), PDF) == "untrusted"


def test_a_file_without_a_seal_has_none_and_garbage_is_not_trusted(provider: Provider) -> None:
    check = PdfSealCheck(provider.root)
    assert check.check(Pages().pdf("Preuve"), PDF) == "none"
    assert check.check(b"PK\x03\x04", "application/zip") == "none"
    assert check.check(b"%PDF-1.7 broken", PDF) == "untrusted"
