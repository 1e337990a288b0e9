"""The dossiers of an office: list, creation, one dossier with its clients and documents (L-23 to L-45)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from portal.api import ApiRefused
from portal.forms import Form
from portal.rendering import see_other
from portal.visiting import SentForm, Staff

router = APIRouter(prefix="/dossiers")

PAGE = 30
EMPTY = {"number": "", "title": "", "deed_type": "", "note": "", "whole_office": True, "member_ids": []}


@router.get("")
async def current(guest: Staff, q: str = "", cursor: str = "") -> Response:
    """List what is under way, with what waits for a decision (L-23, L-24, L-60)."""
    return await _list(guest, "open", q, cursor)


@router.get("/archives")
async def archived(guest: Staff, q: str = "", cursor: str = "") -> Response:
    """List what was put away (L-69)."""
    return await _list(guest, "archived", q, cursor)


async def _list(guest: Staff, state: Literal["open", "archived"], q: str, cursor: str) -> Response:
    found, deeds = await asyncio.gather(
        guest.get("dossier", "/dossiers", state=state, q=q[:200], cursor=cursor, limit=PAGE), deed_names(guest)
    )
    name = "dossiers/rows.html" if guest.request.headers.get("hx-target") == "rows" else "dossiers/list.html"
    return guest.page(name, dossiers=found["items"], next=found["next"], q=q, state=state, deeds=deeds)


@router.get("/nouveau")
async def new(guest: Staff) -> Response:
    """Show the form "Créer un dossier" (L-25)."""
    return await _creation(guest, EMPTY)


@router.post("/nouveau")
async def create(guest: Staff, form: SentForm) -> Response:
    """Open a dossier (L-25 to L-28)."""
    body = {
        "number": form["number"],
        "title": form["title"],
        "deed_type": form["deed_type"],
        "note": form["note"] or None,
        "whole_office": form["access"] != "some",
        "member_ids": form.all("member") if form["access"] == "some" else [],
    }
    try:
        made = await guest.send("POST", "dossier", "/dossiers", body, key=form["key"])
    except ApiRefused as refused:
        return await _creation(guest, body, refused)
    return see_other(f"/dossiers/{made['id']}")


async def _creation(guest: Staff, given: Mapping[str, Any], refused: ApiRefused | None = None) -> Response:
    deeds, members = await asyncio.gather(guest.get("dossier", "/deed-types"), guest.colleagues())
    return guest.page(
        "dossiers/new.html",
        refused=refused,
        deeds=_offered(deeds),
        members=members,
        given=given,
    )


@router.get("/{dossier_id}")
async def show(guest: Staff, dossier_id: UUID) -> Response:
    """Show a dossier: what it is, who takes part, what waits (L-29 to L-38, L-61)."""
    dossier, requests, deeds = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", f"/dossiers/{dossier_id}/requests"),
        deed_names(guest),
    )
    live = guest.request.headers.get("hx-target") == "documents"
    return guest.page(
        "dossiers/documents.html" if live else "dossiers/show.html",
        dossier=dossier,
        cards=cards(dossier["clients"], requests["items"]),
        deeds=deeds,
    )


@router.get("/{dossier_id}/modifier")
async def edit(guest: Staff, dossier_id: UUID) -> Response:
    """Show what can be changed (L-45)."""
    dossier, deeds = await asyncio.gather(
        guest.desk.api.call(guest.caller, "GET", "dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", "/deed-types"),
    )
    given, etag = dossier.json(), dossier.headers["etag"]
    return guest.page("dossiers/edit.html", dossier=given, etag=etag, deeds=_offered(deeds, given["deed_type"]))


@router.post("/{dossier_id}/modifier")
async def change(guest: Staff, dossier_id: UUID, form: SentForm) -> Response:
    """Change the version that was read; another's change in between is not overwritten (L-45)."""
    body = {
        "number": form["number"],
        "title": form["title"],
        "deed_type": form["deed_type"],
        "note": form["note"] or None,
    }
    headers = {"If-Match": form["etag"]}
    try:
        path = f"/dossiers/{dossier_id}"
        await guest.desk.api.call(guest.caller, "PATCH", "dossier", path, json=body, headers=headers)
    except ApiRefused as refused:
        deeds = await guest.get("dossier", "/deed-types")
        return guest.page(
            "dossiers/edit.html",
            refused=refused,
            dossier={"id": dossier_id, **body},
            etag=form["etag"],
            deeds=_offered(deeds, form["deed_type"]),
        )
    return see_other(f"/dossiers/{dossier_id}")


@router.get("/{dossier_id}/acces")
async def access(guest: Staff, dossier_id: UUID) -> Response:
    """Show who of the office may see the dossier (L-27, L-30)."""
    dossier, members = await asyncio.gather(guest.get("dossier", f"/dossiers/{dossier_id}"), guest.colleagues())
    return guest.page("dossiers/access.html", dossier=dossier, members=members)


@router.post("/{dossier_id}/acces")
async def change_access(guest: Staff, dossier_id: UUID, form: SentForm) -> Response:
    """Change it."""
    whole = form["access"] != "some"
    body = {"whole_office": whole, "member_ids": [] if whole else form.all("member")}
    await guest.send("PUT", "dossier", f"/dossiers/{dossier_id}/access", body, key=form["key"])
    return see_other(f"/dossiers/{dossier_id}")


@router.post("/{dossier_id}/archiver")
async def archive(guest: Staff, dossier_id: UUID, form: SentForm) -> Response:
    """Put the dossier away (L-69)."""
    await guest.send("POST", "dossier", f"/dossiers/{dossier_id}/archiving", key=form["key"])
    return see_other(f"/dossiers/{dossier_id}")


@router.get("/{dossier_id}/clients/{client_id}/demande")
async def ask(guest: Staff, dossier_id: UUID, client_id: UUID) -> Response:
    """Show the checklist of the deed type (L-39 to L-43)."""
    return await _asking(guest, dossier_id, client_id)


@router.post("/{dossier_id}/clients/{client_id}/demande")
async def send_request(guest: Staff, dossier_id: UUID, client_id: UUID, form: SentForm) -> Response:
    """Ask for what was ticked and typed (L-43, L-44)."""
    body = {
        "document_types": form.all("document"),
        "others": [line.strip() for line in form["others"].splitlines() if line.strip()],
        "due_on": form["due_on"] or None,
        "message": form["message"] or None,
    }
    try:
        path = f"/dossiers/{dossier_id}/clients/{client_id}/requests"
        await guest.send("POST", "dossier", path, body, key=form["key"])
    except ApiRefused as refused:
        return await _asking(guest, dossier_id, client_id, form, refused)
    return see_other(f"/dossiers/{dossier_id}")


async def _asking(
    guest: Staff, dossier_id: UUID, client_id: UUID, form: Form | None = None, refused: ApiRefused | None = None
) -> Response:
    dossier, deeds, asked = await asyncio.gather(
        guest.get("dossier", f"/dossiers/{dossier_id}"),
        guest.get("dossier", "/deed-types"),
        guest.get("dossier", f"/dossiers/{dossier_id}/requests", client_id=client_id),
    )
    presets: list[Any] = next((deed["documents"] for deed in deeds if deed["code"] == dossier["deed_type"]), [])
    return guest.page(
        "dossiers/ask.html",
        refused=refused,
        dossier=dossier,
        client=next((one for one in dossier["clients"] if one["id"] == str(client_id)), None),
        presets=presets,
        asked={one["document_type"] for one in asked["items"] if one["state"] == "asked"},
        ticked=set(form.all("document")) if form else set(),
        others=form["others"] if form else "",
        due_on=form["due_on"] if form else "",
        message=form["message"] if form else "",
    )


def cards(clients: Sequence[Mapping[str, Any]], requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is shown of each client: what was asked for, and what came (L-32, L-38)."""
    return [
        {
            "client": client,
            "asked": [
                one for one in requests if one["client_id"] == client["id"] and one["requested"] and not _there(one)
            ],
            "received": [one for one in requests if one["client_id"] == client["id"] and _there(one)],
        }
        for client in clients
    ]


def _there(request: Mapping[str, Any]) -> bool:
    """Tell whether a file of a document is there that its client did not take back."""
    return any(version["state"] != "withdrawn" for version in request["versions"])


def _offered(deeds: Sequence[Any], kept: str = "") -> list[tuple[str, str]]:
    """Return the deed types to choose from; a dossier keeps its own though it is offered no longer."""
    return [(deed["code"], deed["label"]) for deed in deeds if not deed["withdrawn"] or deed["code"] == kept]


async def deed_names(guest: Staff) -> dict[str, str]:
    """Return what each deed type is called."""
    return {deed["code"]: deed["label"] for deed in await guest.get("dossier", "/deed-types")}
