"""Where an event belongs, and the document its proof entry commits to."""

import base64
from typing import Any

from eventstore import DocFact, Facts

from vault.domain.document import Document
from vault.domain.erasure import Erasure


def facts(event: Any, aggregate: Document | Erasure) -> Facts:
    """Return office and dossier of an event; what is stored is committed to, in clear and as it is kept."""
    if isinstance(aggregate, Erasure):
        return Facts()
    docs: tuple[DocFact, ...] = ()
    if isinstance(event, Document.Created | Document.StoredOfLetter | Document.CopyStored):
        stored = base64.b64encode(bytes.fromhex(event.manifest_sha256)).decode()
        version = str(event.version_id)
        docs = (DocFact(ref=version, ver=version, size=event.size, sha256=event.sha256, ct_h=stored),)
    return Facts(office=aggregate.office_id, dossier=aggregate.dossier_id, docs=docs)
