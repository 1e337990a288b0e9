"""The routes of the vault."""

from dataclasses import dataclass

from fastapi import APIRouter

from vault.application.deposits import Deposits
from vault.application.destroying import Destroying
from vault.application.previews import Pages
from vault.application.readings import Readings
from vault.application.uploads import ResumableUploads
from vault.entrypoints.http.documents import document_routes
from vault.entrypoints.http.internal import internal_routes
from vault.entrypoints.http.pages import page_routes
from vault.entrypoints.http.uploads import upload_routes

__all__ = ["Uses", "internal_routes", "public_routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What the bearers of tickets may ask for."""

    deposits: Deposits
    uploads: ResumableUploads
    readings: Readings
    pages: Pages
    destroying: Destroying
    max_bytes: int


def public_routes(uses: Uses) -> list[APIRouter]:
    """Return the routes for the bearers of tickets."""
    return [
        document_routes(uses.deposits, uses.readings, uses.destroying),
        upload_routes(uses.uploads, uses.max_bytes),
        page_routes(uses.pages),
    ]
