"""Every route of the journal."""

from collections.abc import Callable

from fastapi import APIRouter

from journal.http.compliance import compliance_routes
from journal.http.dossiers import dossier_routes
from journal.http.downloads import download_routes
from journal.http.drifts import drift_routes
from journal.http.exports import export_routes
from journal.http.log import log_routes
from journal.http.parts import Parts
from journal.http.printed import printed_routes
from journal.http.proofs import proof_routes
from journal.http.replay import replay_routes

ROUTES: tuple[Callable[[Parts], APIRouter], ...] = (
    dossier_routes,
    export_routes,
    printed_routes,
    compliance_routes,
    download_routes,
    replay_routes,
    proof_routes,
    drift_routes,
    log_routes,
)
