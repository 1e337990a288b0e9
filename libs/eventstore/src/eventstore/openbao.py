"""Calls to an OpenBao server (or HashiCorp Vault): signing in, renewing the token, and what its answers mean.

https://openbao.org/api-docs/: auth/token, auth/kubernetes. The server answers 503 while it is sealed.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from eventstore.errors import KeyServiceAway, UnsafeConfiguration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT = httpx.Timeout(3.0, connect=1.0)
RENEW_AGAIN_SECONDS = 30.0

_LOG = logging.getLogger(__name__)

Body = dict[str, Any]


class BadRequest(Exception):
    """The server understood the request and cannot carry it out; the text is its own."""


@dataclass(frozen=True)
class Token:
    """What the server is shown; `due` is when it is to be renewed, by time.monotonic()."""

    word: str
    due: float
    renewable: bool

    @classmethod
    def living(cls, word: str, seconds: float, *, renewable: bool) -> Token:
        """Return a token that lives for some seconds, 0 for ever; half of them may pass."""
        return cls(word, time.monotonic() + seconds / 2 if seconds > 0 else float("inf"), renewable)


Ask = Callable[[str, str, "Body | None", "str | None"], Body]
"""Method, path, body and token in; the answer out."""


@dataclass(frozen=True)
class TokenFile:
    """A token that somebody made for this service and wrote into a file, which is read again when it is refused."""

    path: Path

    def __call__(self, ask: Ask) -> Token:
        """Return the token, once the server has said how long it lives."""
        word = _read(self.path)
        found = ask("GET", "auth/token/lookup-self", None, word)["data"]
        return Token.living(word, float(found["ttl"]), renewable=bool(found.get("renewable")))


@dataclass(frozen=True)
class Login:
    """What a Kubernetes service account shows to get a token (auth/kubernetes, or auth/jwt)."""

    role: str
    jwt_file: Path
    path: str = "kubernetes"

    def __call__(self, ask: Ask) -> Token:
        """Sign in; the cluster replaces the file now and then."""
        body = {"role": self.role, "jwt": _read(self.jwt_file)}
        found = ask("POST", f"auth/{self.path}/login", body, None)["auth"]
        return Token.living(found["client_token"], float(found["lease_duration"]), renewable=False)


class OpenBao:
    """A server, and whoever signs in there; safe to use from several threads."""

    def __init__(self, url: str, sign_in: TokenFile | Login, ca_file: Path | None = None) -> None:
        verify = ssl.create_default_context(cafile=str(ca_file)) if ca_file else True
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/v1/", timeout=TIMEOUT, trust_env=False, verify=verify)
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._token: Token | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, path: str, body: Body | None = None) -> Body:
        """Return the answer; raises BadRequest, and KeyServiceAway for whatever waiting or an operator mends."""
        token = self._current()
        try:
            return self._send(method, path, body, token.word)
        except _NotAllowed:
            token = self._another(token)
        try:
            return self._send(method, path, body, token.word)
        except _NotAllowed as refused:
            _LOG.error("key-service-refuses", extra={"path": path, "cause": str(refused)})
            raise KeyServiceAway from None

    def _current(self) -> Token:
        with self._lock:
            if self._token is None:
                self._token = self._signed_in()
            elif self._token.due <= time.monotonic():
                self._token = self._renewed(self._token)
            return self._token

    def _another(self, refused: Token) -> Token:
        """Return a token in the place of one that the server does not believe."""
        with self._lock:
            if self._token is None or self._token.word == refused.word:
                self._token = self._signed_in()
            return self._token

    def _signed_in(self) -> Token:
        try:
            return self._sign_in(self._send)
        except (_NotAllowed, BadRequest, OSError) as error:
            _LOG.error("key-service-sign-in-refused", extra={"cause": str(error)})
            raise KeyServiceAway from None

    def _renewed(self, token: Token) -> Token:
        """Renew a token, or sign in again; one that cannot be renewed now is used as long as it is believed."""
        try:
            if not token.renewable:
                return self._signed_in()
            found = self._send("POST", "auth/token/renew-self", {}, token.word)["auth"]
            return Token.living(token.word, float(found["lease_duration"]), renewable=bool(found["renewable"]))
        except (KeyServiceAway, _NotAllowed, BadRequest):
            return Token(token.word, time.monotonic() + RENEW_AGAIN_SECONDS, token.renewable)

    def _send(self, method: str, path: str, body: Body | None, token: str | None) -> Body:
        headers = {"X-Vault-Token": token} if token else {}
        try:
            response = self._http.request(method, path, json=body, headers=headers)
            answer: Body = response.json() if response.content else {}
        except (httpx.TransportError, ValueError) as error:
            _LOG.warning("key-service-away", extra={"cause": type(error).__name__})
            raise KeyServiceAway from None
        if response.is_success:
            return answer
        said = _said(answer)
        if response.status_code == HTTPStatus.FORBIDDEN:
            raise _NotAllowed(said)
        if response.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
            raise BadRequest(said)
        _LOG.warning("key-service-away", extra={"cause": f"{response.status_code} {said}"})
        raise KeyServiceAway


class _NotAllowed(Exception):
    """The token is not believed, or may not do this."""


def _said(answer: Mapping[str, Any]) -> str:
    return "; ".join(map(str, answer.get("errors") or ["not found"]))


def _read(path: Path) -> str:
    word = path.read_text(encoding="ascii").strip()
    if not word:
        message = f"{path} is empty"
        raise UnsafeConfiguration(message)
    return word
