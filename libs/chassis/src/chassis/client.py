"""Calls to another service, signed by this one."""

from collections.abc import Generator, Mapping
from http import HTTPStatus
from typing import Any, Self

import httpx
from structlog.contextvars import get_contextvars

from chassis import telemetry
from chassis.refusal import Refusal
from chassis.tokens import Signer

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
_IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE"}


class Unavailable(Refusal):
    """Another part of the platform does not answer; nothing was changed, try again in a moment."""

    code, status = "unavailable", 503


class ServiceClient:
    """The service `audience` at `base_url`. Safe to share between threads; close it at the end."""

    def __init__(
        self, base_url: str, signer: Signer, audience: str, *, timeout: httpx.Timeout | float = TIMEOUT
    ) -> None:
        self._signer = signer
        self._audience = audience
        self._http = httpx.Client(base_url=base_url, timeout=timeout, follow_redirects=False, trust_env=False)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """Ask for `path`; raise Unavailable if there is no answer or a 5xx. A 404 is an answer."""
        return self.request("GET", path, params=params)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Send `body` as JSON to `path`; raise Unavailable as `get` does."""
        return self.request("POST", path, json=body)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make one call, a second time if the first connection was already dead and the method allows it."""
        for attempt in (1, 2):
            try:
                response = self._http.request(method, path, headers=self._headers(), **options)
            except httpx.TransportError as error:
                never_sent = isinstance(error, httpx.ConnectError)
                if (
                    attempt == 1
                    and (never_sent or method in _IDEMPOTENT)
                    and not isinstance(error, httpx.TimeoutException)
                ):
                    continue
                raise Unavailable(peer=self._audience) from error
            if response.is_server_error:
                raise Unavailable(peer=self._audience)
            return response
        raise Unavailable(peer=self._audience)

    def stream(self, path: str, params: Mapping[str, Any]) -> Generator[bytes]:
        """Read a long answer as it comes; raise Unavailable if there is none, or not all of it.

        Close it if it is not read out.
        """
        try:
            with self._http.stream("GET", path, params=params, headers=self._headers()) as response:
                if response.status_code != HTTPStatus.OK:
                    raise Unavailable(peer=self._audience)
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise Unavailable(peer=self._audience) from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._signer.service_token(self._audience)}", **telemetry.outgoing()}
        if correlation_id := get_contextvars().get("correlation_id"):
            headers["X-Correlation-Id"] = correlation_id
        return headers
