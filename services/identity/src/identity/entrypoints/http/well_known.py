"""The public key of access tokens, for everyone who has to verify one."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

CACHE_SECONDS = 300


def key_routes(jwks: Callable[[], list[dict[str, str]]]) -> APIRouter:
    """Return the route of the JSON web key set (RFC 7517); the next key is in it long before it signs."""
    router = APIRouter(tags=["Keys"])

    @router.get("/.well-known/jwks.json")
    def keys(response: Response) -> dict[str, Any]:
        """Read the keys that verify access tokens."""
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        return {"keys": jwks()}

    return router
