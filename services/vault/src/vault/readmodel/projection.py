"""Events to rows."""

from eventstore import Projection, Rows

from vault.domain.document import Document
from vault.domain.erasure import Erasure

projection = Projection()


@projection.on(Document.Created)
def _(event: Document.Created, rows: Rows) -> None:
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
    )


@projection.on(Erasure.Created)
def _(event: Erasure.Created, rows: Rows) -> None:
    rows.insert("erased_person", id=event.person_id)
