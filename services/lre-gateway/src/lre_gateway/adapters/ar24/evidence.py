"""Evidence, fetched from an address that is read afresh each time: it holds a token, and grows old."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lre_gateway.adapters.ar24.client import Ar24Client
from lre_gateway.adapters.ar24.status_map import EVIDENCE, evidence_date
from lre_gateway.application.provider import EvidenceFile, NotSupported
from lre_gateway.domain.vocabulary import EvidenceKind

PDF = "application/pdf"
ZIP = "application/zip"
_BEGINS = {PDF: b"%PDF-", ZIP: b"PK"}
_ATTEMPTS = 2


def fetched(client: Ar24Client, read: Callable[[], Mapping[str, Any]], kind: EvidenceKind) -> EvidenceFile | None:
    """Fetch a piece of evidence of the letter that `read` asks for; none while it is not there.

    An address that is refused is read again once. A page that is no such file counts as not there yet.
    """
    if kind not in EVIDENCE:
        raise NotSupported(f"evidence {kind}")
    media_type = ZIP if kind is EvidenceKind.FULL_ARCHIVE else PDF
    for _ in range(_ATTEMPTS):
        letter = read()
        address = str(letter.get(EVIDENCE[kind][0]) or "")
        if not address:
            return None
        reply = client.fetched(address)
        if reply is not None and reply.content.startswith(_BEGINS[media_type]):
            return EvidenceFile(
                kind=kind,
                at=evidence_date(letter, kind),
                media_type=media_type,
                content=reply.content,
                source=without_token(address),
            )
    return None


def without_token(address: str) -> str:
    """Return the host and path of an address, for the record."""
    parts = urlsplit(address)
    return f"{parts.hostname}{parts.path}"
