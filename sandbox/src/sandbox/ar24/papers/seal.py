"""The sandbox's own seal and clock: PAdES signatures with RFC 3161 tokens inside."""

import io
from datetime import datetime
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sandbox.ar24.papers.keys import CHAIN, SEAL, TIME


class Seal:
    """The seal of the provider's proofs, with the keys that a folder keeps."""

    def __init__(self, folder: Path) -> None:
        own, stamp, root = x509.load_pem_x509_certificates((folder / CHAIN).read_bytes())
        store = SimpleCertificateStore.from_certs([_certificate(root)])  # type: ignore[no-untyped-call] # the library left it untyped
        self._signer = signers.SimpleSigner(_certificate(own), _key(folder / SEAL), store)
        self._stamp, self._stamp_key, self._issuers = _certificate(stamp), _key(folder / TIME), store

    def seal(self, pdf: bytes, at: datetime, reason: str) -> bytes:
        """Seal a document; the token inside says that it was sealed at `at`."""
        how = signers.PdfSignatureMetadata(
            field_name="Sceau", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason
        )
        clock = DummyTimeStamper(self._stamp, self._stamp_key, self._issuers, fixed_dt=at)
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signer = signers.PdfSigner(how, signer=self._signer, timestamper=clock)
        return bytes(signer.sign_pdf(writer).getvalue())


def _certificate(one: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))


def _key(file: Path) -> asn1_keys.PrivateKeyInfo:
    key = load_pem_private_key(file.read_bytes(), None)
    return asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
