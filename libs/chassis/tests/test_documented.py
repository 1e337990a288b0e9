"""The OpenAPI document tells what the layers around a route answer, and the answers are as it says."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from chassis.http import Input, Instant
from pydantic import ValidationError

PROBLEM = "application/problem+json"


@pytest.fixture
def paths(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()["paths"]
    return found


def codes(operation: dict[str, Any], status: str) -> set[str]:
    return set(operation["responses"].get(status, {}).get("content", {}).get(PROBLEM, {}).get("examples", {}))


def test_a_key_that_makes_commands_repeatable_is_documented_where_there_are_commands(paths: dict[str, Any]) -> None:
    command, question = paths["/api/notes/v1/sealing"]["post"], paths["/api/notes/v1/numbers"]["get"]
    assert [one["name"] for one in command["parameters"]] == ["idempotency-key"]
    assert "idempotency-key" not in {one["name"] for one in question["parameters"]}
    assert codes(command, "400") == {"idempotency-key-invalid"}
    assert "idempotency-key-reused" in codes(command, "422")
    assert "idempotency-key-reused" not in codes(question, "422")


def test_a_cursor_of_another_list_is_a_documented_refusal(paths: dict[str, Any]) -> None:
    assert "cursor-forged" in codes(paths["/api/notes/v1/numbers"]["get"], "422")
    assert "cursor-forged" not in codes(paths["/api/notes/v1/mine"]["get"], "422")


def test_a_body_where_none_is_taken_is_a_documented_refusal(paths: dict[str, Any]) -> None:
    assert "body-unexpected" in codes(paths["/api/notes/v1/sealing"]["post"], "422")
    assert "body-unexpected" not in codes(paths["/api/notes/v1/notes"]["post"], "422")


def test_an_id_in_an_address_may_be_unknown(paths: dict[str, Any]) -> None:
    assert codes(paths["/api/notes/v1/notes/{note_id}"]["patch"], "404") == {"not-found"}


def test_what_may_be_changed_is_read_with_its_version(paths: dict[str, Any]) -> None:
    assert paths["/api/notes/v1/notes/{note_id}"]["get"]["responses"]["200"]["headers"]["ETag"]["required"]
    assert "headers" not in paths["/api/notes/v1/mine"]["get"]["responses"]["200"]


def test_whoever_has_to_come_back_is_told_when(http: httpx.Client, world: Any, paths: dict[str, Any]) -> None:
    assert "Retry-After" in paths["/api/notes/v1/notes"]["post"]["responses"]["503"]["headers"]
    world.raises = "away"
    answer = http.post("/notes", json={"text": "a"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_another_method_is_told_every_method_of_the_address(http: httpx.Client) -> None:
    """Two routes share the address: the framework would name those of the first."""
    answer = http.delete("/notes/7c4e1d2a-3b5f-4c8e-8f1a-2d6b9e0c7a11")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PATCH")


class Meeting(Input):
    at: Instant


@pytest.mark.bad_input("B44")
@pytest.mark.parametrize(
    "text", ["-1", "1e3", "2026-03-02", "2026-03-02T09:30", "2026-03-02T09:30:00", "\uff12026-03-02T09:30:00Z"]
)
def test_a_time_is_written_whole_and_with_its_zone(text: str) -> None:
    with pytest.raises(ValidationError):
        Meeting.model_validate({"at": text})
    assert Meeting.model_validate({"at": "2026-03-02T09:30:00Z"}).at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
