"""The clients of a dossier: known ones, new ones, and what was typed wrong (L-33 to L-37, L-45, L-48)."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.forms import Form
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/dossiers/{dossier_id}/clients")

PAGE = 30
FACTS = ("last_name", "first_name", "email", "phone")


@router.get("")
async def clients(guest: Staff, dossier_id: UUID, q: str = "") -> Response:
    """Show the clients the office knows, and the form for a new one (L-34, L-35)."""
    return await _clients(guest, dossier_id, q)


@router.post("")
async def add_client(guest: Staff, dossier_id: UUID, form: SentForm) -> Response:
    """Let known clients take part, or register a new one first (L-34 to L-37)."""
    chosen = form.all("client")
    try:
        if not chosen:
            new = _typed(form) | {"refuse_alike": not form.ticked("sure")}
            made = await guest.send("POST", "identity", "/clients", new, key=form["key"])
            chosen = [made["id"]]
        for client in chosen:
            await guest.send("POST", "dossier", f"/dossiers/{dossier_id}/clients", {"client_id": client})
    except ApiRefused as refused:
        return await _clients(guest, dossier_id, "", form, refused)
    return see_other(f"/dossiers/{dossier_id}")


@router.get("/{client_id}/modifier")
async def edit(guest: Staff, dossier_id: UUID, client_id: UUID) -> Response:
    """Show what is known of a client, to correct it (L-45)."""
    return await _edit(guest, dossier_id, client_id)


@router.post("/{client_id}/modifier")
async def change(guest: Staff, dossier_id: UUID, client_id: UUID, form: SentForm) -> Response:
    """Correct a client; codes and links that are under way to an older number or address are void (L-36, L-45)."""
    body = _typed(form) | {"refuse_alike": not form.ticked("sure")}
    try:
        await guest.send("PATCH", "identity", f"/clients/{client_id}", body, key=form["key"])
    except ApiRefused as refused:
        return await _edit(guest, dossier_id, client_id, form, refused)
    return see_other(f"/dossiers/{dossier_id}")


@router.post("/{client_id}/application")
async def remove_app(guest: Staff, dossier_id: UUID, client_id: UUID, form: SentForm) -> Response:
    """Let a client who lost the authenticator app and the recovery codes come by SMS again (ADR 0039)."""
    try:
        await guest.send("DELETE", "identity", f"/clients/{client_id}/authenticator", key=form["key"])
    except ApiRefused as refused:
        return await _edit(guest, dossier_id, client_id, refused=refused)
    return see_other(f"/dossiers/{dossier_id}/clients/{client_id}/modifier")


async def _clients(
    guest: Staff, dossier_id: UUID, q: str, form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    dossier, known, alike = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("identity", "/clients", q=q[:100], limit=PAGE),
        _alike(guest, refused),
    )
    there = {client["id"] for client in dossier["clients"]}
    return guest.page(
        "dossiers/clients.html",
        refused=refused,
        dossier=dossier,
        known=[client for client in known["items"] if client["id"] not in there],
        there=there,
        alike=alike,
        q=q,
        given=_typed(form) if form else dict.fromkeys(FACTS, ""),
    )


async def _edit(
    guest: Staff, dossier_id: UUID, client_id: UUID, form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    dossier, client, alike = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("identity", f"/clients/{client_id}"),
        _alike(guest, refused),
    )
    given = _typed(form) if form else client
    return guest.page("dossiers/client.html", refused=refused, dossier=dossier, client=client, given=given, alike=alike)


async def _alike(guest: Staff, refused: ApiRefused | None) -> list[Mapping[str, Any]]:
    """Return the clients for whom the one who was typed may be taken."""
    ids = refused.problem.get("alike", []) if refused else []
    return list(await asyncio.gather(*(guest.get("identity", f"/clients/{one}") for one in ids)))


def _typed(form: Form) -> dict[str, Any]:
    return {name: form[name] for name in FACTS}
