"""Every route of the journal."""

from collections.abc import Callable

from fastapi import APIRouter

from journal.http.dossiers import dossier_routes
from journal.http.log import log_routes
from journal.http.parts import Parts

ROUTES: tuple[Callable[[Parts], APIRouter], ...] = (dossier_routes, log_routes)
