"""The web application of a service: its routes, and everything that is the same for all services."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from chassis import telemetry
from chassis.cursor import CursorForged, key_from
from chassis.http import problems
from chassis.http.answers import add_answers
from chassis.http.bodies import BodyRules
from chassis.http.callers import COMMANDS, FirstOutcome, IdempotencyKeyInvalid, calling_service
from chassis.http.conditional import ETAG
from chassis.http.context import RequestContext
from chassis.refusal import IdempotencyKeyReused, NotFound, NotSignedIn, Refusal
from chassis.settings import ProcessSettings
from chassis.tokens import Verifier


def create_app(  # noqa: PLR0913 - one keyword for each thing that differs between services
    *,
    service: str,
    prefix: str,
    routers: Iterable[APIRouter],
    verifier: Verifier,
    public: Iterable[APIRouter] = (),
    internal: Iterable[APIRouter] = (),
    settings: ProcessSettings | None = None,
    ready: Callable[[], object] = lambda: True,
    first_outcome: FirstOutcome | None = None,
    refusals: Iterable[type[Exception]] = (),
    away: Iterable[type[Exception]] = (),
    closing: Iterable[Callable[[], object]] = (),
) -> FastAPI:
    """Return the application of `service`.

    `routers` are mounted under `prefix`, and so is `public`, which asks nobody to sign in; `internal` under /internal,
    for services only. `ready` raises or returns False while the process cannot serve. `refusals` are base classes of
    exceptions that have a code, a status and a sentence as their docstring, such as `eventstore.StoreRefusal`; one
    with `fingerprint` and `outcome` tells of a command already recorded. `away` are exceptions that say that a server
    of the service does not answer, such as `eventstore.AWAY`: the caller is asked to repeat the request. `closing` is
    called when the application ends, the last first: it closes what was opened for it.
    """
    app = FastAPI(
        title=f"Scellé {service}",
        version="1",
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host header, which the caller chooses
        responses=problems.problems(problems.Invalid),  # in the place of FastAPI's own description of a 422
        telemetry=telemetry.of_requests(),
        lifespan=_closing(tuple(closing)),
    )
    app.state.service, app.state.verifier, app.state.first_outcome = service, verifier, first_outcome
    app.state.cursor_key = key_from(settings.database_url) if settings else secrets.token_bytes(32)
    app.state.draining = False
    app.state.away = tuple(away)
    for router in routers:
        app.include_router(router, prefix=prefix, responses=problems.problems(NotSignedIn))
    for router in public:
        app.include_router(router, prefix=prefix)
    for router in internal:
        app.include_router(router, prefix="/internal", include_in_schema=False, dependencies=[Depends(calling_service)])
    add_health(app, ready)
    add_answers(app, refusals, app.state.away)
    app.add_middleware(BodyRules)
    app.add_middleware(RequestContext)
    _describe(app)
    return app


def probes() -> FastAPI:
    """Return what a process without routes of its own answers: whether it lives, and whether it is being stopped."""
    app = FastAPI(openapi_url=None)
    app.state.draining, app.state.away = False, ()
    add_health(app, lambda: True)
    add_answers(app, (), ())
    app.add_middleware(RequestContext)
    return app


def _closing(calls: Iterable[Callable[[], object]]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            for call in calls:
                stack.callback(call)
            yield

    return lifespan


def add_health(app: FastAPI, ready: Callable[[], object]) -> None:
    """Add the probes of orchestrators; `ready` raises or returns False while the process cannot serve."""

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> dict[str, str]:
        try:
            able = not app.state.draining and ready() is not False
        except Exception:  # noqa: BLE001 - whatever fails, the process is not ready
            able = False
        if not able:
            raise problems.NotReady
        return {"status": "ok"}


def _describe(app: FastAPI) -> None:
    """Add the schema of problems to the OpenAPI document, which FastAPI makes once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schemas = app.openapi_schema.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = dict(problems.SCHEMA)
            _add_common_answers(app.openapi_schema["paths"])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to extend the document


def _add_common_answers(paths: dict[str, dict[str, Any]]) -> None:
    """Document what every operation may answer and what every JSON body may meet, beside the route's own answers."""
    for operations in paths.values():
        for method, operation in operations.items():
            for status, answer in problems.problems(*_common(method.upper(), operation)).items():
                problems.merge(operation["responses"], str(status), answer)
        if (
            any(("header", "if-match") in _given(operation) for operation in operations.values())
            and "get" in operations
        ):
            operations["get"]["responses"]["200"].setdefault("headers", {})["ETag"] = ETAG


def _given(operation: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["in"], one["name"].lower()) for one in operation.get("parameters", ())}


def _common(method: str, operation: dict[str, Any]) -> Iterator[type[Refusal]]:
    """Return what the layers around a route may answer in its place; drop the key of commands where there is none."""
    yield from (problems.Invalid, problems.Away, problems.Unexpected)
    given = _given(operation)
    if ("header", "idempotency-key") in given and method not in COMMANDS:
        operation["parameters"] = [one for one in operation["parameters"] if one["name"].lower() != "idempotency-key"]
    elif ("header", "idempotency-key") in given:
        yield from (IdempotencyKeyReused, IdempotencyKeyInvalid)
    if any(place == "path" for place, _ in given):
        yield NotFound
    if ("query", "cursor") in given:
        yield CursorForged
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        yield from (problems.BodyUnreadable, problems.BodyTooSlow, problems.BodyTooLarge, problems.MediaTypeRefused)
    elif not content and "security" in operation:
        yield problems.BodyUnexpected
