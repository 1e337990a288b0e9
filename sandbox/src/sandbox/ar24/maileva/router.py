"""One call to Maileva: its bearer token, its parameters, and its refusals with real HTTP codes."""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from sandbox.ar24.maileva.access import admitted
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.skin.app import Cut, committed, guarded
from sandbox.ar24.skin.calls import Upload
from sandbox.ar24.truth.model import Application
from sandbox.ar24.truth.world import World

_MOST = 500


@dataclass(slots=True)
class Ask:
    """A call; `path` are the variable parts of its address."""

    world: World
    method: str
    product: str
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    authorization: str
    uploads: dict[str, Upload] = field(default_factory=dict)
    application: Application | None = None

    @property
    def token(self) -> str:
        """Return the name of the application that calls."""
        return self.application.uuid if self.application else ""

    def text(self, name: str, most: int = 255, *, needed: bool = False) -> str:
        """Return a text of the body, empty when it is absent.

        Raises:
            Problem: it is too long, no text, or absent although needed.

        """
        value = self.body.get(name)
        if value is None or value == "":
            if needed:
                raise Problem(400, f"{name.upper()}_REQUIRED", f"{name} est obligatoire")
            return ""
        if not isinstance(value, str) or len(value) > most:
            raise Problem(400, f"{name.upper()}_INVALID", f"{name} est invalide ({most} caractères au plus)")
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` is JSON, or the bytes of a file of `media_type`."""

    status: int
    body: Any = None
    location: str | None = None
    media_type: str = "application/json"


Handler = Callable[[Ask], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation, such as `consents/{consent}`, below the address of its product."""

    method: str
    product: str
    template: str
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the variable parts of an address of this operation."""
        found = _pattern(f"{self.product}/{self.template}").fullmatch(path) if method == self.method else None
        return found.groupdict() if found else None


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def mount(app: FastAPI, world: World, routes: list[Route]) -> None:
    """Serve these operations below /maileva."""

    @app.api_route("/maileva/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def call(request: Request, path: str) -> Response:
        path = path.strip("/")
        for route in routes:
            variables = route.match(request.method, path)
            if variables is not None:
                break
        else:
            return _refused(Problem(404, "NOT_FOUND", "ressource inconnue"), path)

        async def answer(struck: set[str]) -> Response:
            if world.faults.maintenance:
                return _refused(Problem(503, "SERVICE_UNAVAILABLE", "service en maintenance"), path)
            try:
                ask = await _read(world, request, route, variables)
            except Problem as problem:
                return _refused(problem, path)
            return await run_in_threadpool(_answered, ask, route, struck)

        return await guarded(world, f"{request.method} maileva/{route.product}/{route.template}", answer)


async def _read(world: World, request: Request, route: Route, variables: dict[str, str]) -> Ask:
    query = dict(request.query_params)
    authorization = request.headers.get("authorization", "")
    ask = Ask(world, request.method, route.product, variables, query, {}, authorization)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form(max_part_size=50_000_000) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    media_type = value.content_type or "application/octet-stream"
                    ask.uploads[name] = Upload(value.filename or "", media_type, await value.read())
                else:
                    ask.body[name] = value
    elif await request.body():
        try:
            given = await request.json()
        except ValueError as wrong:
            raise Problem(400, "INVALID_JSON", "le corps n'est pas du JSON") from wrong
        if not isinstance(given, dict):
            raise Problem(400, "INVALID_JSON", "un objet JSON est attendu")
        ask.body = given
    return ask


def _answered(ask: Ask, route: Route, struck: set[str]) -> Response:
    def act() -> Reply:
        if not route.product.startswith("auth/"):
            ask.application = admitted(ask.world, ask.authorization)
        return route.handler(ask)

    try:
        reply = committed(ask.world, struck, act, reads=ask.method == "GET")
    except Problem as problem:
        return _refused(problem, route.product)
    if reply is None:
        return Cut()
    headers = {"Location": f"{ask.world.public_url}/maileva/{reply.location}"} if reply.location else {}
    if reply.media_type != "application/json":
        return Response(reply.body, reply.status, headers, reply.media_type)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    extra = {"added_without_notice": True} if ask.world.faults.extra_fields and isinstance(reply.body, dict) else {}
    text = json.dumps({**reply.body, **extra} if isinstance(reply.body, dict) else reply.body)
    if "truncated" in struck:
        text = text[: len(text) // 2]
    return Response(text, reply.status, headers, "application/json")


def _refused(problem: Problem, path: str) -> Response:
    whole: Any = [{"code": code, "message": message} for code, message in problem.errors]
    # The specification of this one product has a bare list where the others have `errors`.
    bare = path.startswith("secured_electronic_mail")
    return Response(json.dumps(whole if bare else {"errors": whole}), problem.status, media_type="application/json")


def instant(at: datetime | None) -> str | None:
    """Write an instant as Maileva does: UTC, to the millisecond."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def paged(ask: Ask, name: str, whole: list[dict[str, Any]]) -> Reply:
    """Cut the page that `start_index` (from 1) and `count` (50 by default, 500 at most) ask for."""
    try:
        start, count = int(ask.query.get("start_index", "1")), int(ask.query.get("count", "50"))
    except ValueError as wrong:
        raise Problem(400, "PAGING_INVALID", "pagination invalide") from wrong
    if start < 1 or not 1 <= count <= _MOST:
        raise Problem(400, "PAGING_INVALID", "start_index à partir de 1, count de 1 à 500")
    paging: dict[str, Any] = {"total_results": len(whole)}
    if start + count <= len(whole):
        paging["next"] = f"?start_index={start + count}&count={count}"
    if start > 1:
        paging["prev"] = f"?start_index={max(1, start - count)}&count={count}"
    return Reply(200, {name: whole[start - 1 : start - 1 + count], "paging": paging})
