"""A command that comes twice: the same key and request do it once, another request under that key does nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY

REPLAYED = "idempotency-replayed"


def command(desk: Any, path: str, body: object, key: str, token: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key}
    answer: httpx.Response = desk.send("POST", path, token or desk.staff, json=body, headers=headers)
    return answer


def opening(number: str) -> dict[str, str]:
    return {"number": number, "title": "Deux fois", "deed_type": "vente"}


def opened(desk: Any, number: str) -> list[str]:
    """Return the ids of the dossiers that have this number."""
    found = desk.send("GET", f"{DOSSIERS}/dossiers?q={number}", desk.staff).json()["items"]
    return [one["id"] for one in found]


def test_the_same_command_again_gets_the_first_answer(desk: Any) -> None:
    key, number = str(uuid4()), f"i-{uuid4()}"
    first, second = (command(desk, f"{DOSSIERS}/dossiers", opening(number), key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert (REPLAYED in first.headers, second.headers[REPLAYED]) == (False, "true")
    assert first.content == second.content
    assert opened(desk, number) == [first.json()["id"]]


def test_twenty_at_once_under_one_key_are_one_command(desk: Any) -> None:
    key, number = str(uuid4()), f"i-{uuid4()}"
    with ThreadPoolExecutor(10) as senders:
        answers = list(senders.map(lambda _: command(desk, f"{DOSSIERS}/dossiers", opening(number), key), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == set(opened(desk, number))
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1


@pytest.mark.bad_input("B40")
def test_another_request_under_the_same_key_does_nothing(desk: Any) -> None:
    key, number, other = str(uuid4()), f"i-{uuid4()}", f"i-{uuid4()}"
    command(desk, f"{DOSSIERS}/dossiers", opening(number), key)
    requests = [
        (f"{DOSSIERS}/dossiers", opening(other)),
        (f"{DOSSIERS}/dossiers?again=yes", opening(number)),
        (f"{DOSSIERS}/dossiers/{opened(desk, number)[0]}/archiving", None),
    ]
    for path, body in requests:
        desk.refused(command(desk, path, body, key), 422, "idempotency-key-reused")
    assert opened(desk, other) == []
    assert len(opened(desk, number)) == 1


def test_a_key_belongs_to_the_person_who_uses_it(desk: Any) -> None:
    key, number = str(uuid4()), f"i-{uuid4()}"
    first = command(desk, f"{DOSSIERS}/dossiers", opening(number), key)
    other = command(desk, f"{DOSSIERS}/dossiers", opening(number), key, desk.walked.stranger.token)
    assert (other.status_code, REPLAYED in other.headers) == (201, False)
    assert other.json() != first.json()


def test_a_refused_command_does_not_use_up_its_key(desk: Any) -> None:
    key, number = str(uuid4()), f"i-{uuid4()}"
    wrong = command(desk, f"{DOSSIERS}/dossiers", opening(number) | {"deed_type": "unknown"}, key)
    desk.refused(wrong, 422, "unknown-deed-type")
    assert command(desk, f"{DOSSIERS}/dossiers", opening(number), key).status_code == 201


def test_a_decision_sent_again_is_one_event(desk: Any) -> None:
    path, key = desk.deposited()["path"], str(uuid4())
    first, second = (command(desk, f"{path}/validation", None, key) for _ in range(2))
    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert second.headers[REPLAYED] == "true"
    desk.refused(command(desk, f"{path}/validation", None, str(uuid4())), 409, "nothing-to-decide")


def test_a_client_is_added_once(desk: Any) -> None:
    key, email = str(uuid4()), f"{uuid4().hex}@clients.example"
    person = {"first_name": "Rose", "last_name": "Blanc", "email": email, "phone": "06 12 34 56 78"}
    first, second = (command(desk, f"{IDENTITY}/clients", person, key) for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    found = desk.send("GET", f"{IDENTITY}/clients?q={email}", desk.staff).json()["items"]
    assert [one["id"] for one in found] == [first.json()["id"]]


def test_a_declaration_sent_again_leads_to_the_same_version(desk: Any) -> None:
    file = {"name": "a.pdf", "size": 5, "sha256": "a" * 64}
    offered = f"{DOSSIERS}/dossiers/{desk.dossier}/deposits"
    for path, body in ((f"{DOSSIERS}/requests/{next(desk.requests)}/deposits", file), (offered, file | {"label": "L"})):
        key = str(uuid4())
        first, second = (command(desk, path, body, key, desk.client).json() for _ in range(2))
        assert (first["request_id"], first["version_id"]) == (second["request_id"], second["version_id"])
    answer = command(desk, offered, file | {"label": "Autre chose"}, key, desk.client)
    desk.refused(answer, 422, "idempotency-key-reused")


@pytest.mark.bad_input("B40")
@pytest.mark.parametrize("key", ["", "k" * 256, "k" * 10_000, "clé"], ids=["empty", "256", "10,000", "not ASCII"])
def test_a_key_that_is_none_is_refused(desk: Any, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    body = opening(f"i-{uuid4()}")
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, json=body, headers=headers)
    desk.refused(answer, 400, "idempotency-key-invalid")
