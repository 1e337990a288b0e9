"""Uploaded files."""

import hashlib
from typing import Any

from sandbox.ar24.skin import views
from sandbox.ar24.skin.calls import Call, Upload, sender
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.skin.users import page
from sandbox.ar24.truth.model import File, Letter
from sandbox.ar24.truth.world import World


def upload(world: World, call: Call) -> dict[str, Any]:
    """POST attachment: keep one file."""
    owner = sender(world, call)
    given = call.uploads.get("file")
    if given is None:
        raise Refused("attachment_missing_file")
    name = call.text("file_name") or given.name
    if not name:
        raise Refused("attachment_empty_name")
    if not given.data or len(given.data) > world.assumptions.max_total_bytes:
        raise Refused("attachment_too_big")
    kept = keep(world, owner.id, Upload(name, given.media_type, given.data), call.token)
    return {"file_id": views.number(world, kept.id)}


def keep(world: World, sender_id: int, given: Upload, application: str, parent_id: int | None = None) -> File:
    """Keep the bytes of a file and what describes them."""
    file = File(
        sender_id=sender_id,
        parent_id=parent_id,
        name=given.name,
        size=len(given.data),
        sha1=hashlib.sha1(given.data, usedforsecurity=False).hexdigest(),
        media_type=given.media_type,
        uploaded=world.clock.now(),
        application=application,
    )
    world.store.add(file)
    world.store.put_content(f"file-{file.id}", given.data)
    return file


def of_letter(world: World, call: Call) -> dict[str, Any]:
    """GET attachment: the files of a letter."""
    letter = letter_of(world, call)
    found = [world.store.get(File, number) for number in letter.files]
    return {"attachments": [views.attachment(one) for one in found if one is not None]}


def of_user(world: World, call: Call) -> dict[str, Any]:
    """GET user/attachment: the files of a sender."""
    mine = world.store.by(File, "sender_id", sender(world, call).id)
    return {"attachments": [views.attachment(one) for one in page(call, mine)]}


def letter_of(world: World, call: Call) -> Letter:
    """Return the letter that `id` names.

    Raises:
        Refused: it does not exist, or its sender has not let this application in.

    """
    number = call.number("id")
    letter = None if number is None else world.store.get(Letter, number)
    if letter is None or letter.state not in views.WORDS:
        raise Refused("missing_erm_id")
    if call.token not in world.sender(letter.sender_id).linked:
        raise Refused("user_unavailable")
    return letter
