"""Of a picture a PDF copy is made; the picture stays as it came, and the copy is a version with proofs of its own."""

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pillow_heif
import pypdfium2
import pytest
from eventstore import rebuild
from PIL import Image
from vault.adapters.copies import PostgresCopyQueue
from vault.adapters.renderer import ProcessRenderer
from vault.application.converting import Converting
from vault.application.previews import DrawingFailed, Drawn
from vault.application.reaping import Reaper


def picture(form: str) -> bytes:
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    notes = Image.Exif()
    notes[0x010F] = "PlaceTeller"
    Image.new("RGB", (640, 480), (200, 30, 30)).save(out, form, exif=notes)
    return out.getvalue()


def converting(vault: Any, renderer: Any = None) -> Converting:
    parts = vault.parts
    return Converting(
        store=parts.store,
        queue=PostgresCopyQueue(parts.store),
        opener=parts.opener,
        keys=parts.keys,
        objects=parts.objects,
        renderer=renderer or ProcessRenderer(),
        threads=parts.threads,
    )


def converted(vault: Any, renderer: Any = None) -> int:
    return asyncio.run(converting(vault, renderer).convert_due())


def copy_of(vault: Any, ticket: Any, action: str = "download") -> httpx.Response:
    url = f"/documents/{ticket.version_id}/copy"
    answer: httpx.Response = vault.http.get(url, headers=vault.bearer(replace(ticket, action=action)))
    return answer


def again(vault: Any) -> None:
    """Let the time until the next try pass."""
    with vault.parts.store.connection() as connection:
        connection.execute("UPDATE vault.copying SET next_at = clock_timestamp()")


@pytest.mark.parametrize(("form", "media_type"), [("HEIF", "image/heic"), ("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_picture_has_a_pdf_copy_and_stays_as_it_came(vault: Any, form: str, media_type: str) -> None:
    content = picture(form)
    ticket = vault.ticket(content, name="salon.heic")
    assert vault.put(ticket, content).json()["media_type"] == media_type
    assert copy_of(vault, ticket).status_code == 404
    assert (converted(vault), converted(vault)) == (1, 0)
    answer = copy_of(vault, ticket)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert 'filename="salon.pdf"' in answer.headers["content-disposition"]
    assert b"PlaceTeller" not in answer.content
    with pypdfium2.PdfDocument(answer.content) as copy:
        assert len(copy) == 1
    assert vault.get(ticket).content == content
    said = [(topic, told) for topic, told in vault.events() if topic in {"vault.copy-stored", "vault.document-read"}]
    assert [topic for topic, _ in said] == ["vault.copy-stored", "vault.document-read", "vault.document-read"]
    stored = said[0][1]
    assert (str(stored["copy_of"]), stored["copy_of_sha256"]) == (str(ticket.version_id), ticket.sha256)
    assert {str(told["version_id"]) for _, told in said[1:]} == {str(ticket.version_id)}


def test_the_copy_is_proven_as_the_picture_is(vault: Any) -> None:
    content = picture("PNG")
    ticket = vault.ticket(content)
    vault.put(ticket, content)
    converted(vault)
    entries = [json.loads(held.entry) for held in vault.parts.store.held(0, 10)]
    ((original,), (copy,)) = (entry["docs"] for entry in entries if entry.get("docs"))
    stored = next(told for topic, told in vault.events() if topic == "vault.copy-stored")
    seen = vault.observation(stored["version_id"])
    assert seen["ciphertext_ok"] is True
    assert copy["ct_h"] == base64.b64encode(bytes.fromhex(seen["manifest_sha256"])).decode() != original["ct_h"]
    assert (copy["ref"], original["ref"]) == (str(stored["version_id"]), str(ticket.version_id))
    assert stored["sha256"] == hashlib.sha256(copy_of(vault, ticket).content).hexdigest()
    rebuild(vault.parts.store)
    assert copy_of(vault, ticket).status_code == 200
    parts = vault.parts
    with parts.store.connection() as connection:
        connection.execute("UPDATE vault.data_key SET kept = false")  # as if killed right after the event
    reaper = Reaper(store=parts.store, keys=parts.keys, objects=parts.objects, uploads=parts.uploads)
    assert reaper.reap(timedelta(0)) == 0
    assert copy_of(vault, ticket).status_code == 200


def test_copies_are_for_whoever_may_read_and_of_pictures_only(vault: Any) -> None:
    content = picture("JPEG")
    ticket = vault.ticket(content)
    vault.put(ticket, content)
    vault.put(vault.ticket())
    assert converted(vault) == 1
    assert copy_of(vault, ticket, "deposit").status_code == 403
    assert copy_of(vault, replace(ticket, office_id=ticket.actor_id)).status_code == 404
    stored = next(told for topic, told in vault.events() if topic == "vault.copy-stored")
    assert vault.put(replace(ticket, version_id=stored["version_id"]), content).status_code == 409


class Dying:
    """A renderer that never ends well."""

    def draw(self, content: Iterable[bytes | bytearray], _media_type: str, _page: int) -> Drawn:
        assert b"".join(content)
        raise DrawingFailed


@pytest.mark.fault("F18")
def test_what_ends_its_renderer_is_tried_three_times(vault: Any) -> None:
    content = picture("JPEG")
    ticket = vault.ticket(content)
    vault.put(ticket, content)
    for _ in range(3):
        assert (converted(vault, Dying()), converted(vault, Dying())) == (1, 0)
        again(vault)
    assert converted(vault) == 0
    assert copy_of(vault, ticket).status_code == 404
    assert vault.get(ticket).content == content


def test_a_picture_that_is_none_has_no_copy_and_is_tried_once(vault: Any) -> None:
    content = b"\xff\xd8\xff\xe0" + bytes(3000)
    ticket = vault.ticket(content)
    vault.put(ticket, content)
    assert converted(vault) == 1
    again(vault)
    assert converted(vault) == 0
    assert (len(vault.kept()), vault.keys_held()) == (2, 1)
