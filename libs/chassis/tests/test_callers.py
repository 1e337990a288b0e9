"""Who may call, and what a repeated command is answered."""

from typing import Any

import httpx
import pytest

KEY = {"Idempotency-Key": "k-1"}
NOTE = {"text": "a"}


@pytest.mark.parametrize(
    "header", [{"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}]
)
def test_without_a_good_token_the_answer_is_a_401(http: httpx.Client, header: dict[str, str]) -> None:
    response = http.get("/mine", headers=header)
    assert (response.status_code, response.json()["code"]) == (401, "not-signed-in")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_route_of_clients_is_closed_to_staff_and_the_reverse(http: httpx.Client, keys: Any) -> None:
    assert http.get("/mine").json()["code"] == "not-allowed"
    assert http.get("/mine", headers=keys.bearer("client")).status_code == 200
    change = http.patch(f"/notes/{keys.someone_else}", headers={**keys.bearer("client"), "If-Match": '"1"'})
    assert change.json()["code"] == "not-allowed"


def test_internal_routes_want_the_token_of_a_service(address: str, keys: Any) -> None:
    def ask(headers: dict[str, str]) -> httpx.Response:
        return httpx.get(f"{address}/internal/who", headers=headers)

    assert ask({}).status_code == 401
    assert ask(keys.bearer()).status_code == 401
    assert ask({"Authorization": f"Bearer {keys.identity.service_token('vault')}"}).status_code == 401
    assert ask({"Authorization": f"Bearer {keys.identity.service_token('dossier')}"}).json() == "identity"


def test_a_repeated_command_answers_its_first_outcome(http: httpx.Client, world: Any) -> None:
    first = http.post("/notes", json=NOTE, headers=KEY)
    again = http.post("/notes", json=NOTE, headers=KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert world.carried_out == 1


def test_a_repeated_command_without_outcome_answers_an_empty_body(http: httpx.Client, world: Any) -> None:
    answers = [http.post("/sealing", headers=KEY) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert world.carried_out == 1


def test_the_same_key_for_another_body_is_a_422(http: httpx.Client, world: Any) -> None:
    http.post("/notes", json=NOTE, headers=KEY)
    response = http.post("/notes", json={"text": "b"}, headers=KEY)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert world.carried_out == 1


def test_keys_of_two_people_do_not_meet(http: httpx.Client, keys: Any, world: Any) -> None:
    http.post("/notes", json=NOTE, headers=KEY)
    http.post("/notes", json={"text": "b"}, headers={**KEY, **keys.bearer(person_id=keys.someone_else)})
    assert world.carried_out == 2


def test_without_a_key_every_request_is_a_new_command(http: httpx.Client, world: Any) -> None:
    http.post("/notes", json=NOTE)
    http.post("/notes", json=NOTE)
    assert world.carried_out == 2


@pytest.mark.parametrize("key", ["", "k" * 256, "k" * 10_000, "clé"])
def test_a_key_that_is_no_key_is_a_400(http: httpx.Client, key: str) -> None:
    response = http.post("/notes", json=NOTE, headers={"Idempotency-Key": key.encode()})
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")


def test_a_twin_that_was_faster_gives_its_outcome_to_a_refused_command(http: httpx.Client, world: Any) -> None:
    first = http.post("/notes", json=NOTE, headers=KEY).json()
    world.raises, world.looks_hidden = "refusal", 1
    again = http.post("/notes", json=NOTE, headers=KEY)
    assert (again.status_code, again.json()) == (201, first)


def test_a_twin_found_by_the_store_gives_its_outcome(http: httpx.Client, world: Any) -> None:
    world.raises = "done"
    again = http.post("/notes", json=NOTE, headers=KEY)
    assert (again.status_code, again.json()) == (201, {"text": "first"})


def test_another_body_found_by_the_store_is_a_422(http: httpx.Client, world: Any) -> None:
    world.raises = "reused"
    assert http.post("/notes", json=NOTE, headers=KEY).json()["code"] == "idempotency-key-reused"
