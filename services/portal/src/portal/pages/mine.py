"""What a client sees and sends: dossiers, a card for each document asked for (L-52 to L-59)."""

import asyncio
import base64
import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portal import words
from portal.api import ApiRefused, Caller
from portal.file_form import SentFile, read_file_form
from portal.forms import FormRefused, small_body
from portal.passing import pass_on
from portal.rendering import see_other
from portal.security import CSRF_FIELD, CSRF_HEADER, genuine
from portal.visiting import Client, Guest, SentForm

router = APIRouter()

PAGE = 30
UPLOAD_SECONDS = 3600.0
OFFSET = "Upload-Offset"
SEEN_TRIES, SEEN_SECONDS = 20, 0.25
"""How long a page without a script waits until the file it sent is listed."""
SAID = {"envoye": "Fichier enregistré et transmis à l'étude.", "retire": "Fichier retiré : l'étude ne le verra pas."}


class Announced(BaseModel):
    """A file that the browser is about to send."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    request: UUID | None = None
    """The document that was asked for; none for one that nobody asked for."""
    label: Annotated[str, Field(max_length=120)] = ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A command that was sent to dossier; sent again under its key, it gives a ticket for the same version."""

    path: str
    body: dict[str, Any]
    key: str


def _ours(request: Request, guest: Client) -> None:
    genuine(request.headers.get(CSRF_HEADER), guest.session.csrf)


async def _announced(request: Request) -> Announced:
    try:
        return Announced.model_validate_json(await small_body(request))
    except ValidationError:
        raise FormRefused from None


FromOurPage = Depends(_ours)
TheFile = Annotated[Announced, Depends(_announced)]


@router.get("/mes-dossiers")
async def dossiers(guest: Client, cursor: str = "") -> Response:
    """List the dossiers of the client; a single one opens at once (L-52)."""
    found = await guest.get("dossier", "/my/dossiers", cursor=cursor, limit=PAGE)
    if len(found["items"]) == 1 and found["next"] is None and not cursor:
        return see_other(f"/mes-dossiers/{found['items'][0]['id']}")
    return guest.page("mine/list.html", dossiers=found["items"], next=found["next"])


@router.get("/mes-dossiers/{dossier_id}")
async def show(guest: Client, dossier_id: UUID, demande: str = "", fait: str = "") -> Response:
    """Show what is asked for, what was sent, and why something was refused (L-53 to L-59)."""
    return await _mine(guest, dossier_id, sought=demande, said=SAID.get(fait))


async def _mine(
    guest: Client, dossier_id: UUID, *, sought: str = "", said: str | None = None, refused: ApiRefused | None = None
) -> Response:
    dossier = await guest.get("dossier", f"/my/dossiers/{dossier_id}")
    requests = [_shown(one) for one in dossier["requests"] if one["state"] != "cancelled"]
    live = guest.request.headers.get("hx-target") == "cards"
    return guest.page(
        "mine/cards.html" if live else "mine/show.html",
        dossier=dossier,
        asked=[one for one in requests if one["requested"]],
        offered=[one for one in requests if not one["requested"] and one["versions"]],
        sought=sought,
        said=said,
        refused=refused,
    )


@router.post("/mes-dossiers/{dossier_id}/depots", dependencies=[FromOurPage])
async def announce(guest: Client, dossier_id: UUID, file: TheFile) -> Response:
    """Take the announcement of a file, begin its upload, and say where its bytes go (L-54 to L-59)."""
    body: dict[str, Any] = {"name": file.name, "size": file.size, "sha256": file.sha256}
    path = f"/requests/{file.request}/deposits" if file.request else f"/dossiers/{dossier_id}/deposits"
    if not file.request:
        body["label"] = file.label or file.name[:120]
    deposit = Deposit(path, body, str(uuid4()))
    try:
        answer = await _tus(guest, deposit, "POST", {"Upload-Length": str(file.size)})
    except ApiRefused as refused:
        return _said(refused)
    place = f"/depots/{_handle(guest, deposit)}"
    told = {"upload": place, "offset": int(answer.headers[OFFSET]), "part": int(answer.headers["Upload-Part-Size"])}
    return JSONResponse(told, HTTPStatus.CREATED)


@router.head("/depots/{handle}", dependencies=[FromOurPage])
async def standing(guest: Client, handle: str) -> Response:
    """Tell how far an upload has come, after a lost connection."""
    try:
        answer = await _tus(guest, _opened(guest, handle), "HEAD", {})
    except ApiRefused as refused:
        return Response(status_code=refused.status)
    return Response(headers={OFFSET: answer.headers[OFFSET]})


@router.patch("/depots/{handle}", dependencies=[FromOurPage])
async def send(guest: Client, request: Request, handle: str) -> Response:
    """Pass bytes on to the vault as they come; with the last ones the file is stored (L-58)."""
    headers = {
        OFFSET: request.headers.get(OFFSET, "0"),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": request.headers.get("content-length", "0"),
    }
    try:
        answer = await _tus(guest, _opened(guest, handle), "PATCH", headers, content=request.stream())
    except ApiRefused as refused:
        return _said(refused)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={OFFSET: answer.headers[OFFSET]})


@router.post("/mes-dossiers/{dossier_id}/fichiers")
async def send_more(guest: Client, request: Request, dossier_id: UUID) -> Response:
    """Take a file that nobody asked for from a form without a script (L-59)."""
    return await _taken(guest, request, dossier_id, None)


@router.post("/mes-dossiers/{dossier_id}/fichiers/{request_id}")
async def send_asked(guest: Client, request: Request, dossier_id: UUID, request_id: UUID) -> Response:
    """Take a file for a document that was asked for from a form without a script (L-54 to L-58)."""
    return await _taken(guest, request, dossier_id, request_id)


@router.post("/mes-dossiers/{dossier_id}/pieces/{request_id}/{version_id}/retirer")
async def withdraw(guest: Client, dossier_id: UUID, request_id: UUID, version_id: UUID, form: SentForm) -> Response:
    """Take a file back before the office decides on it."""
    try:
        path = f"/requests/{request_id}/versions/{version_id}/withdrawal"
        await guest.send("POST", "dossier", path, key=form["key"])
    except ApiRefused as refused:
        return await _mine(guest, dossier_id, refused=refused)
    return see_other(f"/mes-dossiers/{dossier_id}?fait=retire")


@router.get("/mes-dossiers/{dossier_id}/pieces/{request_id}/{version_id}")
async def download(guest: Client, dossier_id: UUID, request_id: UUID, version_id: UUID) -> Response:  # noqa: ARG001 - of the address
    """Pass on a document of the client's that was validated (L-64)."""
    look = await guest.send("POST", "dossier", f"/requests/{request_id}/versions/{version_id}/downloads")
    return await pass_on(guest, version_id, look["ticket"])


async def _taken(guest: Client, request: Request, dossier_id: UUID, request_id: UUID | None) -> Response:
    file = await read_file_form(request)
    genuine(file.fields.get(CSRF_FIELD), guest.session.csrf)
    try:
        version_id = await _stored(guest, dossier_id, request_id, file)
    except ApiRefused as refused:
        return await _mine(guest, dossier_id, refused=refused)
    for _ in range(SEEN_TRIES):
        dossier = await guest.get("dossier", f"/my/dossiers/{dossier_id}")
        if any(version["id"] == version_id for one in dossier["requests"] for version in one["versions"]):
            break
        await asyncio.sleep(SEEN_SECONDS)
    return see_other(f"/mes-dossiers/{dossier_id}?fait=envoye")


async def _stored(guest: Client, dossier_id: UUID, request_id: UUID | None, file: SentFile) -> str:
    """Pass the file on to the vault in one request; return the id of the version."""
    body: dict[str, Any] = {"name": file.name or "fichier", "size": file.size}
    if not request_id:
        body["label"] = body["name"][:120]
    path = f"/requests/{request_id}/deposits" if request_id else f"/dossiers/{dossier_id}/deposits"
    given = await guest.send("POST", "dossier", path, body, key=str(uuid4()))
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
    await guest.desk.api.call(
        Caller(given["ticket"]),
        "PUT",
        "vault",
        f"/documents/{given['version_id']}/content",
        headers=headers,
        content=file.chunks,
        timeout=UPLOAD_SECONDS,
    )
    return str(given["version_id"])


def _shown(request: dict[str, Any]) -> dict[str, Any]:
    """Return a document without the files that its client took back."""
    return {**request, "versions": [one for one in request["versions"] if one["state"] != "withdrawn"]}


async def _tus(guest: Guest, deposit: Deposit, method: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    """Speak tus with the vault about a deposit, with a ticket that is made anew each time."""
    given = await guest.send("POST", "dossier", deposit.path, deposit.body, key=deposit.key)
    return await guest.desk.api.call(
        Caller(given["ticket"]),
        method,
        "vault",
        f"/documents/{given['version_id']}/upload",
        headers={"Tus-Resumable": "1.0.0", **headers},
        timeout=UPLOAD_SECONDS,
        **more,
    )


def _handle(guest: Guest, deposit: Deposit) -> str:
    """Return what stands for a deposit in the browser, which never holds a ticket."""
    sealed = guest.desk.sessions.seal(guest.session.cookie, json.dumps(asdict(deposit)).encode())
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _opened(guest: Guest, handle: str) -> Deposit:
    try:
        sealed = base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        return Deposit(**json.loads(guest.desk.sessions.unseal(guest.session.cookie, sealed)))
    except ValueError:
        raise ApiRefused(HTTPStatus.NOT_FOUND, {"code": "not-found"}) from None


def _said(refused: ApiRefused) -> Response:
    return JSONResponse({"code": refused.code, "sentence": words.refusal(refused.code)}, refused.status)
