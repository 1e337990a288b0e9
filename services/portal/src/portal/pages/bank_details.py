"""The bank details of the office, and which of them the client of a dossier is shown (L-07, L-08)."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter()

FACTS = ("name", "holder", "iban", "bic")


@router.get("/equipe/rib")
async def listed(guest: Staff, fait: str = "") -> Response:
    """Show the accounts of the office, and to a notary the form for another (L-08)."""
    return await _listed(guest, _empty(guest), done=bool(fait))


@router.post("/equipe/rib")
async def add(guest: Staff, form: SentForm) -> Response:
    """Add an account."""
    given = {name: form[name] for name in FACTS}
    try:
        await guest.send("POST", "dossier", "/bank-details", given, key=form["key"])
    except ApiRefused as refused:
        return await _listed(guest, given, refused)
    return see_other("/equipe/rib?fait=1")


@router.post("/equipe/rib/{details_id}/retirer")
async def remove(guest: Staff, details_id: UUID, form: SentForm) -> Response:
    """Remove an account: nobody is shown it any more."""
    await guest.send("DELETE", "dossier", f"/bank-details/{details_id}", key=form["key"])
    return see_other("/equipe/rib?fait=1")


@router.get("/dossiers/{dossier_id}/clients/{client_id}/rib")
async def choose(guest: Staff, dossier_id: UUID, client_id: UUID) -> Response:
    """Show which account a client is shown."""
    dossier, client, accounts, handed = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("identity", f"/clients/{client_id}"),
        guest.get("dossier", "/bank-details"),
        guest.get("dossier", f"/dossiers/{dossier_id}/clients/{client_id}/bank-details"),
    )
    return guest.page(
        "dossiers/bank_details.html",
        dossier=dossier,
        client=client,
        accounts=accounts["items"],
        handed=(handed["bank_details"] or {}).get("id"),
    )


@router.post("/dossiers/{dossier_id}/clients/{client_id}/rib")
async def hand(guest: Staff, dossier_id: UUID, client_id: UUID, form: SentForm) -> Response:
    """Show the client the one that was chosen, or none (L-07)."""
    path = f"/dossiers/{dossier_id}/clients/{client_id}/bank-details"
    await guest.send("PUT", "dossier", path, {"details_id": form["account"] or None}, key=form["key"])
    return see_other(f"/dossiers/{dossier_id}")


async def _listed(
    guest: Staff, given: dict[str, Any], refused: ApiRefused | None = None, *, done: bool = False
) -> Response:
    found = await guest.get("dossier", "/bank-details")
    wrong = refused.problem.get("wrong") if refused else None
    return guest.page(
        "office/bank_details.html", refused=refused, accounts=found["items"], given=given, wrong=wrong, done=done
    )


def _empty(guest: Staff) -> dict[str, Any]:
    return dict.fromkeys(FACTS, "") | {"holder": guest.session.me["office"]["name"]}
