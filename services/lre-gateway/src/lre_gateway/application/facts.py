"""Where an event belongs, and the files its proof entry commits to."""

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from eventstore import DocFact, Facts

from lre_gateway.domain.archiving import ArchivedDossier
from lre_gateway.domain.batch import Batch
from lre_gateway.domain.erasure import Erasure
from lre_gateway.domain.letter import Letter


def facts(event: Any, aggregate: Any) -> Facts:
    """Return office and dossier of an event; a stored proof commits to its file.

    The files that a letter is made of stand in what `letter-prepared` says, and so in the commitment to its payload.
    """
    if isinstance(aggregate, Erasure):
        return Facts()
    dossier = aggregate.dossier_id if isinstance(aggregate, Letter | Batch | ArchivedDossier) else None
    return Facts(office=aggregate.office_id, dossier=dossier, docs=tuple(_documents(event)))


def _documents(event: Any) -> Iterator[DocFact]:
    if isinstance(event, Letter.EvidenceStored) and event.manifest_sha256 is not None:
        yield _fact(event.version_id, event.size, event.sha256, event.manifest_sha256)


def _fact(version_id: UUID, size: int, sha256: str, manifest_sha256: str) -> DocFact:
    stored = base64.b64encode(bytes.fromhex(manifest_sha256)).decode()
    return DocFact(ref=str(version_id), ver=str(version_id), size=size, sha256=sha256, ct_h=stored)
