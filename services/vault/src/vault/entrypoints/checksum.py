"""The answer 460 Checksum Mismatch, which tus 1.0 defines and the registry of HTTP statuses does not know."""

from typing import Any

from chassis.http.problems import MEDIA_TYPE
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from vault.domain.refusals import DigestMismatch

PHRASE = "Checksum Mismatch"


def problem(refusal: DigestMismatch) -> dict[str, Any]:
    """Return the members of the problem (RFC 9457)."""
    return {
        "type": f"urn:scelle:problem:{refusal.code}",
        "title": PHRASE,
        "status": refusal.status,
        "detail": refusal.detail(),
        "code": refusal.code,
        **refusal.facts,
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    DigestMismatch.status: {
        "description": PHRASE,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {DigestMismatch.code: {"value": problem(DigestMismatch())}},
            }
        },
    }
}


def add_checksum_answer(app: FastAPI) -> None:
    """Teach the application this one answer."""

    @app.exception_handler(DigestMismatch)
    async def answer(request: Request, refusal: DigestMismatch) -> JSONResponse:
        instance = f"urn:scelle:request:{request.state.correlation_id}"
        return JSONResponse({**problem(refusal), "instance": instance}, refusal.status, media_type=MEDIA_TYPE)
