"""What a caller is answered when a route did not answer itself."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from chassis.http import problems
from chassis.http.callers import Replay, replay, replay_if_done
from chassis.logging import get_logger
from chassis.refusal import IdempotencyKeyReused, NotFound, Refusal

_log = get_logger()
REPLAYED_HEADER = "Idempotency-Replayed"


def add_answers(app: FastAPI, refusals: Iterable[type[Exception]], away: Iterable[type[Exception]]) -> None:
    """Register the answers.

    `refusals` are exceptions of libraries that, like ours, have a code and a status; `away` those that say that a
    server of ours does not answer.
    """
    handlers: dict[type[Exception], Any] = {
        Refusal: _refused,
        Replay: _replayed,
        RequestValidationError: _not_valid,
        HTTPException: _not_routed,
    }
    handlers.update(dict.fromkeys(refusals, _refused_elsewhere))
    handlers.update(dict.fromkeys(away, _away))
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _refused(request: Request, refusal: Refusal) -> Response:
    """Answer the refusal, unless the twin of this command succeeded meanwhile: then answer what that one did."""
    actor = getattr(request.state, "actor", None)
    if actor is not None and request.app.state.first_outcome and not isinstance(refusal, IdempotencyKeyReused):
        try:
            replay_if_done(request, actor)
        except Replay as done:
            return _replayed(request, done)
        except IdempotencyKeyReused as reused:
            return _answer(request, reused)
        except request.app.state.away as error:
            return _away(request, error)
    return _answer(request, refusal)


def _replayed(request: Request, done: Replay) -> Response:
    status = getattr(request.scope.get("route"), "status_code", None)
    headers = {REPLAYED_HEADER: "true"}
    if done.outcome is None:
        return Response(status_code=status or HTTPStatus.NO_CONTENT, headers=headers)
    return JSONResponse(done.outcome, status_code=status or HTTPStatus.OK, headers=headers)


def _refused_elsewhere(request: Request, error: Any) -> Response:
    """Answer a store's refusal; one with an `outcome` says that the command was already recorded."""
    if not hasattr(error, "outcome"):
        return _refused(request, _translated(type(error)))
    try:
        replay(request.state.actor, error.fingerprint, error.outcome)
    except Replay as done:
        return _replayed(request, done)
    except IdempotencyKeyReused as refusal:
        return _answer(request, refusal)


def _translated(kind: Any) -> Refusal:
    if kind.status == HTTPStatus.NOT_FOUND:
        return NotFound()
    members = {"code": kind.code, "status": kind.status, "__doc__": kind.__doc__}
    refusal: Refusal = type(kind.__name__, (Refusal,), members)()
    return refusal


def _away(request: Request, error: Exception) -> Response:
    _log.warning("server-away", error=type(error).__name__)
    return _answer(request, problems.Away(retry_after=1))


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    return _answer(request, problems.from_validation(request, error))


async def _not_routed(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request))) or headers.get("Allow", "")
    return _answer(request, problems.from_http(error), headers)


def _methods(request: Request) -> set[str]:
    """Return what an address answers: it may be that of several routes, of which the framework names the first."""
    documented: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    answering = [methods for path, methods in documented.items() if compile_path(path)[0].match(request.url.path)]
    return {method.upper() for method in answering[0]} if answering else set()


def _answer(request: Request, refusal: Refusal, headers: Any = None) -> Response:
    return problems.answer(refusal, correlation_id=request.state.correlation_id, headers=headers)
