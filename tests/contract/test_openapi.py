"""What the services say of themselves: operations in words, answers by example, every refusal as a problem."""

from collections.abc import Iterator
from typing import Any

import pytest
from testkit.fuzzing import PREFIXES

METHODS = {"get", "put", "post", "patch", "delete"}
PROBLEM = "application/problem+json"
ASKS_PEERS = {
    "identity": {"POST /persons/{person_id}/erasure"},
    "dossier": {
        "POST /dossiers",
        "GET /dossiers/{dossier_id}",
        "PUT /dossiers/{dossier_id}/access",
        "POST /dossiers/{dossier_id}/clients",
        "GET /my/dossiers/{dossier_id}",
        "GET /my/dossiers/{dossier_id}/messages",
        *(f"GET /dossiers/{{dossier_id}}/conversations{part}" for part in ("", "/{client_id}/messages")),
    },
    "messaging": {"GET /deliveries", "POST /deliveries/{notification_id}/resending"},
    "lre-gateway": {
        *(f"GET /{part}" for part in ("attachments", "batches", "letters", "letters.csv", "letters/awaiting-code")),
        *(f"GET /batches/{{batch_id}}{part}" for part in ("", "/errors")),
        *(f"GET /letters/{{letter_id}}{part}" for part in ("", "/evidence")),
        *(f"POST /{part}" for part in ("attachments", "batches", "batches/imports", "consents", "recipients")),
        *(f"POST /{part}" for part in ("releases", "senders")),
        *(f"POST /batches/{{batch_id}}/{part}" for part in ("letters", "checks", "submission")),
        *(f"POST /letters/{{letter_id}}/{part}" for part in ("cancellation", "reissue")),
        "POST /letters/{letter_id}/recipient-changes/{change_id}/answer",
        "POST /letters/{letter_id}/evidence/{version_id}/downloads",
    },
    "journal": {  # all but what is about the log itself
        *(
            f"GET /dossiers/{{dossier_id}}/{part}"
            for part in ("events", "bundle", "certificate", "report", "export", "state", "diff")
        ),
        *(f"GET /documents/{{version_id}}/{part}" for part in ("bundle", "certificate", "proof")),
        *(f"GET /offices/{{office_id}}/{part}" for part in ("bundle", "state")),
        *(f"GET /{part}" for part in ("events", "events/export", "my/events", "my/export")),
        *(f"GET /{part}/{{index}}" for part in ("events", "my/events", "dossiers/{dossier_id}/events")),
        "GET /dossiers/{dossier_id}/proof",
        "GET /drift/{service}",
        "GET /aggregates/{service}/{aggregate_id}/state",
    },
}
Document = dict[str, Any]


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            yield f"{method.upper()} {path}", methods[method]


def named(schema: Any) -> Iterator[str]:
    """Find the models that a schema names."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for inner in schema.values():
            yield from named(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from named(inner)


def answered(document: Document) -> set[str]:
    """Return the models of the answers, and those inside them."""
    models = document["components"]["schemas"]
    waiting = [
        name
        for _, operation in operations(document)
        for status, response in operation["responses"].items()
        if status < "400"
        for name in named(response)
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(named(models[name]))
    return found


def test_every_operation_says_what_it_does(document: Document) -> None:
    assert [name for name, operation in operations(document) if not operation.get("summary")] == []
    assert [name for name, operation in operations(document) if not operation.get("description")] == []


def shown(model: dict[str, Any]) -> bool:
    """Tell whether a model has examples of all its members; the document leaves out those that are null."""
    members = model.get("properties", {})
    needed = {name for name, schema in members.items() if {"type": "null"} not in schema.get("anyOf", ())}
    examples = model.get("examples", [])
    return not members or bool(examples and all(needed <= set(example) <= set(members) for example in examples))


def test_every_answer_has_an_example_with_all_its_members(document: Document) -> None:
    models = document["components"]["schemas"]
    assert sorted(name for name in answered(document) if not shown(models[name])) == []


def test_every_refusal_is_a_problem_with_an_example(document: Document) -> None:
    wrong = [
        (name, status)
        for name, operation in operations(document)
        for status, response in operation["responses"].items()
        if status >= "400"
        and not (
            list(response.get("content", {})) == [PROBLEM]
            and response["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
            and response["content"][PROBLEM]["examples"]
        )
    ]
    assert wrong == []


def test_every_operation_names_what_can_stop_it(document: Document) -> None:
    for name, operation in operations(document):
        assert {"422", "503"} <= operation["responses"].keys(), name


@pytest.mark.parametrize("service", ASKS_PEERS)
def test_operations_that_ask_another_service_say_so(documents: dict[str, Document], service: str) -> None:
    said = {
        name.replace(PREFIXES[service], "")
        for name, operation in operations(documents[service])
        if "unavailable" in operation["responses"]["503"]["content"][PROBLEM]["examples"]
    }
    assert said == ASKS_PEERS[service]
