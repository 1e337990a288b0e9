"""Reading over HTTP: attachments only, verified before they leave, and recorded."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

PART = 8 << 20


def deposited(vault: Any, size: int = 5000, **changes: Any) -> tuple[Any, bytes]:
    content = b"%PDF-1.7\n" + os.urandom(size - 9)
    ticket = vault.ticket(content, **changes)
    assert vault.put(ticket, content).status_code == 201
    return ticket, content


@pytest.mark.covers("L-64")
@pytest.mark.parametrize("action", ["view", "download"])
def test_a_reading_is_recorded_with_who_and_why(vault: Any, action: str) -> None:
    ticket, content = deposited(vault)
    reader = uuid4()
    assert vault.get(replace(ticket, actor_id=reader, actor_kind="staff"), action).content == content
    topic, told = vault.events()[-1]
    assert (topic, told["purpose"], str(told["actor_id"])) == ("vault.document-read", action, str(reader))


@pytest.mark.parametrize("action", ["view", "download"])
def test_a_document_is_always_an_attachment_that_no_browser_runs(vault: Any, action: str) -> None:
    ticket, _ = deposited(vault)
    headers = vault.get(ticket, action).headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/pdf"


@pytest.mark.covers("L-64")
def test_reading_needs_a_ticket_to_read(vault: Any) -> None:
    ticket, _ = deposited(vault)
    url = f"/documents/{ticket.version_id}/content"
    assert vault.http.get(url).status_code == 401
    assert vault.get(ticket, "deposit").status_code == 403
    foreign = replace(vault.ticket(), action="view")
    assert vault.http.get(url, headers=vault.bearer(foreign)).status_code == 404
    assert vault.get(replace(ticket, office_id=uuid4())).status_code == 404
    assert vault.told("vault.document-read") == 0


def test_a_version_that_was_never_stored_answers_as_one_that_is_foreign(vault: Any) -> None:
    ticket, _ = deposited(vault)
    missing, foreign = vault.get(vault.ticket()), vault.get(replace(ticket, request_id=uuid4()))
    assert missing.status_code == foreign.status_code == 404
    assert missing.content == foreign.content


def damage(vault: Any, name: str, position: int = 2000) -> None:
    held = bytearray(vault.parts.objects.get(name, 1 << 30))
    held[position] ^= 1
    vault.parts.objects.put(name, bytes(held), hashlib.sha256(held).digest())


@pytest.mark.covers("L-03")
def test_a_document_damaged_in_the_bucket_is_not_shown_and_not_said_to_be_read(vault: Any) -> None:
    ticket, _ = deposited(vault)
    before = vault.observation(ticket.version_id)
    assert before["ciphertext_ok"] is True
    damage(vault, next(name for name in vault.kept() if name.endswith("/00000")))
    answer = vault.get(ticket)
    assert (answer.status_code, answer.json()["code"]) == (502, "document-damaged")
    assert vault.told("vault.document-read") == 0
    after = vault.observation(ticket.version_id)
    assert after["ciphertext_ok"] is False
    assert after["manifest_sha256"] != before["manifest_sha256"]


@pytest.mark.parametrize("position", [0, 50, -2])
def test_a_manifest_that_was_changed_opens_nothing(vault: Any, position: int) -> None:
    ticket, _ = deposited(vault)
    damage(vault, next(name for name in vault.kept() if name.endswith("/manifest")), position)
    assert vault.get(ticket).status_code == 502
    assert vault.observation(ticket.version_id)["ciphertext_ok"] is False


def test_a_later_part_that_is_damaged_ends_the_answer_before_any_of_its_bytes(vault: Any) -> None:
    ticket, content = deposited(vault, 2 * PART + 1000)
    damage(vault, next(name for name in vault.kept() if name.endswith("/00001")))
    received = bytearray()
    url = f"/documents/{ticket.version_id}/content"
    with vault.http.stream("GET", url, headers=vault.bearer(replace(ticket, action="download"))) as answer:
        chunks = answer.iter_bytes()
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(byte for chunk in chunks for byte in chunk)
    assert content.startswith(bytes(received))
    assert len(received) <= PART


def test_parts_that_changed_places_are_refused(vault: Any) -> None:
    ticket, _ = deposited(vault, 2 * PART)
    first, second = sorted(name for name in vault.kept() if not name.endswith("/manifest"))
    objects = vault.parts.objects
    held = objects.get(first, 1 << 30), objects.get(second, 1 << 30)
    for name, data in ((first, held[1]), (second, held[0])):
        objects.put(name, data, hashlib.sha256(data).digest())
    assert vault.get(ticket).status_code == 502


def test_an_object_that_is_gone_is_seen(vault: Any) -> None:
    ticket, _ = deposited(vault)
    vault.parts.objects.remove([name for name in vault.kept() if name.endswith("/00000")])
    assert vault.get(ticket).status_code == 502
    assert vault.observation(ticket.version_id)["ciphertext_ok"] is False


@pytest.mark.covers("C-14")
def test_a_destroyed_key_makes_the_document_unreadable(vault: Any) -> None:
    ticket, _ = deposited(vault)
    vault.parts.keys.destroy(vault.kept()[0].partition("/")[0])
    assert vault.get(ticket).status_code == 404


def test_many_readers_at_once_are_all_recorded(vault: Any) -> None:
    ticket, content = deposited(vault)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: vault.get(ticket).content, range(12)))
    assert answers == [content] * 12
    assert vault.told("vault.document-read") == 12


HOSTILE = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "C:\\temp\\a.pdf",
    "\\\\server\\share\\a.pdf",
    'a"; filename="evil.exe',
    "a\r\nSet-Cookie: a=b",
    "nul\0l.pdf",
    "gpj\u202efdp.exe",
    "relevé d'identité 😀.pdf",
    "e\u0301tat.pdf",
    "x" * 10_000 + ".pdf",
    "\ud7ff\ue000",
    "",
    "%00%2e%2e%2f.pdf",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_text_on_one_line_and_never_a_path(vault: Any, name: str) -> None:
    ticket, content = deposited(vault, name=name)
    answer = vault.get(ticket)
    assert answer.content == content
    disposition = answer.headers["content-disposition"]
    assert disposition.isprintable()
    assert disposition.isascii()
    assert disposition.count('"') == 2
    plain = disposition.split('"')[1]
    assert not set(plain) & set("/\\%;")
    assert "set-cookie" not in answer.headers
    assert all("etc" not in kept for kept in vault.kept())


def test_the_services_that_keep_files_ask_for_their_names_and_nobody_else(vault: Any) -> None:
    (first, content), (second, _) = deposited(vault), deposited(vault, name="plan.pdf")
    url = vault.http.base_url.copy_with(path="/internal/documents")

    def asked(by: Any, *ids: object) -> httpx.Response:
        token = by.service_token("vault")
        wanted = {"ids": ",".join(map(str, ids))}
        answer: httpx.Response = vault.http.get(url, params=wanted, headers={"Authorization": f"Bearer {token}"})
        return answer

    answer = asked(vault.keys.dossier, second.version_id, uuid4(), first.version_id)
    assert answer.status_code == 200
    found = {item["version_id"]: item for item in answer.json()["items"]}
    assert [item["name"] for item in found.values()] == ["relevé d'identité.pdf", "plan.pdf"]
    stored = found[str(first.version_id)]
    assert stored.pop("stored_at")
    assert len(stored.pop("manifest_sha256")) == 64
    assert stored == {
        "version_id": str(first.version_id),
        "name": "relevé d'identité.pdf",
        "size": 5000,
        "media_type": "application/pdf",
        "sha256": hashlib.sha256(content).hexdigest(),
        "owner_id": str(first.owner_id),
        "office_id": str(first.office_id),
        "dossier_id": str(first.dossier_id),
        "request_id": str(first.request_id),
        "legal_hold": False,
        "scan": {"state": "clean", "scanner": "basic", "cause": None},
    }
    assert asked(vault.keys.dossier).json() == {"items": []}
    assert asked(vault.keys.dossier, "x").status_code == 404
    assert asked(vault.keys.journal, first.version_id).status_code == 403
    assert vault.http.get(url, params={"ids": str(first.version_id)}).status_code == 401


def test_the_name_of_a_file_is_gone_with_its_owner(vault: Any) -> None:
    ticket, _ = deposited(vault)
    with vault.parts.store.connection() as connection:
        connection.execute("UPDATE read.document SET name = NULL")
    token = vault.keys.dossier.service_token("vault")
    url = vault.http.base_url.copy_with(path="/internal/documents")
    answer = vault.http.get(url, params={"ids": str(ticket.version_id)}, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["items"][0]["name"] is None


def test_the_events_of_the_vault_are_for_services_only(vault: Any) -> None:
    deposited(vault)
    internal = vault.http.base_url.copy_with(path="/internal/events")
    assert vault.http.get(internal).status_code == 401
    token = vault.keys.journal.service_token("vault")
    items = vault.http.get(internal, headers={"Authorization": f"Bearer {token}"}).json()["items"]
    assert [item["type"] for item in items] == ["vault.document-stored.v1", "vault.document-scanned.v1"]
    assert set(items[0]["data"]).isdisjoint({"name", "sha256", "object_key"})
