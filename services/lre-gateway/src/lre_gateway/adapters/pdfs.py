"""What can be told of a PDF: its pages and its seal. The library is imported when a PDF is looked at."""

import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from chassis.logging import get_logger
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

Verdict = Literal["trusted", "untrusted", "unknown", "none"]

A4: Final = (595.28, 841.89)
"""Width and height in points (210 x 297 mm)."""
_TOLERANCE = 3.0  # points: 1 mm
_UPRIGHT = 180  # degrees: a page turned by a multiple of it keeps its width and height
_DEPTH = 64  # of the tree of pages; real ones have two or three


def a4_portrait(content: bytes) -> bool:
    """Tell whether every page is shown as A4, upright; False for what is not a readable PDF."""
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - see above

    try:
        pages = list(_pages(PdfFileReader(io.BytesIO(content))))
    except Exception:  # noqa: BLE001 - whatever a library stumbles over in a stranger's file, it is no A4 page
        return False
    return bool(pages) and all(_is_a4(box, turned) for box, turned in pages)


def _is_a4(box: Iterable[Any], turned: int) -> bool:
    left, bottom, right, top = (float(edge.get_object()) for edge in box)
    size = (abs(right - left), abs(top - bottom))
    width, height = size if turned % _UPRIGHT == 0 else size[::-1]
    return abs(width - A4[0]) <= _TOLERANCE and abs(height - A4[1]) <= _TOLERANCE


def _pages(reader: "PdfFileReader") -> Iterable[tuple[Any, int]]:
    """Yield the visible box of each page and by how much it is turned; both may stand on a node above."""
    waiting = [(reader.root["/Pages"], None, 0, 0)]
    while waiting:
        node, box, turned, depth = waiting.pop()
        box = node.get("/CropBox", node.get("/MediaBox", box))
        turned = int(node.get("/Rotate", turned))
        if "/Kids" not in node:
            yield box, turned
        elif depth < _DEPTH:
            waiting.extend((kid.get_object(), box, turned, depth + 1) for kid in node["/Kids"])


class PdfSealCheck:
    """The port PdfSeals: whose seal a PDF bears is told by the roots that the operator trusts; nothing is fetched."""

    def __init__(self, trust_file: Path | None) -> None:
        """Without `trust_file` (PEM) an intact seal is `unknown`."""
        self._roots = x509.load_pem_x509_certificates(trust_file.read_bytes()) if trust_file else []

    def check(self, content: bytes, media_type: str) -> Verdict:
        """Return what the seals of a file are worth: the weakest says it."""
        if media_type != "application/pdf":
            return "none"
        try:
            verdicts = set(self._verdicts(content))
        except Exception as error:  # noqa: BLE001 - what cannot be read cannot be trusted, and must not stop its keeping
            get_logger().warning("seal-unreadable", error=type(error).__name__)
            return "untrusted"
        order: tuple[Verdict, ...] = ("untrusted", "unknown", "trusted")
        return next((verdict for verdict in order if verdict in verdicts), "none")

    def _verdicts(self, content: bytes) -> Iterable[Verdict]:
        from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - see above
        from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415

        for name in ("pyhanko", "pyhanko_certvalidator"):  # they write certificates and traces: our verdict says it
            logging.getLogger(name).setLevel(logging.CRITICAL)
        for seal in PdfFileReader(io.BytesIO(content)).embedded_regular_signatures:
            status = validate_pdf_signature(seal, self._context())
            if not (status.intact and status.valid and status.docmdp_ok is not False):
                yield "untrusted"
            elif not self._roots:
                yield "unknown"
            else:
                yield "trusted" if status.bottom_line else "untrusted"

    def _context(self) -> Any:
        from asn1crypto.x509 import Certificate  # noqa: PLC0415 - see above
        from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

        roots = [Certificate.load(root.public_bytes(Encoding.DER)) for root in self._roots]
        return ValidationContext(trust_roots=roots, allow_fetching=False)
