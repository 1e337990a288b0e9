"""Pages for people that a machine can read too: PDF/A-3 with files inside, and a PAdES seal.

PDF/A (ISO 19005-3) asks that every font is inside the file; the standard fonts are not, so ours are beside this module.
The libraries are imported when something is printed: they would be a third of what the process loads at its start.
"""

import io
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

if TYPE_CHECKING:
    from asn1crypto.x509 import Certificate

Style = Literal["", "B"]
BODY, CODE = "Body", "Code"
_FONTS: tuple[tuple[str, Style, str], ...] = (
    (BODY, "", "DejaVuSans.ttf"),
    (BODY, "B", "DejaVuSans-Bold.ttf"),
    (CODE, "", "DejaVuSansMono.ttf"),
)
_MARGIN = 20  # mm


class Paper:
    """An A4 document of lines in French, from top to bottom."""

    def __init__(self, title: str, made_at: datetime) -> None:
        from fpdf import FPDF  # noqa: PLC0415 - see above

        self._pdf = FPDF(format="A4", enforce_compliance="PDF/A-3B")
        for family, style, name in _FONTS:
            with as_file(files("journal.reading") / "fonts" / name) as font:
                self._pdf.add_font(family, style, font)
        self._pdf.set_title(title)
        self._pdf.set_lang("fr-FR")
        self._pdf.set_creation_date(made_at)
        self._pdf.set_margin(_MARGIN)
        self._pdf.add_page()
        self.line(title, size=18, style="B")

    def line(self, text: str, *, size: int = 10, style: Style = "", family: str = BODY) -> None:
        """Add a line, broken where the page ends."""
        self._pdf.set_font(family, style, size)
        self._pdf.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(1)

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.line(text, size=13, style="B")

    def attach(self, name: str, data: bytes, what: str, media_type: str) -> None:
        """Put a file inside, as the source of what the pages say."""
        self._pdf.embed_file(
            bytes=data, basename=name, desc=what, mime_type=media_type, associated_file_relationship="Source"
        )

    def bytes(self) -> bytes:
        """Return the document, not sealed yet."""
        return bytes(self._pdf.output())


class Seal:
    """The organisation's key and certificates, which seal documents (PAdES, ETSI EN 319 142-1, level B-B)."""

    def __init__(self, key_file: Path, chain_file: Path) -> None:
        from asn1crypto.keys import PrivateKeyInfo  # noqa: PLC0415 - see above
        from pyhanko.sign import signers  # noqa: PLC0415
        from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise TypeError(f"{key_file} is neither an elliptic-curve nor an RSA key")
        own, *issuers = x509.load_pem_x509_certificates(chain_file.read_bytes())
        if own.public_key() != key.public_key():
            raise ValueError(f"the first certificate of {chain_file} is not of the key of {key_file}")
        store = SimpleCertificateStore.from_certs(map(_as_asn1, issuers))  # type: ignore[no-untyped-call] # the library left it untyped
        encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self._signer = signers.SimpleSigner(_as_asn1(own), PrivateKeyInfo.load(encoded), store)

    def seal(self, pdf: bytes, reason: str) -> bytes:
        """Add the seal; whatever is changed afterwards is seen."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - see above
        from pyhanko.sign import fields, signers  # noqa: PLC0415

        how = signers.PdfSignatureMetadata(
            field_name="Sceau", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason
        )
        output = signers.PdfSigner(how, signer=self._signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        return bytes(output.getvalue())


def _as_asn1(certificate: x509.Certificate) -> "Certificate":
    from asn1crypto.x509 import Certificate  # noqa: PLC0415 - see above

    return Certificate.load(certificate.public_bytes(Encoding.DER))
