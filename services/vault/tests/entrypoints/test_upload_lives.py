"""How resumable uploads begin and end: who may, how many, how long, and what is left of one that was given up."""

import hashlib
import os
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from vault.application.reaping import Reaper
from vault.domain.refusals import UploadBusy

PART = 8 << 20
TUS = {"Tus-Resumable": "1.0.0"}


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + os.urandom(size - 9)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_an_upload_begins_only_as_its_ticket_says(vault: Any, client: Any, tus: Any) -> None:
    upload = client(pdf(1000))
    refused(upload.ask("POST", Upload_Length="999"), 400, "upload-length-differs")
    refused(upload.ask("POST"), 422, "invalid")
    refused(upload.ask("POST", Upload_Length="-1"), 422, "invalid")
    refused(tus(replace(upload.ticket, size=0)).ask("POST", Upload_Length="0"), 422, "empty-file")
    large = tus(replace(upload.ticket, size=vault.settings.max_document_bytes + 1))
    refused(large.begin(), 413, "too-large")
    assert vault.keys_held() == 0


def test_who_may_not_deposit_may_not_upload(vault: Any, client: Any, tus: Any) -> None:
    upload = client(pdf(1000))
    assert upload.begin().status_code == 201
    viewer = tus(replace(upload.ticket, action="view"))
    for method, headers in (("POST", {"Upload_Length": "1000"}), ("HEAD", {}), ("DELETE", {})):
        assert viewer.ask(method, **headers).status_code == 403
    foreign = tus(replace(upload.ticket, request_id=uuid4()))
    assert foreign.ask("HEAD").status_code == 404
    refused(foreign.patch(0, pdf(1000)), 404, "not-found")
    letters = tus(replace(upload.ticket, issuer="lre-gateway"))
    refused(letters.patch(0, pdf(1000)), 404, "not-found")
    assert vault.http.post(upload.url, headers=TUS).status_code == 401


def test_the_protocol_is_said_and_asked(vault: Any, client: Any) -> None:
    upload = client(pdf(1000))
    spoken = vault.http.options(upload.url)
    assert spoken.status_code == 204
    assert spoken.headers["tus-version"] == "1.0.0"
    assert spoken.headers["tus-checksum-algorithm"] == "sha256"
    assert set(spoken.headers["tus-extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    assert spoken.headers["tus-max-size"] == str(vault.settings.max_document_bytes)
    refused(vault.http.post(upload.url, headers=vault.bearer(upload.ticket) | {"Upload-Length": "1000"}), 412,
            "tus-version-unknown")  # fmt: skip
    upload.begin()
    wrong = upload.ask("PATCH", b"x", Upload_Offset="0", Content_Type="application/octet-stream")
    refused(wrong, 415, "offset-stream-expected")


def test_an_upload_can_be_given_up(vault: Any, client: Any) -> None:
    content = pdf(2 * PART)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    assert upload.ask("DELETE").status_code == 204
    assert (vault.kept(), vault.keys_held(), upload.open()) == ([], 0, 0)
    assert upload.ask("DELETE").status_code == 404
    assert upload.begin().headers["upload-offset"] == "0"


@pytest.mark.bad_input("B4b")
def test_beginning_again_finds_what_was_begun_unless_the_content_is_another(vault: Any, client: Any, tus: Any) -> None:
    content, other = pdf(2 * PART), pdf(PART + 5)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    assert upload.begin().headers["upload-offset"] == str(PART)
    changed = replace(upload.ticket, size=len(other), sha256=hashlib.sha256(other).hexdigest())
    second = tus(changed)
    assert second.begin().headers["upload-offset"] == "0"
    assert upload.ask("HEAD").status_code == 404
    assert second.patch(0, other).status_code == 204
    assert vault.get(second.ticket).content == other
    refused(upload.begin(), 409, "already-stored")


def test_one_person_has_few_unfinished_uploads(vault: Any, tus: Any) -> None:
    first = vault.ticket(pdf(1000))
    uploads = [tus(replace(first, version_id=uuid4())) for _ in range(21)]
    assert [upload.begin().status_code for upload in uploads[:20]] == [201] * 20
    answer = uploads[20].begin()
    refused(answer, 429, "too-many-uploads")
    assert (answer.json()["limit"], vault.keys_held()) == (20, 20)
    uploads[0].ask("DELETE")
    assert uploads[20].begin().status_code == 201


@pytest.mark.fault("F4")
def test_what_is_not_finished_in_time_is_given_up_and_removed(vault: Any, client: Any) -> None:
    content = pdf(2 * PART)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    parts = vault.parts
    with parts.store.connection() as connection:
        connection.execute("UPDATE vault.upload SET expires_at = expires_at - interval '25 hours'")
        connection.execute("UPDATE vault.data_key SET begun_at = begun_at - interval '25 hours'")
    assert upload.ask("HEAD").status_code == 410
    refused(upload.patch(PART, content[PART:]), 410, "upload-expired")
    reaper = Reaper(store=parts.store, keys=parts.keys, objects=parts.objects, uploads=parts.uploads)
    assert reaper.reap() == 1
    assert (vault.kept(), vault.keys_held(), upload.open()) == ([], 0, 0)
    assert upload.begin().status_code == 201


def test_an_upload_whose_person_is_erased_leaves_nothing(vault: Any, client: Any, tus: Any) -> None:
    content = pdf(PART + 10)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    vault.put(vault.ticket(owner_id=upload.ticket.owner_id))
    vault.parts.store.keys.destroy(upload.ticket.owner_id)
    with vault.served(vault.settings) as address, httpx.Client(base_url=f"{address}/api/vault/v1") as http:
        refused(tus(upload.ticket, http).patch(PART, content[PART:]), 410, "person-erased")
    assert upload.open() == 0
    assert vault.keys_held() == 1


def test_a_lock_goes_with_the_connection_that_held_it(vault: Any, client: Any) -> None:
    upload = client(pdf(2 * PART))
    locks = vault.parts.locks
    locks.take(upload.ticket.version_id)
    upload.begin()
    refused(upload.patch(0, b""), 423, "upload-busy")
    with vault.parts.store.connection() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    assert upload.patch(0, b"").status_code == 204
    with pytest.raises(UploadBusy):
        locks.check(upload.ticket.version_id)
    locks.give_back(upload.ticket.version_id)
