"""What the edge and the layers around every route turn down: floods of fields, smuggled requests, foreign origins."""

import gzip
import socket
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY
from launcher.journey.story import JOURNAL

FIELDS = 1_000_000
JSON = {"Content-Type": "application/json"}


def raw(desk: Any, request: bytes) -> bytes:
    """Send bytes to the gateway as no client library would; return what it answers until it closes."""
    address = urlsplit(desk.walked.world.gateway)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


@pytest.mark.bad_input("B19")
@pytest.mark.parametrize("path", [f"{DOSSIERS}/dossiers", f"{IDENTITY}/sign-in/password"])
def test_a_million_parts_are_refused_unread(desk: Any, path: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    few = desk.send("POST", path, desk.staff, content=part * 100, headers=headers)
    many = desk.send("POST", path, desk.staff, content=part * (FIELDS // len(part)), headers=headers)
    desk.refused(few, 415, "media-type-refused")
    desk.refused(many, 413, "body-too-large")


@pytest.mark.bad_input("B19")
def test_the_header_of_a_part_as_long_as_a_book_is_refused_unread(desk: Any) -> None:
    body = b"--b\r\nContent-Disposition: form-data; " + b"x" * FIELDS + b"\r\n\r\n\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    desk.refused(
        desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=body, headers=headers), 413, "body-too-large"
    )


@pytest.mark.bad_input("B20")
def test_a_million_fields_of_a_form_are_refused_unread(desk: Any) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"a=1&" * (FIELDS // 4)
    desk.refused(
        desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=body, headers=headers), 413, "body-too-large"
    )


@pytest.mark.bad_input("B22")
def test_a_bomb_of_gzip_is_never_unpacked(desk: Any) -> None:
    bomb = gzip.compress(b'{"number": "' + b"9" * 50_000_000 + b'"}')
    headers = JSON | {"Content-Encoding": "gzip"}
    desk.refused(
        desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=bomb, headers=headers), 415, "media-type-refused"
    )


@pytest.mark.bad_input("B22")
@pytest.mark.parametrize("expected", ["100-continue", "200-ok", "100-continue, 100-continue"])
def test_what_a_request_expects_changes_nothing(desk: Any, expected: str) -> None:
    """The body is refused as it would be without: an expectation opens no second way in."""
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=b"{", headers=JSON | {"Expect": expected})
    assert answer.status_code in {400, 417}


SMUGGLED = {
    "two lengths": b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd",
    "a length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "another transfer coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a length that is none": b"Content-Length: -1\r\n\r\n",
    "a length with a sign": b"Content-Length: +4\r\n\r\nabcd",
    "a blank before the colon": b"Content-Length : 4\r\n\r\nabcd",
    "a NUL in a header": b"X-A: a\0b\r\n\r\n",
}


@pytest.mark.bad_input("B23")
@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED)
def test_a_request_that_two_readers_may_read_differently_is_answered_once_and_not_done(desk: Any, rest: bytes) -> None:
    first = f"POST {DOSSIERS}/dossiers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
    answer = raw(desk, first + rest)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.split(b" ")[1] in {b"400", b"401", b"415", b"501"}


@pytest.mark.bad_input("B23")
def test_headers_without_end_are_refused(desk: Any) -> None:
    request = f"GET {IDENTITY}/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: ".encode() + b"x" * 2_000_000
    assert raw(desk, request + b"\r\n\r\n").split(b" ")[1] == b"431"


@pytest.mark.bad_input("B38")
@pytest.mark.parametrize("header", ["Bearer", "Basic eDp5", "Bearer a.b.c", "Bearer " + "x" * 8000, "bearer é"])
def test_what_is_no_token_is_refused_alike(desk: Any, header: str) -> None:
    headers = {"Authorization": header.encode()}
    for path in (f"{DOSSIERS}/dossiers", f"{IDENTITY}/me", f"{JOURNAL}/status"):
        desk.refused(desk.send("GET", path, headers=headers), 401, "not-signed-in")


@pytest.mark.bad_input("B41")
def test_a_change_of_a_version_that_was_not_read_is_refused(desk: Any) -> None:
    path = f"{DOSSIERS}/dossiers/{desk.dossier}"
    for tag, status, code in (
        (None, 428, "precondition-missing"),
        ('"999"', 412, "stale"),
        ("x", 412, "stale"),
        ("*", 412, "stale"),
    ):
        headers = {"If-Match": tag} if tag else {}
        desk.refused(desk.send("PATCH", path, desk.staff, json={"title": "T"}, headers=headers), status, code)


@pytest.mark.bad_input("B43")
def test_the_completion_of_a_dossier_is_nobodys_to_write(desk: Any) -> None:
    path = f"{DOSSIERS}/dossiers/{desk.dossier}"
    before = desk.send("GET", path, desk.staff).json()["completion"]
    answer = desk.send("PATCH", path, desk.staff, json={"completion": 100}, headers={"If-Match": '"1"'})
    assert desk.refused(answer, 422, "invalid")["errors"][0]["pointer"] == "#/completion"
    assert desk.send("GET", path, desk.staff).json()["completion"] == before


TIMES = [
    "2026-02-30T00:00:00Z",
    "2026-03-29T02:30:00",
    "10000-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1e400",
    "-1",
    "now",
]


@pytest.mark.bad_input("B44")
@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_is_none_or_says_no_zone_is_refused(desk: Any, time: str) -> None:
    office = f"{JOURNAL}/events?purpose=control&from={quote(time)}"
    desk.refused(desk.send("GET", office, desk.walked.auditor.token), 422, "invalid")


@pytest.mark.bad_input("B44")
def test_the_ends_of_time_are_times(desk: Any) -> None:
    for time in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"):
        query = f"{JOURNAL}/events?purpose=control&from={quote(time)}"
        assert desk.send("GET", query, desk.walked.auditor.token).status_code in {200, 422}, time


RANGES = [
    "bytes=0-,-1",
    "bytes=5-2",
    "bytes=" + ",".join(f"{start}-" for start in range(1000)),
    "bytes=99999999999999999999-",
    "x=1",
]


@pytest.mark.bad_input("B56")
@pytest.mark.parametrize("asked", RANGES, ids=lambda asked: asked[:20])
def test_a_strange_range_gets_the_whole_file_or_a_refusal(desk: Any, asked: str) -> None:
    kept = desk.deposited()
    look = desk.send("POST", f"{kept['path']}/views", desk.staff).json()
    answer = desk.send("GET", look["url"], look["ticket"], headers={"Range": asked})
    assert answer.status_code in {200, 416}
    assert answer.status_code == 416 or answer.content == desk.pdf


@pytest.mark.bad_input("B58")
@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7", "x"])
def test_another_charset_is_refused(desk: Any, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=b"{}", headers=headers)
    desk.refused(answer, 415, "media-type-refused")


@pytest.mark.bad_input("B60")
@pytest.mark.parametrize("words", ["%", "_", "%%%%", "(a+)+$", "\\", "' OR 1=1 --", "a" * 200])
def test_a_search_is_for_the_very_signs_that_were_typed(desk: Any, words: str) -> None:
    for path in (f"{DOSSIERS}/dossiers", f"{IDENTITY}/clients"):
        found = desk.send("GET", f"{path}?q={quote(words[:100])}", desk.staff)
        assert found.status_code == 200, found.text
        assert found.json()["items"] == []


@pytest.mark.bad_input("B60")
def test_a_search_as_long_as_a_book_is_refused(desk: Any) -> None:
    answer = desk.send("GET", f"{DOSSIERS}/dossiers?q={'x' * 60_000}", desk.staff)
    assert answer.status_code in {422, 431}  # by the service, or by the server that has read enough


@pytest.mark.bad_input("B61")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://scelle.example.evil.example"])
def test_pages_of_others_are_given_nothing(desk: Any, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    path = f"{DOSSIERS}/dossiers"
    before = desk.send("OPTIONS", path, headers=asked)
    read = desk.send("GET", path, desk.staff, headers={"Origin": origin})
    assert before.status_code == 405
    for answer in (before, read):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.bad_input("B25")
def test_the_name_of_a_thing_may_be_written_in_capitals(desk: Any) -> None:
    seen = desk.send("GET", f"{DOSSIERS}/dossiers/{desk.dossier.upper()}", desk.staff)
    assert seen.json()["id"] == desk.dossier
    unknown = desk.send("GET", f"{DOSSIERS}/dossiers/{uuid4()}", desk.staff)
    desk.refused(unknown, 404, "not-found")


@pytest.mark.bad_input("B59")
def test_those_who_send_slowly_or_nothing_keep_nobody_waiting(desk: Any) -> None:
    address = urlsplit(desk.walked.world.gateway)
    head = f"POST {DOSSIERS}/dossiers HTTP/1.1\r\nHost: x\r\n"
    begun = [
        b"",
        b"G",
        head.encode(),
        f"{head}{'Content-Type: application/json'}\r\nContent-Length: 100\r\n\r\n{{".encode(),
    ]
    with ExitStack() as stack:
        for number in range(400):
            one = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
            one.sendall(begun[number % len(begun)])
        assert desk.send("GET", f"{DOSSIERS}/dossiers?limit=1", desk.staff).status_code == 200
