"""The address that customers call: /api for their programs, /fr/page for the links in mails."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from sandbox.ar24 import crypto
from sandbox.ar24.skin import calls, files, mails, optional, users
from sandbox.ar24.skin.slugs import Refused, refusal
from sandbox.ar24.truth import senders
from sandbox.ar24.truth.faults import Faults
from sandbox.ar24.truth.model import Sender
from sandbox.ar24.truth.world import World

_SEEN: dict[tuple[str, str], optional.Handler] = {
    ("GET", "user"): users.info,
    ("GET", "user/info"): users.info,
    ("GET", "user/list"): users.listed,
    ("POST", "user"): users.create,
    ("POST", "user/request_access"): users.request_access,
    ("POST", "user/request_cgu"): users.request_terms,
    ("POST", "user/identity"): users.order_key,
    ("POST", "user/verify"): users.order_key,
    ("POST", "user/auth_otp"): users.authenticate,
    ("POST", "user/payment_request"): users.request_payment,
    ("POST", "attachment"): files.upload,
    ("GET", "attachment"): files.of_letter,
    ("GET", "user/attachment"): files.of_user,
    ("POST", "mail"): mails.send,
    ("GET", "mail"): mails.info,
    ("GET", "user/mail"): mails.listed,
}
_COUNTED = ("server_error", "cut_before_commit", "cut_after_commit", "truncated", "wrong_iv", "clear_json")
_HTML = "text/html; charset=UTF-8"


class Cut(Response):
    """An answer that stops before its first byte: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Promise a body and send none."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class _Undone(Exception):
    """Nothing of the call is kept."""


def strokes(world: World, line: str) -> set[str]:
    """Return the counted faults that strike this call, such as "POST mail"."""
    if world.faults == Faults() or not line.startswith(world.faults.route):
        return set()
    with world.store.transaction():
        faults = world.faults.model_copy()
        struck = {name for name in _COUNTED if faults.strikes(name)}
        world.faults = faults
    return struck


async def guarded(world: World, line: str, answer: Callable[[set[str]], Awaitable[Response]]) -> Response:
    """Count a call, and let the faults of the moment happen around it."""
    world.calls[line] += 1
    if world.faults.slow_s:
        await asyncio.sleep(world.faults.slow_s)
    struck = strokes(world, line)
    if "server_error" in struck:
        code = world.faults.server_error_code
        return Response(f"<html><h1>{code}</h1></html>", code, media_type=_HTML)
    return await answer(struck)


def committed(world: World, struck: set[str], act: Callable[[], Any], *, reads: bool) -> Any | None:
    """Act, in one transaction unless it only reads; None: the connection is cut, before or after all is kept."""
    if "cut_before_commit" in struck:
        with suppress(_Undone), world.store.transaction():
            act()
            raise _Undone
        return None
    with nullcontext() if reads else world.store.transaction():
        done = act()
    return None if "cut_after_commit" in struck else done


def mount(app: FastAPI, world: World) -> None:
    """Serve the API of AR24 and the pages that its mails link to."""

    @app.api_route("/api/{path:path}", methods=["GET", "POST"])
    async def api(request: Request, path: str) -> Response:
        route = path.strip("/")
        handler = _SEEN.get((request.method, route)) or optional.routes(world).get((request.method, route))
        if handler is None:
            return Response("<html><h1>404</h1></html>", 404, media_type=_HTML)

        async def answer(struck: set[str]) -> Response:
            if world.faults.maintenance:
                return Response('{"status":"maintenance"}', media_type="application/json")
            call = await calls.read(request, route, world.assumptions.default_language)
            return await run_in_threadpool(_answered, world, call, handler, struck)

        return await guarded(world, f"{request.method} {route}", answer)

    @app.get("/fr/page/acceptrequest/{number}-{secret}")
    def accept(number: int, secret: str) -> Response:
        with world.store.transaction():
            sender = world.store.get(Sender, number)
            if sender is None or not senders.accept_access(world, sender, secret):
                return Response("Ce lien n'est plus valable.", 404)
        return Response("Accès accordé.", media_type="text/plain; charset=utf-8")


def _answered(world: World, call: calls.Call, handler: optional.Handler, struck: set[str]) -> Response:
    def act() -> dict[str, Any]:
        calls.admit(world, call)
        return {"status": "SUCCESS", "result": handler(world, call)}

    try:
        whole = committed(world, struck, act, reads=call.method == "GET")
    except Refused as refused:
        return _clear(refusal(refused.slug, call.language))
    if whole is None or call.application is None:
        return Cut()
    text = json.dumps(whole)
    if call.application.encrypted and "clear_json" not in struck:
        iv = crypto.WRONG_IV if "wrong_iv" in struck else None
        text = crypto.answer(call.application.private_key, call.text("date"), text, iv)
    if "truncated" in struck:
        text = text[: len(text) // 2]
    return Response(text, media_type=_HTML if call.application.encrypted else "application/json")


def _clear(envelope: dict[str, Any]) -> Response:
    return Response(json.dumps(envelope), media_type="application/json")
