"""Signed calls to the provider, each attempt with a date of its own."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from lre_gateway.adapters.ar24 import crypto
from lre_gateway.adapters.ar24.dates import paris
from lre_gateway.adapters.ar24.envelope import result_of
from lre_gateway.adapters.provider_http import Effect, Limits, Reply, attempted, exchanged
from lre_gateway.application.provider import ContractBreach

ITS_HOSTS = ".ar24.fr"
"""Where its files may be, besides the host of the base address."""
_FOUND = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An account of the programming interface."""

    base_url: str
    token: str = field(repr=False)
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send as a part of a form."""

    name: str
    media_type: str
    content: bytes | Path


class Ar24Client:
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
        self._pause = pause
        self._base = access.base_url.rstrip("/")
        self._http = self._limits.connections(transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, route: str, fields: Mapping[str, Any]) -> Any:
        """Ask; return the result of the envelope."""
        return self._called("GET", route, fields, Effect.NONE, None)

    def post(self, route: str, fields: Mapping[str, Any], effect: Effect) -> Any:
        """Have something done; return the result of the envelope."""
        return self._called("POST", route, fields, effect, None)

    def upload(self, route: str, fields: Mapping[str, Any], file: Upload) -> Any:
        """Send a file; return the result of the envelope."""
        return self._called("POST", route, fields, Effect.HARMLESS, file)

    def fetched(self, url: str) -> Reply | None:
        """Fetch a file from an address the provider gave; none if the address is no longer good.

        Raises:
            ContractBreach: the address leads elsewhere than to the provider.

        """
        if not self._is_the_providers(url):
            raise ContractBreach("the address of a file is not the provider's")

        def once() -> Reply:
            request = self._http.build_request("GET", url, timeout=self._limits.timeout(long=True))
            return exchanged(self._http, request, self._limits.evidence_bytes)

        reply = attempted(once, Effect.NONE, pause=self._pause)
        return reply if reply.status == _FOUND and reply.content else None

    def _called(self, method: str, route: str, fields: Mapping[str, Any], effect: Effect, file: Upload | None) -> Any:
        def once() -> Any:
            date = paris(self._clock())
            signed = {**fields, "token": self._access.token, "date": date}
            with _opened(file) as parts:
                request = self._http.build_request(
                    method,
                    self._base + route,
                    params=signed if method == "GET" else None,
                    data=signed if method == "POST" else None,
                    files=parts,
                    headers={"signature": crypto.signature(self._access.private_key, date), "Accept-Language": "fr"},
                    timeout=self._limits.timeout(long=file is not None),
                )
                reply = exchanged(self._http, request, self._limits.answer_bytes)
            return result_of(reply.content, self._access.private_key, date)

        return attempted(once, effect, pause=self._pause)

    def _is_the_providers(self, url: str) -> bool:
        try:
            given, own = httpx.URL(url), httpx.URL(self._base)
        except httpx.InvalidURL:
            return False
        same = (given.scheme, given.netloc) == (own.scheme, own.netloc)
        return same or (given.scheme == "https" and given.port is None and given.host.endswith(ITS_HOSTS))


@contextmanager
def _opened(file: Upload | None) -> Iterator[dict[str, tuple[str, BinaryIO | bytes, str]] | None]:
    if file is None:
        yield None
    elif isinstance(file.content, bytes):
        yield {"file": (file.name, file.content, file.media_type)}
    else:
        with file.content.open("rb") as content:
            yield {"file": (file.name, content, file.media_type)}
