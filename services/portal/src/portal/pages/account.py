"""One's own account."""

from fastapi import APIRouter, Response

from portal import words
from portal.visiting import Anyone

router = APIRouter()


@router.get("/compte")
async def account(guest: Anyone) -> Response:
    """Show who one is, and what one may change."""
    return guest.page("account.html", roles=words.ROLES)
