"""The routes for services."""

from typing import Annotated, Any
from uuid import UUID

from chassis.http import CallingService
from chassis.refusal import NotAllowed, NotFound
from fastapi import APIRouter, Query

from vault.application.observations import Observations
from vault.application.ports import Documents, StoredDocument
from vault.entrypoints.http.receipt import Receipt

MAX_IDS = 4_000
"""Characters of ids in one question."""
NAMES_ARE_FOR = {"dossier", "lre-gateway"}
"""The services that show the names of their own files to people; they are personal."""

FILED = ("name", "owner_id", "office_id", "dossier_id", "request_id", "legal_hold", "manifest_sha256")


def internal_routes(observations: Observations, documents: Documents) -> APIRouter:
    """Return the routes for services."""
    router = APIRouter()

    @router.get("/documents")
    def describe(
        ids: Annotated[str, Query(max_length=MAX_IDS)], caller: CallingService
    ) -> dict[str, list[dict[str, Any]]]:
        if caller not in NAMES_ARE_FOR:
            raise NotAllowed
        wanted = [_uuid(one) for one in ids.split(",") if one]
        described = documents.described(wanted, caller)
        return {"items": [_described(found) for found in described]}

    @router.get("/documents/{version_id}/observation")
    def observe(version_id: UUID) -> dict[str, UUID | int | str | bool]:
        seen = observations.observe(version_id)
        return {
            "version_id": seen.version_id,
            "size": seen.size,
            "parts": seen.parts,
            "manifest_sha256": seen.manifest_sha256,
            "ciphertext_ok": seen.ciphertext_ok,
        }

    return router


def _described(document: StoredDocument) -> dict[str, Any]:
    filed = {name: getattr(document, name) for name in FILED}
    filed["scan"] = {"state": document.scan or "pending", "scanner": document.scanner, "cause": document.scan_cause}
    return filed | Receipt.of(document).model_dump()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
