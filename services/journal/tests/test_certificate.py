"""Printed pages: certificates and reports, with the proof inside."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from journal.settings import Settings
from proof.reading import decode as read_bundle
from proof.report import Verdict
from proof.verify import Trust, verify
from pydantic import ValidationError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

if TYPE_CHECKING:
    from conftest import Platform

ESCAPES = {b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\b": b"\b", b"\\f": b"\f"}


def printed(pdf: bytes) -> str:
    """Return the text of a PDF as it is read, one drawn line after the other."""
    reader = PdfFileReader(io.BytesIO(pdf))
    return "\n".join(line for page in reader.root["/Pages"]["/Kids"] for line in lines_of(page.get_object()))


def lines_of(page: Any) -> Iterator[str]:
    found = page["/Resources"]["/Font"]
    fonts = {name.encode(): signs_of(found[name]["/ToUnicode"].data) for name in found}
    signs: dict[int, str] = {}
    for font, drawn in re.findall(rb"(/F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", page["/Contents"].data, re.DOTALL):
        if font:
            signs = fonts[font]
            continue
        text = re.sub(rb"\\.", lambda found: ESCAPES.get(found[0], found[0][1:]), drawn, flags=re.DOTALL)
        yield "".join(signs[int.from_bytes(text[at : at + 2])] for at in range(0, len(text), 2))


def signs_of(table: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", table)
    return {int(code, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for code, sign in pairs}


def attached(pdf: bytes) -> dict[str, bytes]:
    root = PdfFileReader(io.BytesIO(pdf)).root
    files = (one.get_object() for one in root["/AF"])
    return {str(one["/UF"]): one["/EF"]["/F"].data for one in files}


def verdict(platform: "Platform", bundle: bytes) -> Verdict:
    return verify(bundle, Trust(at=datetime.now(UTC), policy=platform.policy())).verdict


@pytest.mark.covers("L-68")
def test_there_is_no_certificate_of_a_dossier_that_was_never_complete(platform: "Platform") -> None:
    path = f"/dossiers/{platform.dossier}/certificate"
    answer = platform.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier-not-complete")
    assert "once every document asked for is validated" in answer.json()["detail"]
    assert platform.get(path, "compliance").status_code == 409
    assert platform.get(path, "foreign client").status_code == 404
    platform.complete()
    assert platform.get(path).status_code == 200


@pytest.mark.covers("L-68")
def test_the_certificate_lists_the_documents_with_their_digests(finished: "Platform") -> None:
    answer = finished.get(f"/dossiers/{finished.dossier}/certificate")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    text = printed(answer.content)
    for digest in (b"file", b"other"):
        assert f"SHA-256 : {sha256(digest).hexdigest()}" in text
    assert "Dossier : 2026-0042" in text
    assert "Office : Étude Œillet — Paris" in text
    assert "Ce PDF ne porte pas de sceau électronique" in text


def test_the_certificate_holds_the_bundle_that_proves_it(finished: "Platform") -> None:
    files = attached(finished.get(f"/dossiers/{finished.dossier}/certificate").content)
    bundle = files.pop(f"{finished.dossier}.lcp")
    assert verdict(finished, bundle) is Verdict.INTACT
    ((name, note),) = files.items()
    found = read_bundle(bundle)
    assert (name, note) == (f"{max(found.checkpoints)}.note", found.final)


def test_the_certificate_of_a_client_does_not_tell_anothers_digests(finished: "Platform") -> None:
    text = printed(finished.get(f"/dossiers/{finished.dossier}/certificate", "client").content)
    assert sha256(b"file").hexdigest() in text
    assert sha256(b"other").hexdigest() not in text
    assert "rib.pdf" not in text


def test_one_document_has_a_certificate_of_its_own(platform: "Platform") -> None:
    path = f"/documents/{platform.version}/certificate"
    answer = platform.get(path, "client")
    text = printed(answer.content)
    assert sha256(b"file").hexdigest() in text
    assert "identité.pdf" in text
    bundle = attached(answer.content)[f"{platform.version}.lcp"]
    assert verdict(platform, bundle) is Verdict.INTACT
    assert read_bundle(bundle).scope.kind == "aggregate"
    assert platform.get(path, "foreign client").status_code == 404
    assert platform.get(f"/documents/{platform.dossier}/certificate").status_code == 404
    assert [record.body["format"] for record in platform.records("export")] == ["certificate"]


def test_a_report_tells_everything_that_happened_and_holds_the_proof(platform: "Platform") -> None:
    answer = platform.get(f"/dossiers/{platform.dossier}/report", "compliance", purpose="legal-request")
    assert answer.headers["content-type"] == "application/pdf"
    text = printed(answer.content)
    bundle = attached(answer.content)[f"{platform.dossier}.lcp"]
    items = read_bundle(bundle).items
    assert [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)] == [item.index for item in items]
    said = text.replace("\n", " ")
    assert "par Anne M (staff), dossier.sample-opened. Scellé sous" in said
    assert "motif : demande légale, forme : rapport" in said
    assert verdict(platform, bundle) is Verdict.INTACT
    (record,) = platform.records("export")
    assert (record.body["format"], record.body["purpose"]) == ("report", "legal-request")
    assert platform.get(f"/dossiers/{platform.dossier}/report", "foreign client").status_code == 404


def sealing(folder: Path) -> dict[str, Path]:
    """Return the settings of a seal, with a key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sceau")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=365))
    usage = x509.KeyUsage(*([True, True] + [False] * 7))
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    key_file, chain_file = folder / "seal.key", folder / "seal.pem"
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    key_file.chmod(0o600)
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return {"pdf_seal_key_file": key_file, "pdf_seal_chain_file": chain_file}


def test_with_a_seal_every_page_is_sealed_and_says_so(
    stands: Callable[..., AbstractContextManager["Platform"]], tmp_path: Path
) -> None:
    settings = sealing(tmp_path)
    root = x509.load_pem_x509_certificate(settings["pdf_seal_chain_file"].read_bytes())
    trusted = ValidationContext(trust_roots=[Certificate.load(root.public_bytes(serialization.Encoding.DER))])
    with stands(**settings) as platform:
        for path in (f"/dossiers/{platform.dossier}/report", f"/documents/{platform.version}/certificate"):
            pdf = platform.get(path).content
            (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
            assert validate_pdf_signature(signature, trusted).bottom_line
            assert "Ce PDF porte le sceau électronique" in printed(pdf)


def test_half_a_seal_is_refused_at_the_start(platform: "Platform", tmp_path: Path) -> None:
    given = platform.settings.model_dump() | {"pdf_seal_key_file": sealing(tmp_path)["pdf_seal_key_file"]}
    with pytest.raises(ValidationError, match="pdf_seal_chain_file"):
        Settings(**given)
