"""What every service answers, whatever it does."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import httpx
import pytest
from chassis.http import create_app
from fastapi import FastAPI
from structlog.testing import capture_logs

JSON = {"Content-Type": "application/json"}
SOMEONE = "0b4aa0c6-2fb8-4f8c-9d8e-3d9b7a1c2d3e"


def problem(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert set(body) >= {"type", "title", "detail", "code"}
    return body


def test_a_refusal_is_a_problem_with_its_code_its_sentence_and_its_facts(http: httpx.Client, world: Any) -> None:
    world.raises = "refusal"
    response = http.post("/notes", json={"text": "a"})
    body = problem(response)
    assert body["code"] == "too-late"
    assert body["detail"] == "The time for this has passed."
    assert body["until"] == "2026-01-01"
    assert body["instance"] == f"urn:scelle:request:{response.headers['x-correlation-id']}"


def test_a_librarys_refusal_is_a_problem_too(http: httpx.Client, world: Any) -> None:
    world.raises = "library"
    assert problem(http.post("/notes", json={"text": "a"}))["code"] == "library-refused"


def test_a_server_that_does_not_answer_asks_to_try_again(http: httpx.Client, world: Any) -> None:
    world.raises = "away"
    answer = http.post("/notes", json={"text": "a"})
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "try-again", "1")


def test_a_nul_in_a_query_is_a_422(http: httpx.Client) -> None:
    answer = http.get("/numbers?q=a%00b")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query")


def test_unknown_foreign_malformed_and_unrouted_answer_the_same_bytes(http: httpx.Client, world: Any) -> None:
    world.raises = "unknown"
    answers = [
        http.post("/notes", json={"text": "a"}),
        http.get(f"/notes/{SOMEONE}"),
        http.get("/notes/not-an-id"),
        http.get("/notes/%2e%2e%2fetc"),
        http.get("/nowhere"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert problem(answers[0])["code"] == "not-found"


def test_an_unexpected_error_tells_nothing_of_itself(http: httpx.Client, world: Any) -> None:
    world.raises = "bug"
    response = http.post("/notes", json={"text": "a"})
    assert problem(response)["code"] == "unexpected"
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_another_method_is_a_405_that_says_which(http: httpx.Client) -> None:
    response = http.delete("/notes")
    assert problem(response)["code"] == "method-not-allowed"
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "a", "text": "b"}',
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": 1e400}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\u0000"}',
        b'{"text": "caf\xe9"}',
        b'\xef\xbb\xbf{"text": "a"}',
        '{"text": "a"}'.encode("utf-16"),
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"copies": ' + b"9" * 5000 + b"}",
        b'{"text": "a"',
        b"{'text': 'a'}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_is_not_plain_json_is_a_400(http: httpx.Client, world: Any, body: bytes) -> None:
    assert problem(http.post("/notes", content=body, headers=JSON))["code"] == "body-unreadable"
    assert world.carried_out == 0


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_over_the_limit_is_a_413(http: httpx.Client, *, announced: bool) -> None:
    body = json.dumps({"text": "a" * 300_000}).encode()
    content = body if announced else iter([body])
    assert problem(http.post("/notes", content=content, headers=JSON))["code"] == "body-too-large"


def test_a_body_over_the_limit_of_another_type_is_a_413(http: httpx.Client) -> None:
    response = http.post("/notes", content=b"a" * 300_000, headers={"Content-Type": "text/plain"})
    assert problem(response)["code"] == "body-too-large"


def test_a_route_may_take_larger_bodies_than_others_up_to_its_own_limit(http: httpx.Client) -> None:
    raw = {"Content-Type": "application/octet-stream"}
    assert http.put("/stream", content=b"a" * 1024 * 1024, headers=raw).json() == 1024 * 1024
    assert problem(http.put("/stream", content=b"a" * (1024 * 1024 + 1), headers=raw))["status"] == 413
    assert problem(http.put("/stream", content=iter([b"a" * 700_000] * 2), headers=raw))["status"] == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=["text", "form", "none", "gzip"],
)
def test_another_media_type_is_a_415(http: httpx.Client, headers: dict[str, str]) -> None:
    assert problem(http.post("/notes", content=b'{"text": "a"}', headers=headers))["code"] == "media-type-refused"


def test_values_that_do_not_fit_are_named_by_pointer(http: httpx.Client) -> None:
    body = problem(http.post("/notes", json={"copies": "x", "tags": ["a", 1], "surprise": "secret"}))
    assert body["code"] == "invalid"
    assert {error["pointer"] for error in body["errors"]} == {"#/text", "#/copies", "#/tags/1", "#/surprise"}
    assert "secret" not in json.dumps(body)


def test_text_is_normalised_and_control_characters_are_refused(http: httpx.Client) -> None:
    assert http.post("/notes", json={"text": "  cafe\u0301 "}).json()["text"] == "caf\u00e9"
    assert http.post("/notes", json={"text": "a\x1b[31m"}).status_code == 422


def test_no_body_where_one_is_needed_is_a_422(http: httpx.Client) -> None:
    assert problem(http.post("/notes"))["code"] == "invalid"


def test_every_answer_carries_the_security_headers(http: httpx.Client, address: str) -> None:
    for response in (
        http.get("/nowhere"),
        http.post("/notes", content=b"[", headers=JSON),
        httpx.get(address + "/livez"),
    ):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["cache-control"] == "no-store"


def test_the_trace_and_the_correlation_id_of_the_caller_go_on(http: httpx.Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen = http.get("/trace", headers={"traceparent": trace, "X-Correlation-Id": SOMEONE})
    assert seen.json()["trace"][:35] == trace[:35]  # the span is ours where traces are exported
    assert seen.json()["correlation_id"] == SOMEONE
    assert seen.headers["x-correlation-id"] == SOMEONE


def test_a_malformed_trace_or_correlation_id_is_replaced(http: httpx.Client) -> None:
    seen = http.get("/trace", headers={"traceparent": "00-evil", "X-Correlation-Id": "jean@example.fr"}).json()
    assert seen["trace"].startswith("00-")
    assert len(seen["trace"]) == 55
    assert "jean" not in seen["correlation_id"]


def test_readiness_follows_what_the_service_says_and_liveness_does_not(address: str, world: Any) -> None:
    assert httpx.get(address + "/readyz").status_code == 200
    world.able = False
    assert httpx.get(address + "/readyz").json()["code"] == "not-ready"
    assert httpx.get(address + "/livez").status_code == 200


def test_the_openapi_document_shows_problems_with_examples(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    answers = document["paths"]["/api/notes/v1/notes"]["post"]["responses"]
    assert set(answers) >= {"201", "401", "409", "422"}
    example = answers["409"]["content"]["application/problem+json"]["examples"]["too-late"]["value"]
    assert example["detail"] == "The time for this has passed."
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert not any(path.startswith("/internal") for path in document["paths"])


def test_a_change_says_what_it_changes(http: httpx.Client) -> None:
    address = f"/notes/{SOMEONE}"
    assert problem(http.patch(address))["status"] == 428
    assert problem(http.patch(address, headers={"If-Match": "W/nonsense"}))["status"] == 412
    changed = http.patch(address, headers={"If-Match": '"7"'})
    assert (changed.json(), changed.headers["etag"]) == (7, '"8"')


def test_a_list_is_read_page_after_page(http: httpx.Client) -> None:
    first = http.get("/numbers", params={"limit": 2}).json()
    second = http.get("/numbers", params={"limit": 2, "cursor": first["next"]}).json()
    assert (first["items"], second["items"]) == ([0, 1], [2, 3])


@pytest.mark.parametrize("limit", ["0", "-1", "101", "99999999999999999999", "x"])
def test_a_limit_out_of_bounds_is_a_422(http: httpx.Client, limit: str) -> None:
    assert problem(http.get("/numbers", params={"limit": limit}))["errors"][0]["pointer"] == "query:limit"


def test_a_cursor_is_good_for_one_list_and_one_actor_only(http: httpx.Client, keys: Any) -> None:
    cursor = http.get("/numbers", params={"limit": 2}).json()["next"]
    other = keys.bearer(person_id=keys.someone_else)
    for forged in (cursor[:-2] + "AA", "", "é", "a" * 5000):
        assert problem(http.get("/numbers", params={"cursor": forged}))["code"] == "cursor-forged"
    assert problem(http.get("/numbers", params={"cursor": cursor}, headers=other))["code"] == "cursor-forged"
    assert problem(http.get("/numbers", params={"cursor": cursor, "q": "x"}))["code"] == "cursor-forged"


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
def test_a_caller_who_leaves_in_the_middle_of_a_body_is_no_error(address: str, keys: Any, content_type: str) -> None:
    url = httpx.URL(address)
    token = keys.bearer()["Authorization"]
    with capture_logs() as logs:
        with socket.create_connection((url.host, url.port or 0)) as caller:
            head = f"PUT /api/notes/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            caller.sendall(f"{head}Content-Type: {content_type}\r\nContent-Length: 100\r\n\r\nabc".encode())
            time.sleep(0.1)
        for _ in range(100):
            if any(line["event"] == "request-answered" for line in logs):
                break
            time.sleep(0.05)
    assert [line["event"] for line in logs] == ["request-abandoned", "request-answered"]


def test_text_loses_what_nobody_sees(http: httpx.Client) -> None:
    assert http.post("/notes", json={"text": "a\u200b\u202eb\ufeff"}).json()["text"] == "ab"


def test_a_body_where_none_is_expected_is_a_422(http: httpx.Client) -> None:
    answer = http.post("/sealing", json={"x": 1}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "body-unexpected")


def test_another_charset_is_a_415(http: httpx.Client) -> None:
    body = '{"text":"a"}'.encode("utf-16")
    answer = http.post("/notes", content=body, headers={"Content-Type": "application/json; charset=utf-16"})
    assert answer.status_code == 415


def test_an_address_with_a_slash_too_many_is_no_redirect(http: httpx.Client) -> None:
    assert http.get("/numbers/", headers={"Host": "evil.example"}).status_code == 404


def test_an_answer_without_content_names_no_type(http: httpx.Client) -> None:
    answer = http.post("/sealing", headers={"Idempotency-Key": "another"})
    assert (answer.status_code, "content-type" in answer.headers) == (204, False)


def test_errors_speak_to_people(http: httpx.Client) -> None:
    errors = http.post("/notes", json={"other": "a"}).json()["errors"]
    assert errors == [
        {"pointer": "#/text", "detail": "this value is required"},
        {"pointer": "#/other", "detail": "this name is not known here; remove it"},
    ]


def test_the_openapi_document_tells_what_a_json_body_may_meet(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert {"400", "408", "413", "415", "500"} <= paths["/api/notes/v1/notes"]["post"]["responses"].keys()
    assert "415" not in paths["/api/notes/v1/numbers"]["get"]["responses"]


def test_an_application_closes_what_was_opened_for_it_last_first(
    served: Callable[[FastAPI], AbstractContextManager[str]], keys: Any
) -> None:
    closed: list[str] = []
    closing = [partial(closed.append, "store"), partial(closed.append, "client of the store")]
    app = create_app(service="notes", prefix="/x", routers=[], verifier=keys.verifier, closing=closing)
    with served(app):
        assert closed == []
    assert closed == ["client of the store", "store"]
