"""What calls to every provider have in common: how long one may take, when it may be made again, how much is read."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

import httpx

from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    GrantExpired,
    OutcomeUnknown,
    ProviderAway,
    ProviderError,
    ProviderMaintenance,
    ProviderRejected,
    SenderNotReady,
)

T = TypeVar("T")

MEBIBYTE = 1 << 20
WAITS = (0.2, 1.0)
"""Seconds before the second and the third attempt."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SERVER_ERROR = 500


class Effect(Enum):
    """What a call does, and so what may follow when its answer is lost."""

    NONE = auto()
    """It only asks: it is made again."""
    HARMLESS = auto()
    """Twice would harm nobody: the caller may make it again."""
    ONCE = auto()
    """Twice would send or bill twice: nobody knows what happened."""


class Unanswered(Exception):
    """The provider answered with an error of its server."""


class NotExecuted(ProviderAway):
    """The provider says that it did nothing, and the same call may succeed at once."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read whole."""

    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a call may take, in seconds, and how large an answer may be, in bytes."""

    call_seconds: float = 60.0
    upload_seconds: float = 300.0
    connect_seconds: float = 10.0
    answer_bytes: int = 32 * MEBIBYTE
    evidence_bytes: int = 300 * MEBIBYTE

    def timeout(self, *, long: bool = False) -> httpx.Timeout:
        """Return the patience with a call; one that carries a file may be long."""
        return httpx.Timeout(self.upload_seconds if long else self.call_seconds, connect=self.connect_seconds)

    def connections(self, transport: httpx.BaseTransport | None) -> httpx.Client:
        """Return connections that follow no redirection and no proxy of the environment; whoever asked closes them."""
        return httpx.Client(timeout=self.timeout(), follow_redirects=False, trust_env=False, transport=transport)


_PROBLEMS: tuple[tuple[type[ProviderError], str], ...] = (
    (ProviderMaintenance, "maintenance"),
    (ProviderAway, "provider-away"),
    (OutcomeUnknown, "no-answer"),
    (AuthRefused, "code-needed"),
    (GrantExpired, "code-needed"),
    (SenderNotReady, "sender-not-ready"),
)


def problem_of(error: ProviderError) -> str:
    """Return the code of what stood in the way of one letter of a release."""
    if isinstance(error, ProviderRejected):
        return error.code
    return next((code for kind, code in _PROBLEMS if isinstance(error, kind)), "not-supported")


def exchanged(http: httpx.Client, request: httpx.Request, limit: int) -> Reply:
    """Send a request and read its answer; raise Unanswered for a 5xx, ContractBreach above `limit` bytes."""
    response = http.send(request, stream=True)
    try:
        if response.status_code >= _SERVER_ERROR:
            raise Unanswered
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > limit:
                raise ContractBreach("the answer is larger than allowed")
        return Reply(response.status_code, response.headers, bytes(content))
    finally:
        response.close()


def attempted(
    once: Callable[[], T],
    effect: Effect,
    *,
    waits: tuple[float, ...] = WAITS,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Return what `once` returns; make it again, whole, where nothing can have happened.

    Raises:
        ProviderAway: it was never executed, or asking again is harmless.
        OutcomeUnknown: `effect` is ONCE and the answer was lost.

    """
    for wait in (*waits, None):
        try:
            return once()
        except ProviderMaintenance:
            raise
        except (*_NEVER_SENT, NotExecuted) as error:
            cause = type(error).__name__
        except (httpx.RequestError, Unanswered) as error:
            cause = type(error).__name__
            if effect is Effect.ONCE:
                raise OutcomeUnknown(cause) from None  # the error itself holds the request, and so its secrets
            if effect is Effect.HARMLESS:
                raise ProviderAway(cause) from None
        if wait is not None:
            pause(wait)
    raise ProviderAway(cause)
