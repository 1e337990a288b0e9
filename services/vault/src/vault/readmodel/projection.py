"""Events to rows."""

from uuid import UUID

from eventstore import Projection, Rows

from vault.domain.document import Document, Issuer
from vault.domain.erasure import Erasure

projection = Projection()


@projection.on(Document.Created)
def _(event: Document.Created, rows: Rows) -> None:
    _insert(event, rows, issuer="dossier", legal_hold=False)


@projection.on(Document.StoredOfLetter)
def _(event: Document.StoredOfLetter, rows: Rows) -> None:
    _insert(event, rows, issuer="lre-gateway", legal_hold=event.legal_hold)


@projection.on(Document.CopyStored)
def _(event: Document.CopyStored, rows: Rows) -> None:
    _insert(event, rows, issuer="dossier", legal_hold=False, copy_of=event.copy_of)


@projection.on(Document.Scanned)
def _(event: Document.Scanned, rows: Rows) -> None:
    rows.update("document", event.version_id, scan=event.verdict, scanner=event.scanner, scan_cause=event.cause)


@projection.on(Document.HoldLifted)
def _(event: Document.HoldLifted, rows: Rows) -> None:
    rows.update("document", event.version_id, legal_hold=False)


@projection.on(Document.Destroyed)
def _(event: Document.Destroyed, rows: Rows) -> None:
    rows.delete("document", event.version_id)


@projection.on(Document.Withdrawn)
def _(event: Document.Withdrawn, rows: Rows) -> None:
    rows.delete("document", event.version_id)


def _insert(
    event: Document.Created | Document.StoredOfLetter | Document.CopyStored,
    rows: Rows,
    *,
    issuer: Issuer,
    legal_hold: bool,
    copy_of: UUID | None = None,
) -> None:
    rows.insert(
        "document",
        id=event.originator_id,
        office_id=event.office_id,
        dossier_id=event.dossier_id,
        request_id=event.request_id,
        owner_id=event.owner_id,
        size=event.size,
        media_type=event.media_type,
        sha256=event.sha256,
        manifest_sha256=event.manifest_sha256,
        object_key=event.object_key,
        name=event.name,
        stored_at=event.timestamp,
        issuer=issuer,
        legal_hold=legal_hold,
        copy_of=copy_of,
    )


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.insert("erased_person", id=event.person_id)
