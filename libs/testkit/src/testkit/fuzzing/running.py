"""One run: a service, somebody, so many requests; and what was wrong with the answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import CheckNode, ScenarioRecorder
from schemathesis.generation.case import Case

from testkit.fuzzing.cast import Cast, Part

SEED = 20_261_121
schemathesis.serializer.alias(["application/offset+octet-stream"], "application/octet-stream")
PROBLEM = "application/problem+json"
LAST = {"DELETE /sessions/current", "POST /persons/{person_id}/erasure", "POST /dossiers/{dossier_id}/archiving"}
"""What ends a session, a person or a dossier comes when everything else has been tried."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "announced_problem",
)
REFUSED = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428", "429"]
HOSTILE = (
    *("\x00", "\x7f", "\r\nBcc: x@example.org", "\u202e", "\u200b", "\ufeff", "\ufdd0", "\U0010ffff", "é", "e\u0301"),
    *("' OR 1=1 --", "%", "_", "\\", "../../etc/passwd", "%00", "%2e%2e%2f", "${7*7}", "{{7*7}}", "<script>"),
    *("=cmd|' /C calc'!A0", "null", "true", "NaN", "1e400", "9" * 400, "٣", "🏠" * 40, "x" * 5000, ""),
    *("2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00+23:59"),
)
HUGE = (-1, 0, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 10**30)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many requests: made at random for each operation and role, at every boundary or not, in sequences or not."""

    examples: int
    boundaries: bool = False
    sequences: int = 0
    examples_of_the_document: bool = True
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer that may not be, and the request."""

    service: str
    who: str
    operation: str
    check: str
    said: str
    request: str
    answer: str

    def __str__(self) -> str:
        """Tell everything, on lines of its own."""
        told = (
            f"{self.service}, {self.who}: {self.operation}",
            f"{self.check}: {self.said}",
            self.request,
            self.answer,
        )
        return "\n  ".join(told)


@dataclass(slots=True)
class Tally:
    """How many requests were sent, how many succeeded."""

    sent: int = 0
    succeeded: int = 0


@schemathesis.check
def announced_problem(_ctx: CheckContext, response: schemathesis.Response, case: Case[Any]) -> None:
    """Check that a refusal is a problem whose code stands in the document as an example of its status."""
    if response.status_code < 400 or response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # noqa: PLR2004
        return  # a method that is not there is no operation of the document
    if case.method == "HEAD":
        return  # it has no body
    body = response.json()
    assert response.headers["content-type"] == [PROBLEM], response.headers["content-type"]  # noqa: S101 - the way of a check
    known = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    codes = known.get("content", {}).get(PROBLEM, {}).get("examples", {})
    assert body["code"] in codes, f"{body['code']} is no example of {response.status_code}: {', '.join(codes)}"  # noqa: S101
    assert body["status"] == response.status_code  # noqa: S101


def run(  # noqa: PLR0913 - who asks whom, how much, and what is counted
    cast: Cast, service: str, part: Part, plan: Plan, tally: Tally | None = None, *, last: bool = False
) -> Iterator[Finding]:
    """Send what was made up for the operations that end nothing, or for the `last` ones; yield what is wrong."""
    document = cast.document(service)
    schema = schemathesis.openapi.from_dict(document, config=_config(cast, service, part, plan))
    chosen = [label for label in _labels(document) if (_bare(label) in LAST) is last]
    if chosen:
        yield from _findings(schema.include(name=chosen), service, part, tally or Tally())


def _labels(document: dict[str, Any]) -> list[str]:
    return [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]


def _bare(label: str) -> str:
    method, path = label.split(" ", 1)
    return f"{method} /{path.split('/', 4)[-1]}"


def _config(cast: Cast, service: str, part: Part, plan: Plan) -> SchemathesisConfig:
    values = cast.values(service)
    known = {name: {"values": list(found)} for name, found in values.items()}
    bound = {name: {"dictionary": name, "probability": 0.9} for name in values}
    checks: dict[str, Any] = {"enabled": False} | {name: {"enabled": True} for name in CHECKS}
    checks["negative_data_rejection"]["expected-statuses"] = REFUSED
    told = {
        "seed": plan.seed,
        "dictionaries": known | {"hostile": {"values": list(HOSTILE)}, "huge": {"values": list(HUGE)}},
        "base-url": cast.gateway,
        "request-timeout": 60,
        "continue-on-failure": True,
        "headers": {"Authorization": f"Bearer {part.token}"} if part.token else {},
        "parameters": bound | {f"body.{name}": how for name, how in bound.items() if name.endswith("_id")},
        "generation": {
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
            "allow-extra-parameters": False,
            "dictionaries": {
                "string": {"dictionary": "hostile", "probability": 0.15},
                "integer": {"dictionary": "huge", "probability": 0.15},
            },
        },
        "checks": checks,
        "phases": {
            "examples": {"enabled": plan.examples_of_the_document},
            "coverage": {"enabled": plan.boundaries},
            "fuzzing": {"enabled": plan.examples > 0, "generation": {"max-examples": max(plan.examples, 1)}},
            "stateful": {"enabled": plan.sequences > 0, "generation": {"max-examples": max(plan.sequences, 1)}},
        },
    }
    return SchemathesisConfig.from_dict(told)


def _findings(schema: Any, service: str, part: Part, tally: Tally) -> Iterator[Finding]:
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            answers = [one.response for one in event.recorder.interactions.values()]
            tally.sent += len(answers)
            tally.succeeded += sum(1 for one in answers if one is not None and one.status_code < 400)  # noqa: PLR2004
            yield from _failed(event.recorder, service, part)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            told = event.exception if isinstance(event, events.FatalError) else event.value
            yield Finding(service, part.name, getattr(event, "label", ""), "engine", repr(told), "", "")


def _failed(recorder: ScenarioRecorder, service: str, part: Part) -> Iterator[Finding]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE:
                yield _finding(recorder, case_id, check, service, part)


def _finding(recorder: ScenarioRecorder, case_id: str, check: CheckNode, service: str, part: Part) -> Finding:
    case, response = recorder.cases[case_id].value, recorder.find_response(case_id=case_id)
    failed = check.failure_info
    return Finding(
        service,
        part.name,
        case.operation.label,
        check.name,
        f"{failed.failure.title}: {failed.failure.message}" if failed else "",
        failed.code_sample[:2000] if failed else "",
        f"{response.status_code} {response.text[:1000]}" if response else "no answer",
    )
