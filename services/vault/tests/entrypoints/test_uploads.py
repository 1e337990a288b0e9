"""Resumable uploads over HTTP: whole parts that came are kept, and what is recorded at the end is what was declared."""

import base64
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

PART = 8 << 20
TUS = {"Tus-Resumable": "1.0.0"}


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + os.urandom(size - 9)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.covers("L-57")
@pytest.mark.parametrize("size", [10, PART, PART + 1, 3 * PART + 12345])
def test_an_upload_in_one_request_ends_as_a_deposit_does(vault: Any, client: Any, size: int) -> None:
    content = pdf(size)
    upload = client(content)
    begun = upload.begin()
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert begun.headers["location"] == f"/api/vault/v1{upload.url}"
    assert begun.headers["upload-part-size"] == str(PART)
    assert parsedate_to_datetime(begun.headers["upload-expires"]).tzinfo is not None
    done = upload.patch(0, content)
    assert (done.status_code, done.content, done.headers["upload-offset"]) == (204, b"", str(size)), done.text
    receipt = upload.receipt().json()
    assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert vault.get(upload.ticket).content == content
    assert [topic for topic, _ in vault.events()][:2] == ["vault.document-stored", "vault.document-scanned"]
    assert vault.observation(upload.ticket.version_id)["ciphertext_ok"] is True
    again = vault.put(upload.ticket, content)
    assert (again.status_code, again.json()) == (201, receipt)
    assert (upload.offset(), upload.open()) == (size, 0)


def test_an_upload_in_several_requests_is_one_document(vault: Any, client: Any) -> None:
    content = pdf(3 * PART + 999)
    upload = client(content)
    upload.begin()
    for offset in (0, PART, 3 * PART):
        assert upload.offset() == offset
        until = {0: PART, PART: 3 * PART, 3 * PART: len(content)}[offset]
        answer = upload.patch(offset, content[offset:until])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(until))
    assert vault.get(upload.ticket).content == content
    assert vault.stored() == vault.keys_held() == 1


@pytest.mark.fault("F64")
def test_of_a_request_that_was_cut_at_most_one_part_is_sent_again(vault: Any, client: Any) -> None:
    content = pdf(4 * PART + 7)
    upload = client(content)
    upload.begin()
    upload.cut(0, content, 2 * PART + PART // 2)
    offset = upload.offset()
    assert offset == 2 * PART
    upload.cut(offset, content[offset:], len(content) - offset - 1)
    assert upload.offset() == 4 * PART
    assert upload.patch(4 * PART, content[4 * PART :]).status_code == 204
    assert vault.get(upload.ticket).content == content
    assert len(vault.kept()) == 6  # five parts and the manifest


def test_another_process_goes_on_with_what_one_began(vault: Any, client: Any, tus: Any) -> None:
    content = pdf(2 * PART + 500)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    with vault.served(vault.settings) as address, httpx.Client(base_url=f"{address}/api/vault/v1") as http:
        other = tus(replace(upload.ticket, name="autre nom.pdf"), http)
        assert other.offset() == PART
        assert other.patch(PART, content[PART:]).status_code == 204
    assert vault.get(upload.ticket).content == content
    assert upload.receipt().json()["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.bad_input("B5")
def test_of_two_requests_for_the_same_bytes_one_wins(vault: Any, client: Any) -> None:
    """B5."""
    content = pdf(2 * PART)
    upload = client(content)
    upload.begin()
    answers = []

    def slowly() -> Iterator[bytes]:
        for start in range(0, len(content), 1 << 20):
            yield content[start : start + (1 << 20)]
            if start == PART:
                answers.append(upload.patch(0, content))
                answers.append(upload.ask("DELETE"))

    assert upload.patch(0, slowly()).status_code == 204
    refused(answers[0], 423, "upload-busy")
    refused(answers[1], 423, "upload-busy")
    assert vault.get(upload.ticket).content == content


@pytest.mark.bad_input("B5")
@pytest.mark.parametrize("offset", [1, PART - 1, PART + 1, 2 * PART])
def test_bytes_for_another_place_are_refused(client: Any, offset: int) -> None:
    """B5."""
    content = pdf(2 * PART)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[:PART])
    answer = upload.patch(offset, content[offset:])
    refused(answer, 409, "wrong-offset")
    assert answer.json()["offset"] == upload.offset() == PART


@pytest.mark.bad_input("B4")
@pytest.mark.parametrize("known", [True, False], ids=["seen by one process", "read again"])
def test_other_bytes_than_declared_leave_nothing(vault: Any, client: Any, tus: Any, *, known: bool) -> None:
    """B4."""
    content = pdf(PART + 100)
    upload = client(content)
    upload.begin()
    upload.patch(0, content[: PART - 1] + b"x")
    if known:
        answer = upload.patch(PART, content[PART:])
    else:
        with vault.served(vault.settings) as address, httpx.Client(base_url=f"{address}/api/vault/v1") as http:
            answer = tus(upload.ticket, http).patch(PART, content[PART:])
    refused(answer, 460, "digest-mismatch")
    assert (vault.events(), vault.kept(), vault.keys_held(), upload.open()) == ([], [], 0, 0)
    assert upload.ask("HEAD").status_code == 404


@pytest.mark.bad_input("B8")
def test_a_program_is_refused_with_its_first_part(vault: Any, client: Any) -> None:
    """B8."""
    upload = client(b"MZ" + bytes(2 * PART))
    upload.begin()
    refused(upload.patch(0, b"MZ" + bytes(2 * PART)), 415, "unsupported-type")
    assert (vault.kept(), vault.keys_held(), upload.open()) == ([], 0, 0)


def test_a_checksum_is_held_against_the_bytes_of_its_request(vault: Any, client: Any) -> None:
    content = pdf(3 * PART)
    upload = client(content)
    upload.begin()
    good = base64.b64encode(hashlib.sha256(content[: 2 * PART]).digest()).decode()
    wrong = upload.patch(0, content[: 2 * PART - 1] + b"x", Upload_Checksum=f"sha256 {good}")
    refused(wrong, 460, "checksum-mismatch")
    assert upload.offset() == 0
    assert upload.patch(0, content[: 2 * PART], Upload_Checksum=f"sha256 {good}").status_code == 204
    for unreadable in ("md5 abc", "sha256 ???", "sha256 YWJj"):
        refused(upload.patch(2 * PART, b"", Upload_Checksum=unreadable), 400, "checksum-unreadable")
    assert upload.patch(2 * PART, content[2 * PART :]).status_code == 204
    assert vault.get(upload.ticket).content == content


def test_too_little_for_a_part_is_refused_and_said(client: Any) -> None:
    content = pdf(PART + 10)
    upload = client(content)
    upload.begin()
    for body in (content[:1000], iter([content[:1000]])):
        answer = upload.patch(0, body)
        refused(answer, 400, "part-too-small")
        assert answer.json()["part"] == PART
    assert upload.offset() == 0


@pytest.mark.bad_input("B2")
@pytest.mark.parametrize("announced", [True, False])
def test_more_bytes_than_declared_are_refused(vault: Any, client: Any, *, announced: bool) -> None:
    """B2."""
    content = pdf(PART + 10)
    upload = client(content)
    upload.begin()
    refused(upload.patch(0, content + b"x" if announced else iter([content, b"x"])), 413, "too-large")
    assert vault.events() == []
    offset = upload.offset()
    assert upload.patch(offset, content[offset:]).status_code == 204
