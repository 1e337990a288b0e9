"""Refusals as problem details (RFC 9457), on the wire and in the OpenAPI document."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chassis.refusal import NotFound, Refusal

MEDIA_TYPE = "application/problem+json"
CHECKSUM_MISMATCH = 460
RETRIED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
RETRY_SECONDS = 1
"""When a client may try again that was not told otherwise."""
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer"}}}


class MethodNotAllowed(Refusal):
    """This address does not answer that method."""

    code, status = "method-not-allowed", 405


class BodyTooLarge(Refusal):
    """The body is larger than this address accepts."""

    code, status = "body-too-large", 413


class BodyTooSlow(Refusal):
    """The body did not arrive in time; send the request again."""

    code, status = "body-too-slow", 408


class BodyUnexpected(Refusal):
    """This address takes no body; send the request without one."""

    code, status = "body-unexpected", 422


class MediaTypeRefused(Refusal):
    """Send the body as application/json, in UTF-8 and without content encoding."""

    code, status = "media-type-refused", 415


class BodyUnreadable(Refusal):
    """The body is not readable JSON in UTF-8; duplicate names, NaN, NUL, half characters and deep nesting are out."""

    code, status = "body-unreadable", 400


class Invalid(Refusal):
    """Some values are missing, unknown or not acceptable; `errors` names each."""

    code, status = "invalid", 422


class Unexpected(Refusal):
    """Something failed on our side; it was recorded under the correlation id of this answer."""

    code, status = "unexpected", 500


class Away(Refusal):
    """The database does not answer, or cannot write; repeat the request with the same Idempotency-Key in a moment."""

    code, status = "try-again", 503


class NotReady(Refusal):
    """This process cannot serve at the moment."""

    code, status = "not-ready", 503


_BY_STATUS: Mapping[int, type[Refusal]] = {
    kind.status: kind for kind in (NotFound, MethodNotAllowed, BodyTooLarge, MediaTypeRefused, BodyUnreadable)
}

SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string", "description": "The name of the HTTP status."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what the person can do."},
        "code": {"type": "string", "description": "Stable name of the refusal, for programs."},
        "instance": {"type": "string", "format": "uri", "description": "This occurrence, as found in our logs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def phrase(status: int) -> str:
    """Return the name of an HTTP status, also of the one that only tus 1.0 defines."""
    return "Checksum Mismatch" if status == CHECKSUM_MISMATCH else HTTPStatus(status).phrase


def body_of(refusal: Refusal | type[Refusal]) -> dict[str, Any]:
    """Return the members of the problem."""
    facts = refusal.facts if isinstance(refusal, Refusal) else {}
    return {
        "type": f"urn:scelle:problem:{refusal.code}",
        "title": phrase(refusal.status),
        "status": refusal.status,
        "detail": refusal.detail(),
        "code": refusal.code,
        **facts,
    }


def answer(refusal: Refusal, *, correlation_id: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response for `refusal`.

    A 404 names no occurrence: what is foreign and what does not exist must answer the same bytes.
    """
    body = body_of(refusal)
    if correlation_id and refusal.status != HTTPStatus.NOT_FOUND:
        body["instance"] = f"urn:scelle:request:{correlation_id}"
    sent = dict(headers or {})
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    if refusal.status in RETRIED:
        sent.setdefault("Retry-After", str(refusal.facts.get("retry_after", RETRY_SECONDS)))
    return JSONResponse(body, status_code=refusal.status, headers=sent, media_type=MEDIA_TYPE)


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may answer with `refusals`, an example for each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        response = responses.setdefault(
            refusal.status,
            {
                "description": phrase(refusal.status),
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
                **({"headers": _RETRY_AFTER} if refusal.status in RETRIED else {}),
            },
        )
        response["content"][MEDIA_TYPE]["examples"][refusal.code] = {"value": body_of(refusal)}
    return responses


def merge(responses: dict[str, dict[str, Any]], status: str, answer: Mapping[str, Any]) -> None:
    """Add a documented answer to those of an operation; problems of the same status stand as examples side by side."""
    known = responses.setdefault(status, deepcopy(dict(answer)))
    examples = known.get("content", {}).get(MEDIA_TYPE, {}).get("examples")
    if examples is not None:
        examples |= answer["content"][MEDIA_TYPE]["examples"] | examples


def from_http(error: HTTPException) -> Refusal:
    """Return the refusal for an error of the framework itself."""
    return _BY_STATUS.get(
        error.status_code, NotFound if error.status_code < HTTPStatus.BAD_REQUEST else BodyUnreadable
    )()


def from_validation(request: Request, error: RequestValidationError) -> Refusal:
    """Return the refusal for values that do not fit the route.

    A malformed id in the path is an address that does not exist; a body of another type was never looked into.
    """
    errors = error.errors()
    if any(problem["loc"][0] == "path" for problem in errors):
        return NotFound()
    if any(problem["loc"] == ("body",) for problem in errors) and not is_json(request.headers.get("content-type", "")):
        return MediaTypeRefused() if _has_body(request.headers) else Invalid(errors=_named(errors))
    return Invalid(errors=_named(errors))


def is_json(content_type: str) -> bool:
    """Say whether a content type announces JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _has_body(headers: Mapping[str, str]) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


_SENTENCES: Mapping[str, str] = {
    "missing": "this value is required",
    "extra_forbidden": "this name is not known here; remove it",
    "string_too_short": "write at least {min_length} character(s)",
    "string_too_long": "write at most {max_length} characters",
    "too_short": "give at least {min_length} of them",
    "too_long": "give at most {max_length} of them",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_type": "must be a text",
    "string_pattern_mismatch": "is not written as expected",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "uuid_type": "must be an identifier",
    "uuid_parsing": "must be an identifier",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "json_invalid": "is not readable JSON",
}
"""What to do about an error of pydantic, by its type; its own messages speak to programmers."""


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error.get("ctx", {}).get("error", error["msg"]))
    sentence = _SENTENCES.get(error["type"], str(error["msg"]))
    return sentence.format_map(error.get("ctx", {})) if "{" in sentence else sentence


def _named(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"pointer": _pointer(error["loc"]), "detail": _sentence(error)} for error in errors]


def _pointer(location: tuple[str | int, ...]) -> str:
    place, *path = location
    if place != "body":
        return f"{place}:{'.'.join(map(str, path))}"
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
