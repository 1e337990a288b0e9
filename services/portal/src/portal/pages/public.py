"""Pages for anyone: verification of proofs in the browser, accessibility, and the gallery of components."""

from http import HTTPStatus
from importlib.resources import files

from fastapi import APIRouter, HTTPException, Request, Response

from portal.api import ApiAway, ApiRefused, Caller
from portal.security import PAGE_HEADERS
from portal.visiting import Desk, MaybeSession, TheDesk

router = APIRouter()

VERIFIER = files("proof") / "verifiers"
POLICY_SECONDS = 2.0
SCRIPT = {**PAGE_HEADERS, "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache"}
ALONE = PAGE_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'none';"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}
"""Of the page of verification: it has no right to contact anybody."""


@router.get("/verification")
async def verification(request: Request, at: TheDesk, session: MaybeSession) -> Response:
    """Show the page that verifies a bundle where it is: no file leaves it.

    The policy of the journal is in the page, so that it needs nothing afterwards; a reader may give their own instead.
    """
    return at.pages.page(request, "verification.html", session=session, headers=ALONE, policy=await _policy(at))


@router.get("/verification/politique.json")
async def policy(at: TheDesk) -> Response:
    """Give that policy as a file, to compare with one that came another way. Raises ApiAway, ApiRefused."""
    answer = await at.api.call(Caller(), "GET", "journal", "/policy")
    named = {"Content-Disposition": 'attachment; filename="politique.json"', "X-Content-Type-Options": "nosniff"}
    return Response(answer.content, media_type="application/json", headers=named)


@router.get("/verifier/{name:path}")
async def verifier(name: str) -> Response:
    """Give the modules of the verifier, the same that auditors use."""
    module = VERIFIER / name
    if ".." in name or not name.endswith(".mjs") or not module.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(module.read_bytes(), headers=SCRIPT)


async def _policy(at: Desk) -> str | None:
    try:
        return (await at.api.call(Caller(), "GET", "journal", "/policy", timeout=POLICY_SECONDS)).text
    except (ApiAway, ApiRefused):
        return None  # the page works without, on a policy that the reader has


@router.get("/accessibilite")
async def accessibility(request: Request, at: TheDesk, session: MaybeSession) -> Response:
    """Say how far the pages are accessible."""
    return at.pages.page(request, "accessibility.html", session=session)


@router.get("/_gallery")
async def gallery(request: Request, at: TheDesk, session: MaybeSession) -> Response:
    """Show every component, where an operator allows it."""
    if not at.gallery:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return at.pages.page(request, "gallery.html", session=session)
