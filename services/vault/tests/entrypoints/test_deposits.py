"""Deposits over HTTP: what arrives is what was declared, or nothing is kept."""

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

PART = 8 << 20


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def nothing_is_kept(vault: Any) -> None:
    assert vault.events() == []
    assert vault.kept() == []
    assert vault.keys_held() == 0


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + os.urandom(size - 9)


def chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


@pytest.mark.covers("L-03", "L-58")
@pytest.mark.parametrize("size", [10, 1024, PART - 1, PART, PART + 1, 2 * PART + 12345])
def test_a_deposit_gives_a_receipt_of_the_very_bytes_and_they_come_back(vault: Any, size: int) -> None:
    content = pdf(size)
    ticket = vault.ticket(content)
    answer = vault.put(ticket, content)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert (receipt["version_id"], receipt["size"]) == (str(ticket.version_id), size)
    assert receipt["media_type"] == "application/pdf"
    assert vault.get(ticket).content == content


@pytest.mark.covers("L-58")
def test_the_event_says_what_was_stored_without_naming_it(vault: Any) -> None:
    ticket = vault.ticket()
    vault.put(ticket)
    (topic, told), (_, scanned) = vault.events()
    assert topic == "vault.document-stored"
    assert (scanned["verdict"], scanned["scanner"]) == ("clean", "basic")
    assert (str(told["version_id"]), told["size"]) == (str(ticket.version_id), ticket.size)
    assert told["manifest_sha256"] == vault.observation(ticket.version_id)["manifest_sha256"]
    assert "name" not in told


@pytest.mark.covers("C-14")
def test_nothing_in_the_bucket_tells_of_the_content_or_the_name(vault: Any) -> None:
    content = b"%PDF-1.7 " + b"a very private sentence " * 1000
    ticket = vault.ticket(content)
    vault.put(ticket, content)
    for name in vault.kept():
        held = vault.parts.objects.get(name, 1 << 30)
        assert b"private" not in held
        assert hashlib.sha256(content).hexdigest().encode() not in held
        assert str(ticket.version_id) not in name


def test_a_body_of_unknown_length_is_taken_up_to_the_declared_size(vault: Any) -> None:
    content = pdf(100_000)
    ticket = vault.ticket(content)
    assert vault.put(ticket, chunks(content)).status_code == 201
    assert vault.get(ticket).content == content


@pytest.mark.parametrize("sends", [b"", iter([])], ids=["no bytes announced", "no bytes in chunks"])
def test_an_empty_file_is_refused(vault: Any, sends: Any) -> None:
    refused(vault.put(vault.ticket(b"declared"), sends), 422, "empty-file")
    nothing_is_kept(vault)


def test_an_empty_file_that_was_declared_as_such_is_refused(vault: Any) -> None:
    refused(vault.put(vault.ticket(b""), b""), 422, "empty-file")
    nothing_is_kept(vault)


@pytest.mark.parametrize("size", [5000, 2 * PART + 5])
@pytest.mark.parametrize("announced", [True, False])
def test_fewer_bytes_than_declared_are_refused(vault: Any, size: int, *, announced: bool) -> None:
    content = pdf(size)
    sends = content[:-1] if announced else chunks(content[:-1])
    refused(vault.put(vault.ticket(content), sends), 400, "size-mismatch")
    nothing_is_kept(vault)


@pytest.mark.parametrize("announced", [True, False])
def test_more_bytes_than_declared_are_refused(vault: Any, *, announced: bool) -> None:
    content = pdf(PART + 5000)
    ticket = vault.ticket(content[:-1])
    refused(vault.put(ticket, content if announced else chunks(content)), 413, "too-large")
    nothing_is_kept(vault)


def test_an_endless_body_is_cut_at_the_declared_byte(vault: Any) -> None:
    ticket = vault.ticket(b"%PDF-1.7 " + bytes(91))
    address = (vault.http.base_url.host, vault.http.base_url.port)
    with socket.create_connection(address, timeout=10) as connection:
        head = f"PUT /api/vault/v1/documents/{ticket.version_id}/content HTTP/1.1\r\nHost: vault\r\n"
        head += f"Authorization: {vault.bearer(ticket)['Authorization']}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"64\r\n%PDF-1.7 " + bytes(91) + b"\r\n")
        connection.sendall(b"1\r\nx\r\n")  # the 101st byte, and the sender would go on
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")
    nothing_is_kept(vault)


@pytest.mark.covers("L-03")
@pytest.mark.parametrize("size", [5000, PART + 1])
def test_bytes_other_than_the_declared_ones_are_refused(vault: Any, size: int) -> None:
    content = pdf(size)
    ticket = vault.ticket(content)
    refused(vault.put(ticket, content[:-1] + bytes([content[-1] ^ 1])), 460, "digest-mismatch")
    nothing_is_kept(vault)


def test_a_refused_file_says_what_to_do_next(vault: Any) -> None:
    content, text = pdf(5000), b"Bonjour, ceci est un texte."
    larger = replace(vault.ticket(), size=vault.settings.max_document_bytes + 1)
    for ticket, sent, words in (
        (vault.ticket(text), text, ("PDF, JPEG, PNG or HEIC", "Convert")),
        (vault.ticket(content), content[:-1] + bytes([content[-1] ^ 1]), ("Choose the file again",)),
        (vault.ticket(content[:-1]), content, ("More bytes arrived", "Choose the file again")),
        (larger, content, ("`limit`", "Send a smaller file")),
        (vault.ticket(content), b"", ("choose it again",)),
    ):
        answer = vault.put(ticket, sent).json()
        assert all(part in answer["detail"] for part in words), answer


def test_a_file_over_the_limit_of_the_vault_is_refused_before_its_bytes(vault: Any) -> None:
    ticket = replace(vault.ticket(), size=vault.settings.max_document_bytes + 1)
    refused(vault.put(ticket, iter([b"%PDF-1.7"])), 413, "too-large")
    nothing_is_kept(vault)


@pytest.mark.covers("L-55")
@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06", "image/png"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "image/heic"),
    ],
)
def test_pdf_jpeg_png_and_heic_are_taken_whatever_their_name(vault: Any, head: bytes, media_type: str) -> None:
    content = head + bytes(2000)
    answer = vault.put(vault.ticket(content, name="document.bin"), content)
    assert (answer.status_code, answer.json()["media_type"]) == (201, media_type)


@pytest.mark.covers("L-55")
@pytest.mark.parametrize("size", [100, PART + 100])
def test_a_program_named_pdf_is_refused(vault: Any, size: int) -> None:
    content = b"MZ\x90\x00" + bytes(size)
    refused(vault.put(vault.ticket(content, name="facture.pdf"), content), 415, "unsupported-type")
    nothing_is_kept(vault)


@pytest.mark.covers("L-56")
def test_several_files_answer_one_request(vault: Any) -> None:
    request_id, office_id = uuid4(), uuid4()
    tickets = [vault.ticket(request_id=request_id, office_id=office_id) for _ in range(3)]
    assert [vault.put(ticket).status_code for ticket in tickets] == [201, 201, 201]
    assert vault.stored() == 3


def test_the_same_deposit_again_returns_the_same_receipt_and_stores_nothing(vault: Any) -> None:
    content = pdf(20_000)
    ticket = vault.ticket(content)
    first, held = vault.put(ticket, content), vault.kept()
    again = vault.put(ticket, content)
    assert (again.status_code, again.json()) == (201, first.json())
    assert vault.kept() == held
    assert vault.stored() == 1


def test_another_content_for_a_stored_version_is_refused(vault: Any) -> None:
    ticket = vault.ticket(pdf(5000))
    content = pdf(5000)
    vault.put(replace(ticket, sha256=hashlib.sha256(content).hexdigest()), content)
    other = pdf(5000)
    refused(vault.put(replace(ticket, sha256=hashlib.sha256(other).hexdigest()), other), 409, "already-stored")
    assert vault.get(ticket).content == content


def test_other_bytes_under_the_ticket_of_a_stored_version_are_refused(vault: Any) -> None:
    ticket = vault.ticket()
    vault.put(ticket)
    refused(vault.put(ticket, pdf(ticket.size)), 460, "digest-mismatch")


def test_of_deposits_of_one_version_at_the_same_moment_one_is_stored_and_all_get_its_receipt(vault: Any) -> None:
    content = pdf(200_000)
    ticket = vault.ticket(content)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: vault.put(ticket, content), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert vault.stored() == vault.keys_held() == 1
    assert len(vault.kept()) == 2  # one part and one manifest


def test_a_sender_who_hangs_up_leaves_nothing(vault: Any) -> None:
    content = pdf(3 * PART)
    ticket = vault.ticket(content)
    address = (vault.http.base_url.host, vault.http.base_url.port)
    with socket.create_connection(address, timeout=10) as connection:
        head = f"PUT /api/vault/v1/documents/{ticket.version_id}/content HTTP/1.1\r\nHost: vault\r\n"
        head += f"Authorization: {vault.bearer(ticket)['Authorization']}\r\nContent-Length: {len(content)}\r\n\r\n"
        connection.sendall(head.encode() + content[: 2 * PART + 5])
    deadline = time.monotonic() + 20
    while vault.keys_held() and time.monotonic() < deadline:
        time.sleep(0.05)
    nothing_is_kept(vault)


def test_a_deposit_needs_a_ticket_of_the_dossier_service_for_this_version(vault: Any) -> None:
    ticket = vault.ticket()
    url = f"/documents/{ticket.version_id}/content"
    refused(vault.http.put(url, content=b"%PDF-1.7"), 401, "ticket-refused")
    forged = vault.keys.someone_else.ticket(ticket)
    refused(vault.http.put(url, content=b"x", headers={"Authorization": f"Bearer {forged}"}), 401, "ticket-refused")
    refused(vault.http.put(url, content=b"x", headers=vault.bearer(vault.ticket())), 404, "not-found")
    nothing_is_kept(vault)


@pytest.mark.covers("L-64")
@pytest.mark.parametrize("action", ["view", "download"])
def test_a_ticket_to_read_does_not_deposit(vault: Any, action: str) -> None:
    answer = vault.put(vault.ticket(action=action))
    refused(answer, 403, "not-allowed")
    assert answer.json()["detail"] == "This ticket does not allow it; ask for a new one."
    nothing_is_kept(vault)


def test_the_receipt_can_be_asked_for_after_a_lost_answer(vault: Any) -> None:
    ticket = vault.ticket()
    url = f"/documents/{ticket.version_id}/receipt"
    refused(vault.http.get(url, headers=vault.bearer(ticket)), 404, "not-found")
    stored = vault.put(ticket).json()
    assert vault.http.get(url, headers=vault.bearer(ticket)).json() == stored
    refused(vault.http.get(url, headers=vault.bearer(replace(ticket, action="view"))), 403, "not-allowed")
