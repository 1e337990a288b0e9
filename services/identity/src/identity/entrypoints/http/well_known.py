"""The public key of access tokens, for everyone who has to verify one."""

from typing import Any

from fastapi import APIRouter, Response


def key_routes(jwk: dict[str, str]) -> APIRouter:
    """Return the route of the JSON web key set (RFC 7517)."""
    router = APIRouter(tags=["Keys"])

    @router.get("/.well-known/jwks.json")
    def keys(response: Response) -> dict[str, Any]:
        """Read the keys that verify access tokens."""
        response.headers["Cache-Control"] = "public, max-age=300"
        return {"keys": [jwk]}

    return router
