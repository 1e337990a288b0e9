"""The web application: pages, static files, and one page for whatever goes wrong."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from chassis import telemetry
from chassis.http.app import add_health
from chassis.http.context import RequestContext
from chassis.logging import get_logger
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal import words
from portal.api import ApiAway, ApiRefused
from portal.forms import FormRefused
from portal.purposes import PurposeNeeded
from portal.rendering import see_other
from portal.security import ForgedRequest
from portal.visiting import Desk, SignInNeeded, WrongDoor

FOR_EVER = "public, max-age=31536000, immutable"


def create_app(desk: Desk, routers: Iterable[APIRouter], ready: Callable[[], object], *, lifespan: Any) -> FastAPI:
    """Return the application; `lifespan` opens and closes what the desk works with."""
    app = FastAPI(
        title="Scellé portal",
        openapi_url=None,
        redirect_slashes=False,
        telemetry=telemetry.of_requests(),
        lifespan=lifespan,
    )
    app.state.desk, app.state.draining, app.state.away = desk, False, ()
    for router in routers:
        app.include_router(router)
    # Pages are not compressed: they hold tokens beside what others choose (BREACH).
    app.mount("/static", GZipMiddleware(_Kept(directory=str(files("portal") / "static"))), name="static")
    add_health(app, ready)
    _add_failures(app)
    _add_questions(app)
    app.add_middleware(_Mishaps)
    app.add_middleware(RequestContext)
    return app


class _Mishaps:
    """A defect of ours is told on a page too; the log has it under the number that the page gives."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            raise
        except Exception:
            if begun or scope["type"] != "http":
                raise
            get_logger().exception("page-failed", route=getattr(scope.get("route"), "path", "unknown"))
            answer = _failure(Request(scope), HTTPStatus.INTERNAL_SERVER_ERROR, words.UNEXPECTED)
            await answer(scope, receive, send)


class _Kept(StaticFiles):
    """Files whose address changes with their content."""

    def file_response(self, *given: Any, **options: Any) -> Response:
        response = super().file_response(*given, **options)
        response.headers["Cache-Control"] = FOR_EVER
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        return response


def _add_failures(app: FastAPI) -> None:
    """Answer every failure with a page that says what to do."""

    @app.exception_handler(SignInNeeded)
    async def sign_in(request: Request, _error: Exception) -> Response:
        back = request.url.path if request.method == "GET" else "/"
        return _go(request, f"/connexion?{urlencode({'suite': back})}" if back != "/" else "/connexion")

    @app.exception_handler(WrongDoor)
    async def wrong_door(request: Request, _error: Exception) -> Response:
        return _failure(request, HTTPStatus.NOT_FOUND, "not-found")

    @app.exception_handler(ApiRefused)
    async def refused(request: Request, error: ApiRefused) -> Response:
        if error.status == HTTPStatus.UNAUTHORIZED:
            return await sign_in(request, error)
        return _failure(request, error.status, error.code)

    @app.exception_handler(ApiAway)
    async def away(request: Request, _error: Exception) -> Response:
        return _failure(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")

    @app.exception_handler(ForgedRequest)
    async def forged(request: Request, _error: Exception) -> Response:
        return _failure(request, HTTPStatus.FORBIDDEN, "form-expired")

    @app.exception_handler(FormRefused)
    async def unreadable(request: Request, _error: Exception) -> Response:
        return _failure(request, HTTPStatus.BAD_REQUEST, "invalid")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, _error: Exception) -> Response:
        return _failure(request, HTTPStatus.NOT_FOUND, "not-found")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        codes = {404: "not-found", 405: "not-found"}
        return _failure(request, error.status_code, codes.get(error.status_code, "unexpected"))


def _add_questions(app: FastAPI) -> None:
    """Ask first what must be known, and go on from there."""

    @app.exception_handler(PurposeNeeded)
    async def purpose(request: Request, _error: Exception) -> Response:
        back = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return _go(request, f"/conformite/motif?{urlencode({'suite': back})}")


def _failure(request: Request, status: int, code: str) -> Response:
    desk: Desk = request.app.state.desk
    return desk.pages.page(
        request,
        "failure.html",
        status=status,
        sentence=words.refusal(code),
        reference=request.state.correlation_id,
    )


def _go(request: Request, address: str) -> Response:
    """Send a browser elsewhere; htmx follows a header, so that it does not put a page into a fragment."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": address})
    return see_other(address)
