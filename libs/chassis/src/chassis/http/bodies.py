"""JSON bodies read strictly, before anything else sees them."""

import asyncio
import json
import math
import re
import unicodedata
from email.message import EmailMessage
from functools import lru_cache
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, field_validator
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.problems import BodyTooLarge, BodyTooSlow, BodyUnreadable, Invalid, MediaTypeRefused, answer, is_json
from chassis.refusal import Refusal

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 32
BODY_SECONDS = 30.0
_TEXT_CONTROLS = "\n\r\t"
_JOINERS = "\u200c\u200d"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LINE_ENDS = frozenset("\n\r\t\u0085\u2028\u2029")


def _one_line(text: str) -> str:
    if _LINE_ENDS.intersection(text):
        raise ValueError("must be on one line")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""Text on one line: a name, a number, a label."""


def _instant(value: Any) -> Any:
    if isinstance(value, str) and not _INSTANT.fullmatch(value):
        raise ValueError("is not a time with its zone, such as 2026-03-02T09:30:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A time as RFC 3339 writes it; a number is none."""


class Input(BaseModel):
    """What a caller sends: unknown names are refused, text is NFC without control or invisible characters."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [cls._clean(item) for item in value]
        if not isinstance(value, str):
            return value
        if any(unicodedata.category(sign) == "Cc" and sign not in _TEXT_CONTROLS for sign in value):
            raise ValueError("control characters are refused")
        return unicodedata.normalize("NFC", _visible(value))


def _visible(text: str) -> str:
    """Drop what nobody sees, and what turns the direction of writing; joiners stay, some scripts need them."""
    if text.isascii():
        return text
    return "".join(sign for sign in text if sign in _JOINERS or unicodedata.category(sign) != "Cf")


class BodyRules:
    """Middleware: a JSON body is read whole and refused unless it means one thing only; no body is over its limit.

    A query with a NUL, which PostgreSQL cannot take, is refused too.

    Bodies of other types pass through and may stream; a route that takes large ones says so by `accept_stream`.
    """

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the body of one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        if "\0" in unquote_to_bytes(scope["query_string"]).decode("latin-1"):
            refusal = Invalid(errors=[{"pointer": "query", "detail": "control characters are refused"}])
            return await answer(refusal, correlation_id=request.state.correlation_id)(scope, receive, send)
        if not is_json(request.headers.get("content-type", "")):
            return await self.app(scope, self._limited(request), send)
        try:
            body = await self._read(request)
        except Refusal as refusal:
            return await answer(refusal, correlation_id=request.state.correlation_id)(scope, receive, send)
        return await self.app(scope, _replay(body, receive), send)

    def _limited(self, request: Request) -> Receive:
        read = 0

        async def limited() -> Message:
            nonlocal read
            limit = getattr(request.state, "max_body_bytes", self.max_bytes)
            announced = request.headers.get("content-length", "")
            if announced.isdigit() and int(announced) > limit:
                raise HTTPException(BodyTooLarge.status)
            message = await request.receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(BodyTooLarge.status)
            return message

        return limited

    async def _read(self, request: Request) -> bytes:
        encoding = request.headers.get("content-encoding", "identity").lower()
        if encoding != "identity" or not _is_utf8(request.headers.get("content-type", "")):
            raise MediaTypeRefused
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self.max_bytes:
            raise BodyTooLarge
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self.max_bytes:
                        raise BodyTooLarge
        except TimeoutError:
            raise BodyTooSlow from None
        if body:
            parse(bytes(body))
        return bytes(body)


@lru_cache(maxsize=64)  # reading one took a twentieth of a whole command
def _is_utf8(content_type: str) -> bool:
    header = EmailMessage()
    header["Content-Type"] = content_type
    return header.get_content_charset("utf-8") in {"utf-8", "utf8"}


def accept_stream(max_bytes: int) -> Any:
    """Return a dependency that lets a route take bodies of up to `max_bytes`, other than JSON."""

    async def accept(request: Request) -> None:
        request.state.max_body_bytes = max_bytes

    return Depends(accept)


def parse(body: bytes) -> Any:
    """Return the value of a JSON text; raise BodyUnreadable if another parser might read something else."""
    try:
        value = json.loads(
            body.decode("utf-8", "strict"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise BodyUnreadable from None
    _walk(value)
    return value


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyUnreadable
    return found


def _refuse(_constant: str) -> NoReturn:
    raise BodyUnreadable


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BodyUnreadable
    return number


def _walk(value: Any) -> None:
    """Refuse what the C parser lets through: depth, lone surrogates and the NUL that PostgreSQL cannot store."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str) and ("\0" in item or (not item.isascii() and _has_surrogate(item))):
                raise BodyUnreadable
            if isinstance(item, dict):
                inner.extend(item.keys())
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    raise BodyUnreadable


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)
