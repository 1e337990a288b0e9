"""What must be refused is refused with a clear problem, and nothing is half done."""

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.documents import Pile
from launcher.journey.people import IDENTITY, become_signed_in
from launcher.journey.story import Journey
from launcher.journey.world import until
from testkit.stack import Platform

TRIES = 1000
EVALUATED = 5


@pytest.fixture(scope="module")
def asked(platform: Platform, samples: list[Path]) -> Iterator[Journey]:
    """Return a journey whose clients are signed in and have deposited nothing yet."""
    world = platform.world()
    journey = Journey(world, Pile(samples, samples), print)
    for step in journey.steps[:5]:
        step()
    yield journey
    world.close()


def states(journey: Journey) -> list[tuple[str, int]]:
    path = f"{DOSSIERS}/dossiers/{journey.dossier}/requests"
    items = journey.world.call("GET", path, token=journey.clerk.token).json()["items"]
    return [(item["state"], len(item["versions"])) for item in items]


def put(journey: Journey, content: bytes, declared: dict[str, Any]) -> httpx.Response:
    """Declare one thing and send another."""
    client, request = journey.requests[0]
    path = f"{DOSSIERS}/requests/{request}/deposits"
    answer = journey.world.request("POST", path, token=client.token, body=declared)
    if answer.status_code != HTTPStatus.CREATED:
        return answer
    given = answer.json()
    headers = {"Authorization": f"Bearer {given['ticket']}", "Content-Type": "application/octet-stream"}
    return journey.world.http.put(given["upload_url"], content=content, headers=headers)


def declared(content: bytes, **other: object) -> dict[str, Any]:
    facts = {"name": "pièce.pdf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return facts | other


PDF = b"%PDF-1.7\n" + b"x" * 4000
EXE = b"MZ\x90\x00" + bytes(4000)


@pytest.mark.parametrize(
    ("content", "declaration", "code"),
    [
        (b"", declared(b""), "invalid"),
        (EXE, declared(EXE, name="facture.pdf"), "unsupported-type"),
        (PDF, declared(PDF, sha256="0" * 64), "digest-mismatch"),
        (PDF, declared(PDF, size=len(PDF) - 1), "too-large"),
        (PDF, declared(PDF, size=len(PDF) + 1), "size-mismatch"),
        (PDF, declared(PDF, name="../../etc/passwd"), "invalid"),
        (PDF, declared(PDF, name="fdp.\u202eexe"), "invalid"),
        (PDF, declared(PDF, size=-1), "invalid"),
        (PDF, declared(PDF, surprise=True), "invalid"),
    ],
)
def test_a_wrong_file_is_refused_and_the_request_stays_as_it_was(
    asked: Journey, content: bytes, declaration: dict[str, Any], code: str
) -> None:
    before = states(asked)
    answer = put(asked, content, declaration)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == code
    time.sleep(0.5)  # an event of the vault would be here by now
    assert states(asked) == before


def test_a_foreign_id_answers_like_an_unknown_one(asked: Journey) -> None:
    become_signed_in(asked.world, asked.stranger)
    (client, request), dossier = asked.requests[0], asked.dossier
    version = uuid4()
    for method, path, body in (
        ("GET", "/dossiers/{dossier}", None),
        ("GET", "/dossiers/{dossier}/requests", None),
        ("PUT", "/dossiers/{dossier}/access", {"whole_office": True}),
        ("POST", "/dossiers/{dossier}/clients", {"client_id": client.id}),
        ("POST", "/dossiers/{dossier}/archiving", None),
        ("POST", "/requests/{request}/cancellation", None),
        ("POST", "/requests/{request}/versions/{version}/validation", None),
        ("POST", "/requests/{request}/versions/{version}/refusal", {"reason": "non"}),
        ("POST", "/requests/{request}/versions/{version}/views", None),
        ("POST", "/requests/{request}/versions/{version}/downloads", None),
    ):
        answers = [
            asked.world.request(method, DOSSIERS + path.format(**ids), token=asked.stranger.token, body=body)
            for ids in (
                {"dossier": dossier, "request": request, "version": version},
                {"dossier": uuid4(), "request": uuid4(), "version": version},
            )
        ]
        foreign, unknown = ({**answer.json(), "instance": None} for answer in answers)
        assert (answers[0].status_code, foreign) == (HTTPStatus.NOT_FOUND, unknown), path


def test_a_repeated_command_is_done_once(asked: Journey) -> None:
    key = {"Idempotency-Key": str(uuid4()), "Authorization": f"Bearer {asked.clerk.token}"}
    url = f"{asked.world.gateway}{DOSSIERS}/dossiers"
    body = {"number": f"R-{asked.run}", "title": "Vente Roux", "deed_type": "vente"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: asked.world.http.post(url, json=body, headers=key), range(16)))
    assert {answer.status_code for answer in answers} == {HTTPStatus.CREATED}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = asked.world.http.post(url, json=body | {"title": "Vente Blanc"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"number": "1", "number": "2"}',
        b'{"number": NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"title": "' + b"x" * 300_000 + b'"}',
        b"\xff\xfe",
        b'"\\ud800"',
    ],
    ids=["twice", "nan", "brackets", "deep", "large", "not-utf8", "surrogate"],
)
def test_a_json_bomb_is_a_clear_problem(asked: Journey, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {asked.clerk.token}", "Content-Type": "application/json"}
    answer = asked.world.http.post(f"{asked.world.gateway}{DOSSIERS}/dossiers", content=raw, headers=headers)
    assert answer.status_code in {400, 413, 422}
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert json.loads(answer.content)["code"]


@pytest.mark.covers("L-50")
def test_a_thousand_parallel_guesses_of_a_code_are_evaluated_five_times_at_most(
    asked: Journey, platform: Platform
) -> None:
    world, client = asked.world, asked.clients[0]
    seen = world.texts_to(client.phone)
    sent = until(lambda: _code_sent(asked), "a new code, one minute after the last")
    code = world.code_for(client.phone, seen)
    before = _refusals(platform)
    url = f"{world.gateway}{IDENTITY}/sign-in/codes/{sent['id']}/answer"
    guesses = [f"{(int(code) + 1 + number) % 1_000_000:06}" for number in range(TRIES)]
    with httpx.Client(timeout=60) as guesser, ThreadPoolExecutor(32) as pool:
        found = set(pool.map(lambda guess: guesser.post(url, json={"code": guess}).status_code, guesses))
        assert found <= {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
        assert guesser.post(url, json={"code": code}).status_code in found
    assert _refusals(platform) - before <= EVALUATED


def _refusals(platform: Platform) -> int:
    with platform.database("identity") as connection:
        query = "SELECT count(*) FROM ledger.stored_events WHERE topic = 'identity.code-refused'"
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _code_sent(journey: Journey) -> dict[str, Any] | None:
    client = journey.clients[0]
    body = {"email": client.email, "password": client.password}
    answer = journey.world.request("POST", f"{IDENTITY}/sign-in/password", body=body)
    return answer.json() if answer.status_code == HTTPStatus.OK else _rested(answer)


def _rested(refusal: httpx.Response) -> None:
    assert refusal.status_code == HTTPStatus.TOO_MANY_REQUESTS
    time.sleep(int(refusal.headers["Retry-After"]))
