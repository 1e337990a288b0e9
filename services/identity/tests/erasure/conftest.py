"""People to erase, beside a dossier service that knows whether they may be."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from chassis.http import create_app
from chassis.tokens import Verifier
from fastapi import APIRouter, Response
from testkit.serving import serving

CAPUCINE = {
    "first_name": "Capucine",
    "last_name": "Zwingelstein",
    "email": "capucine.zwingelstein@example.org",
    "phone": "06 99 87 65 43",
}


@dataclass
class Dossiers:
    """What the dossier service knows."""

    open: dict[UUID, int] = field(default_factory=dict)
    away: bool = False

    def routes(self) -> APIRouter:
        router = APIRouter()

        @router.get("/clients/{client_id}/open-dossiers")
        def count(client_id: UUID, response: Response) -> dict[str, int]:
            response.status_code = 503 if self.away else 200
            return {"count": self.open.get(client_id, 0)}

        return router


@pytest.fixture
def dossiers() -> Dossiers:
    return Dossiers()


@pytest.fixture
def platform(start: Callable[..., Any], environment: dict[str, str], dossiers: Dossiers) -> Iterator[Any]:
    """Return an identity beside a dossier service."""
    verifier = Verifier(environment["IDENTITY_TRUST_FILE"])
    app = create_app(service="dossier", prefix="/x", routers=[], internal=[dossiers.routes()], verifier=verifier)
    with serving(app) as address:
        yield start(
            code_resend_seconds="0",
            codes_per_hour="100",
            codes_per_day="100",
            codes_per_ip_hour="1000",
            peers=json.dumps({"dossier": address}),
        )


@pytest.fixture
def client(platform: Any) -> dict[str, str]:
    """Return a client with a password, a session, a code on its way and a link that was not used."""
    made = platform.new_client(platform.notary(), **CAPUCINE)
    platform.with_password(made)
    return made
