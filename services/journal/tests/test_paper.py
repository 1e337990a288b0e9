"""The seal of printed pages."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from journal.reading.paper import Paper, Seal
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = timedelta(days=365)


def certified(folder: Path, name: str = "Sceau") -> tuple[Path, Path]:
    """Return the files of a key and of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + LATER)
    usage = x509.KeyUsage(*([True, True] + [False] * 7))
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    key_file, chain_file = folder / f"{name}.key", folder / f"{name}.pem"
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, chain_file


def validated(pdf: bytes, chain_file: Path) -> PdfSignatureStatus:
    root = x509.load_pem_x509_certificate(chain_file.read_bytes()).public_bytes(serialization.Encoding.DER)
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[Certificate.load(root)]))


def a_paper() -> bytes:
    paper = Paper("Certificat d'intégrité", NOW)
    paper.heading("Pièces")
    paper.line("Œuvre de l'élève, 12 € : « conforme »")
    paper.attach("dossier.lcp", b"PK bundle", "Dossier de preuve", "application/zip")
    return paper.bytes()


def test_a_paper_is_pdf_a_3_with_its_source_inside_and_every_font() -> None:
    pdf = a_paper()
    root = PdfFileReader(io.BytesIO(pdf)).root
    assert b"<pdfaid:part>3</pdfaid:part>" in root["/Metadata"].data
    assert str(root["/Lang"]) == "fr-FR"
    associated = root["/AF"][0]
    assert associated["/AFRelationship"] == "/Source"
    assert associated["/EF"]["/F"].data == b"PK bundle"
    assert b"/Helvetica" not in pdf
    assert a_paper() == pdf


def test_the_seal_covers_the_whole_document(tmp_path: Path) -> None:
    key_file, chain_file = certified(tmp_path)
    sealed = Seal(key_file, chain_file).seal(a_paper(), "Certificat d'intégrité")
    status = validated(sealed, chain_file)
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"


def test_a_changed_byte_breaks_the_seal(tmp_path: Path) -> None:
    key_file, chain_file = certified(tmp_path)
    sealed = bytearray(Seal(key_file, chain_file).seal(a_paper(), "Certificat"))
    place = sealed.index(b"PK bundle")
    sealed[place] ^= 1
    assert not validated(bytes(sealed), chain_file).intact


def test_a_key_of_another_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    key_file, _ = certified(tmp_path)
    _, chain_file = certified(tmp_path, "Autre")
    with pytest.raises(ValueError, match="not of the key"):
        Seal(key_file, chain_file)
