"""Every interface keeps the same conventions: who may ask, lists by pages, changes of what was read, repetitions."""

from collections.abc import Iterator
from typing import Any

import pytest
from testkit.fuzzing import PREFIXES

Document = dict[str, Any]
METHODS = {"get", "put", "post", "patch", "delete", "head"}
COMMANDS = {"POST", "PUT", "PATCH", "DELETE"}
FOR_ANYBODY = {
    "GET /.well-known/jwks.json": "keys that verify tokens",
    "GET /offices": "a newcomer finds an office",
    "GET /sign-in/idnot": "the sign-in",
    "GET /sign-in/idnot/callback": "the sign-in",
    "POST /sign-in/codes": "the sign-in",
    "POST /sign-in/codes/{code_id}/answer": "the sign-in",
    "POST /sign-in/password": "the sign-in",
    "POST /access-links": "the sign-in",
    "PUT /password": "the setup token in the body",
    "POST /sessions/refresh": "the refresh token in the body",
    "POST /memberships": "the registration token in the body",
    "POST /email-confirmations": "the token in the body",
    "GET /policy": "to compare with the one that a verifier holds",
    "POST /verifications": "whoever holds a bundle",
    "POST /webhooks/{provider}/{path_secret}": "the secret in the path",
}
LAST_WORD_COUNTS = {
    "PATCH /clients/{client_id}": "each field is corrected on its own, and every correction is an event",
    "PUT /deed-types/{code}": "the whole deed type is said each time",
    "PUT /deed-types/{code}/documents": "the whole list is said each time",
    "PUT /deed-types/{code}/withdrawal": "it is withdrawn or it is not",
    "PUT /requests/{request_id}/due-date": "the one day is said each time",
    "PUT /reminders": "the whole list is said each time",
    "PUT /refusal-reasons": "the whole list is said each time",
    "PUT /dossiers/{dossier_id}/clients/{client_id}/bank-details": "the one choice is said each time",
    "PUT /me/password": "nobody reads a password",
    "PUT /dossiers/{dossier_id}/access": "the whole access is said each time",
    "PUT /billing-entities/{code}": "the whole mapping is said each time",
    "PUT /password": "nobody reads a password",
    "PUT /documents/{version_id}/content": "bytes are stored once, by their digest",
    "PATCH /documents/{version_id}/upload": "tus has Upload-Offset for that",
}


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            yield f"{method.upper()} {_bare(path)}", methods[method]


def _bare(path: str) -> str:
    prefix = next((prefix for prefix in PREFIXES.values() if path.startswith(prefix)), "")
    return path.removeprefix(prefix)


def parameters(operation: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["in"], one["name"].lower()) for one in operation.get("parameters", ())}


def test_every_operation_has_a_name_of_its_own(documents: dict[str, Document]) -> None:
    names = [operation["operationId"] for document in documents.values() for _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_operation_says_who_may_ask(documents: dict[str, Document]) -> None:
    everything = [found for document in documents.values() for found in operations(document)]
    assert {name for name, operation in everything if not operation.get("security")} == set(FOR_ANYBODY)
    assert [
        name for name, operation in everything if operation.get("security") and "401" not in operation["responses"]
    ] == []


def test_every_id_in_an_address_may_be_unknown(document: Document) -> None:
    asked = [(name, operation) for name, operation in operations(document) if "{" in name]
    assert [name for name, operation in asked if "404" not in operation["responses"]] == []


def test_lists_come_by_pages_or_whole(document: Document) -> None:
    models = document["components"]["schemas"]
    for name, operation in operations(document):
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        members = models.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        paged = {("query", "limit"), ("query", "cursor")} <= parameters(operation)
        assert paged is ({"items", "next"} <= members.keys()), name
        if paged:
            assert (
                "cursor-forged" in operation["responses"]["422"]["content"]["application/problem+json"]["examples"]
            ), name


def test_changes_say_what_was_read_or_have_a_reason(documents: dict[str, Document]) -> None:
    everything = [found for document in documents.values() for found in operations(document)]
    changes = {name: operation for name, operation in everything if name.split()[0] in {"PUT", "PATCH"}}
    blind = {name for name, operation in changes.items() if ("header", "if-match") not in parameters(operation)}
    assert blind == set(LAST_WORD_COUNTS), blind ^ set(LAST_WORD_COUNTS)
    for name in changes.keys() - blind:
        assert {"412", "428"} <= changes[name]["responses"].keys(), name


def test_what_may_be_changed_is_read_with_its_version(document: Document) -> None:
    for path, methods in document["paths"].items():
        if (
            any(("header", "if-match") in parameters(methods[method]) for method in METHODS & methods.keys())
            and "get" in methods
        ):
            assert "ETag" in methods["get"]["responses"]["200"]["headers"], path


def test_every_command_of_a_person_may_be_repeated_under_its_key(document: Document) -> None:
    for name, operation in operations(document):
        person = {"person": []} in operation.get("security", ())
        keyed = ("header", "idempotency-key") in parameters(operation)
        assert keyed is (person and name.split()[0] in COMMANDS), name
        if keyed:
            problems = {
                code
                for status in ("400", "422")
                for code in operation["responses"][status]["content"]["application/problem+json"]["examples"]
            }
            assert {"idempotency-key-invalid", "idempotency-key-reused"} <= problems, name


def test_whoever_has_to_wait_is_told_how_long(document: Document) -> None:
    for name, operation in operations(document):
        for status in {"429", "503"} & operation["responses"].keys():
            assert "Retry-After" in operation["responses"][status]["headers"], (name, status)


def test_times_are_those_of_rfc_3339(document: Document) -> None:
    for name, model in document["components"]["schemas"].items():
        for member, schema in model.get("properties", {}).items():
            if member.endswith("_at") and not schema.get("deprecated"):
                formats = {one.get("format") for one in (schema, *schema.get("anyOf", ()))}
                assert "date-time" in formats, (name, member)


@pytest.mark.parametrize("service", PREFIXES)
def test_every_parameter_has_bounds(documents: dict[str, Document], service: str) -> None:
    """A number without a most would reach a library that fails on it, or a database that cannot hold it."""
    for name, operation in operations(documents[service]):
        for one in operation.get("parameters", ()):
            kinds = [one["schema"], *one["schema"].get("anyOf", ())]
            for kind in kinds:
                if kind.get("type") == "integer":
                    assert {"minimum", "maximum"} <= kind.keys(), (name, one["name"])
