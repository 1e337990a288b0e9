"""What the pages of letters ask the gateway of letters in the same way."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from portal.api import ApiRefused, Json
from portal.file_form import SentFile
from portal.rendering import PARIS
from portal.visiting import Staff

LETTERS = "lre-gateway"
PAGE = 50
UPLOAD_SECONDS = 300.0


async def read_with_version(guest: Staff, path: str) -> tuple[Json, str]:
    """Return what is there, and the version that a change of it must name."""
    answer = await guest.desk.api.call(guest.caller, "GET", LETTERS, path)
    return answer.json(), answer.headers["etag"]


async def change(guest: Staff, path: str, body: Mapping[str, Any], *, version: str, key: str) -> None:
    """Change what was read in that version."""
    headers = {"If-Match": version, "Idempotency-Key": key}
    await guest.desk.api.call(guest.caller, "PATCH", LETTERS, path, json=body, headers=headers)


async def keep(guest: Staff, file: SentFile, dossier: str = "") -> str:
    """Pass a file on to where letters take their attachments from; return the id of its version."""
    params = {"name": file.name} | ({"dossier_id": dossier} if dossier else {})
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
    if key := file.fields.get("key"):
        headers["Idempotency-Key"] = key
    answer = await guest.desk.api.call(
        guest.caller,
        "POST",
        LETTERS,
        "/attachments",
        params=params,
        headers=headers,
        content=file.chunks,
        timeout=UPLOAD_SECONDS,
    )
    return str(answer.json()["version_id"])


async def kept(guest: Staff, version_ids: list[UUID]) -> list[Json]:
    """Describe files that were kept."""
    if not version_ids:
        return []
    params = {"version_id": list(map(str, version_ids))}
    answer = await guest.desk.api.call(guest.caller, "GET", LETTERS, "/attachments", params=params)
    items: list[Json] = answer.json()["items"]
    return items


async def senders(guest: Staff) -> list[Json]:
    """Return the sending accounts that are in use."""
    found = await guest.get(LETTERS, "/senders")
    return [one for one in found["items"] if one["state"] != "revoked"]


def payers(entities: list[Json], accounts: list[Json]) -> list[tuple[str, str]]:
    """Return billing entities to choose from; where there are several accounts, each with the one that it goes with."""
    emails = {one["id"]: one["email"] for one in accounts}
    known = [one for one in entities if one["sender_id"] in emails]
    return [
        (one["code"], f"{one['label']}, {emails[one['sender_id']]}" if len(emails) > 1 else one["label"])
        for one in known
    ]


def period(first: str, last: str) -> dict[str, str | None]:
    """Return the instants between which two days lie, the last one whole; a day that is none is left out."""
    return {"since": _midnight(first, 0), "until": _midnight(last, 1)}


def _midnight(day: str, later: int) -> str | None:
    try:
        chosen = date.fromisoformat(day) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(chosen, time(), PARIS).isoformat()


def nothing_chosen() -> ApiRefused:
    """Return the refusal of a form on which nothing was ticked."""
    return ApiRefused(422, {"code": "nothing-chosen"})


def is_id(text: str) -> bool:
    """Tell whether a text that came with a page is an id."""
    try:
        return bool(UUID(text))
    except ValueError:
        return False
