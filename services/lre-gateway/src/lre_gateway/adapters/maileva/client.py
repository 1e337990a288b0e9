"""Calls with a bearer token that is fetched, renewed and kept in memory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx

from lre_gateway.adapters.maileva.errors import refusal
from lre_gateway.adapters.provider_http import MEBIBYTE, Effect, Limits, NotExecuted, Reply, attempted, exchanged
from lre_gateway.application.provider import ContractBreach, ProviderAway

_UNAUTHORIZED = 401
_OK, _NO_CONTENT = 200, 204
_EARLY = timedelta(seconds=30)
"""How long before its end a token is renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An account of the programming interfaces; `token_url` is the whole address of the token route."""

    base_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Token:
    access: str = field(repr=False)
    expires_at: datetime
    refresh: str | None = field(repr=False)
    refresh_expires_at: datetime


class MailevaClient:
    """Safe to share between threads; close it at the end."""

    def __init__(
        self,
        access: Access,
        clock: Callable[[], datetime],
        *,
        limits: Limits | None = None,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._limits = limits or Limits()
        self.pause = pause
        self._base = access.base_url.rstrip("/")
        self._token: _Token | None = None
        self._lock = Lock()
        self._http = self._limits.connections(transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Ask; return the JSON, none for an answer without content."""
        return _json(self._called("GET", path, Effect.NONE, params=fields))

    def post(self, path: str, effect: Effect, body: Any = None, fields: Mapping[str, Any] | None = None) -> Any:
        """Have something done; return the JSON, none for an answer without content."""
        return _json(self._called("POST", path, effect, params=fields, json=body))

    def delete(self, path: str) -> None:
        """Remove a draft."""
        self._called("DELETE", path, Effect.HARMLESS)

    def upload(self, path: str, metadata: str, name: str, media_type: str, content: Any) -> Any:
        """Add a file to a draft, as the two parts `metadata` and `document`."""
        files = {"metadata": (None, metadata, "application/json"), "document": (name, content, media_type)}
        return _json(self._called("POST", path, Effect.HARMLESS, files=files))

    def fetch(self, path: str) -> Reply:
        """Ask for something that is no JSON, such as a file."""
        return self._called("GET", path, Effect.NONE, limit=self._limits.evidence_bytes)

    def source(self, path: str) -> str:
        """Return the host and path of a call, for the record."""
        parts = urlsplit(self._base)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}{path}"

    def _called(self, method: str, path: str, effect: Effect, *, limit: int | None = None, **options: Any) -> Reply:
        def once() -> Reply:
            token = self._bearer()
            slow = limit is not None or "files" in options
            request = self._http.build_request(
                method,
                self._base + path,
                headers={"Authorization": f"Bearer {token}"},
                timeout=self._limits.timeout(long=slow),
                **options,
            )
            reply = exchanged(self._http, request, limit or self._limits.answer_bytes)
            if reply.status == _UNAUTHORIZED:
                self._forget(token)
                raise NotExecuted("unauthorized")
            if not httpx.codes.is_success(reply.status):
                raise refusal(reply.status, reply.content)
            return reply

        return attempted(once, effect, pause=self.pause)

    def _bearer(self) -> str:
        with self._lock:
            now = self._clock()
            if self._token is None or self._token.expires_at - _EARLY <= now:
                self._token = self._renewed(self._token, now) or self._fetched(now)
            return self._token.access

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token is not None and self._token.access == token:
                self._token = None

    def _renewed(self, old: _Token | None, now: datetime) -> _Token | None:
        if old is None or old.refresh is None or old.refresh_expires_at - _EARLY <= now:
            return None
        try:
            return self._granted({"grant_type": "refresh_token", "refresh_token": old.refresh}, now)
        except (ProviderAway, ContractBreach):
            return None

    def _fetched(self, now: datetime) -> _Token:
        who = {"username": self._access.username, "password": self._access.password}
        return self._granted({"grant_type": "password", **who}, now)

    def _granted(self, asked: Mapping[str, str], now: datetime) -> _Token:
        """Ask for a token: it changes nothing, and the call that needs it was not made yet."""
        client = {"client_id": self._access.client_id, "client_secret": self._access.client_secret}

        def once() -> Reply:
            request = self._http.build_request("POST", self._access.token_url, data={**client, **asked})
            return exchanged(self._http, request, MEBIBYTE)

        reply = attempted(once, Effect.NONE, waits=(), pause=self.pause)
        if reply.status != _OK:
            raise ProviderAway("no token was granted")
        granted = _json(reply)
        if not isinstance(granted, dict) or not granted.get("access_token"):
            raise ProviderAway("a grant without its token")
        return _Token(
            str(granted["access_token"]),
            now + _seconds(granted.get("expires_in")),
            str(granted["refresh_token"]) if granted.get("refresh_token") else None,
            now + _seconds(granted.get("refresh_expires_in")),
        )


def _seconds(value: object) -> timedelta:
    return timedelta(seconds=value) if isinstance(value, int | float) else timedelta()


def _json(reply: Reply) -> Any:
    if reply.status == _NO_CONTENT or not reply.content:
        return None
    try:
        return httpx.Response(_OK, content=reply.content).json()
    except ValueError:
        raise ContractBreach("the answer is no JSON") from None
