"""The documents of a sending."""

import hashlib
import json
from typing import Any

from sandbox.ar24.maileva import sendings, views
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.records import Sending
from sandbox.ar24.maileva.router import Ask, Reply, Route, paged
from sandbox.ar24.skin.calls import Upload
from sandbox.ar24.skin.files import keep
from sandbox.ar24.truth.model import File


def routes() -> list[Route]:
    """Return the operations on the documents of the four products."""
    operations = {
        ("POST", "sendings/{sending}/documents"): add,
        ("GET", "sendings/{sending}/documents"): listed,
        ("GET", "sendings/{sending}/documents/{document}"): read,
        ("DELETE", "sendings/{sending}/documents/{document}"): delete,
    }
    return [Route(method, one, path, act) for one in views.PRODUCTS for (method, path), act in operations.items()]


def add(ask: Ask) -> Reply:
    """Add a file: the parts `document` and `metadata` (JSON) of a form."""
    sending = sendings.of(ask, draft=True)
    given = ask.uploads.get("document")
    if given is None or not given.data:
        raise Problem(400, "DOCUMENT_REQUIRED", "le document est absent ou vide")
    metadata = _metadata(ask)
    name = metadata.get("name") or given.name
    if not isinstance(name, str) or not name:
        raise Problem(400, "DOCUMENT_NAME_REQUIRED", "le nom du document est obligatoire")
    md5 = hashlib.md5(given.data, usedforsecurity=False).hexdigest()
    if metadata.get("hcode") not in {None, md5}:
        raise Problem(400, "DOCUMENT_HCODE_INVALID", "l'empreinte du document n'est pas celle annoncée")
    size = len(given.data) + sum(file.size for file in views.files(ask.world, sending))
    if size > ask.world.assumptions.max_total_bytes:
        raise Problem(400, "DOCUMENTS_TOO_BIG", "256 Mo au plus par envoi")
    kept = keep(ask.world, sending.sender_id, Upload(name, given.media_type, given.data), ask.token, sending.id)
    location = f"{ask.product}/sendings/{sending.uuid}/documents/{kept.uuid}"
    return Reply(201, views.document(ask.world, sending, kept), location)


def _metadata(ask: Ask) -> dict[str, Any]:
    part = ask.uploads.get("metadata")
    text = part.data.decode(errors="replace") if part else ask.body.get("metadata") or "{}"
    try:
        metadata = json.loads(text)
    except ValueError as wrong:
        raise Problem(400, "METADATA_INVALID", "metadata n'est pas du JSON") from wrong
    if not isinstance(metadata, dict):
        raise Problem(400, "METADATA_INVALID", "metadata n'est pas un objet JSON")
    return {"name": ask.body.get("name"), **metadata}


def listed(ask: Ask) -> Reply:
    """List the documents of a sending."""
    sending = sendings.of(ask)
    files = views.files(ask.world, sending)
    return paged(ask, "documents", [views.document(ask.world, sending, one) for one in files])


def read(ask: Ask) -> Reply:
    """Read what describes a document."""
    sending = sendings.of(ask)
    return Reply(200, views.document(ask.world, sending, _file(ask, sending)))


def delete(ask: Ask) -> Reply:
    """Take a document out of a draft."""
    ask.world.store.drop(_file(ask, sendings.of(ask, draft=True)))
    return Reply(204)


def _file(ask: Ask, sending: Sending) -> File:
    for one in views.files(ask.world, sending):
        if one.uuid == ask.path["document"]:
            return one
    raise Problem(404, "DOCUMENT_NOT_FOUND", "document inconnu")
